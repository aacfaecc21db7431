"""Own training loop for 3D Gaussian splats in PyTorch; gsplat, or any other Rasterizer, draws."""
