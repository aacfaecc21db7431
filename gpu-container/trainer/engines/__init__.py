"""What trains: gsplat on CUDA, or the project's own engine on any Vulkan GPU."""
