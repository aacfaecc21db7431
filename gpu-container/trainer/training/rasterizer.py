"""What draws splats: the seam, and gsplat behind it.

Invariant: a rasterizer knows nothing of training; the image is differentiable in the parameters and not clamped.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Mapping
from typing import Protocol

import torch
from torch import Tensor

from .views import Camera

#: Nearest depth drawn, units of the scene's frame. gsplat's own default.
near = 0.01


class Rasterizer(Protocol):
    def device(self) -> torch.device | None:
        """Where it draws; None: it cannot on this machine."""

    def device_name(self) -> str | None: ...

    def version(self) -> str: ...

    def draw(
        self,
        params: Mapping[str, Tensor],
        camera: Camera,
        *,
        sh_degree: int,
        antialiased: bool,
        together: bool = False,
    ) -> Tensor:
        """[H, W, 3] on black.

        :param params: by the names of gaussians.py, before activation
        :param sh_degree: bands in use, at most those that the parameters have
        :param together: every process of the group calls this at once, each with its part of the splats and a camera of its own; all
            cameras have one size
        """


class GsplatRasterizer:
    """gsplat 1.5.3 on CUDA. The project's tests run this and gsplat's Python on a CPU; its kernels only where there is a CUDA device."""

    def device(self) -> torch.device | None:
        if not torch.cuda.is_available():
            return None
        try:
            import gsplat  # noqa: F401
        except ImportError:
            return None
        return torch.device("cuda", torch.cuda.current_device())

    def device_name(self) -> str | None:
        device = self.device()
        return None if device is None else str(torch.cuda.get_device_name(device))

    def version(self) -> str:
        return importlib.metadata.version("gsplat")

    def draw(
        self,
        params: Mapping[str, Tensor],
        camera: Camera,
        *,
        sh_degree: int,
        antialiased: bool,
        together: bool = False,
    ) -> Tensor:
        from gsplat import rasterization

        images, _, _ = rasterization(
            means=params["means"],
            quats=params["quats"],
            scales=torch.exp(params["log_scales"]),
            opacities=torch.sigmoid(params["opacity_logits"]),
            colors=torch.cat([params["sh0"], params["sh_rest"]], 1),
            viewmats=camera.world_to_camera[None],
            Ks=camera.K[None],
            width=camera.width,
            height=camera.height,
            near_plane=near,
            sh_degree=sh_degree,
            # Packed takes memory for what a view sees only, which is what lets large scenes fit. Together it cannot be had: version
            # 1.5.3 sorts what came from other processes by the ids that it had before the exchange.
            packed=not together,
            rasterize_mode="antialiased" if antialiased else "classic",
            distributed=together,
        )
        image: Tensor = images[0]
        return image
