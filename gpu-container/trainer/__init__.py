"""Photos to a splat on a rented GPU: COLMAP finds the cameras, an engine trains, the cloud is told."""
