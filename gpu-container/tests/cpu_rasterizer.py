"""A small rasterizer in plain PyTorch: every splat against every pixel, for tests on machines without a GPU.

Invariant: the same picture as src/core/raster/*.ref.ts in whatever precision its parameters have, differentiable in all of them but for the
direction of the colour.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.distributed as dist
from torch import Tensor

from trainer.training.gaussians import covariances
from trainer.training.rasterizer import near
from trainer.training.views import Camera

_least_alpha, _most_alpha, _stop_at = 1 / 255, 0.999, 1e-4
_low_pass = 0.3
_most_slope = 0.65
_c0, _c1 = 0.28209479177387814, 0.4886025119029199
_c2 = (1.0925484305920792, -1.0925484305920792, 0.31539156525252005, -1.0925484305920792, 0.5462742152960396)
_c3 = (
    *(-0.5900435899266435, 2.890611442640554, -0.4570457994644658, 0.3731763325901154),
    *(-0.4570457994644658, 1.445305721320277, -0.5900435899266435),
)


def sh_basis(directions: Tensor, degree: int) -> Tensor:
    """[N, (degree + 1)^2] at unit directions [N, 3]; signs of the 3DGS paper's code."""
    x, y, z = directions.unbind(1)
    out = [torch.full_like(x, _c0)]
    if degree > 0:
        out += [-_c1 * y, _c1 * z, -_c1 * x]
    xx, yy, zz = x * x, y * y, z * z
    if degree > 1:
        out += [
            _c2[0] * x * y,
            _c2[1] * y * z,
            _c2[2] * (2 * zz - xx - yy),
            _c2[3] * x * z,
            _c2[4] * (xx - yy),
        ]
    if degree > 2:
        out += [_c3[0] * y * (3 * xx - yy), _c3[1] * x * y * z, _c3[2] * y * (4 * zz - xx - yy)]
        out += [_c3[3] * z * (2 * zz - 3 * xx - 3 * yy), _c3[4] * x * (4 * zz - xx - yy)]
        out += [_c3[5] * z * (xx - yy), _c3[6] * x * (xx - 3 * yy)]
    return torch.stack(out, 1)


def colours(means: Tensor, sh: Tensor, centre: Tensor, degree: int) -> Tensor:
    """[N, 3], at least 0."""
    directions = torch.nn.functional.normalize((means - centre).detach(), dim=1)
    basis = sh_basis(directions, degree)
    return (0.5 + (basis[:, :, None] * sh[:, : basis.shape[1]]).sum(1)).clamp(min=0)


def _footprints(at: Tensor, covariance: Tensor, camera: Camera) -> tuple[Tensor, Tensor]:
    """Centres [N, 2] and covariances [N, 2, 2] in pixels, before the low-pass (Zwicker et al. 2002, eq. 31)."""
    K, z = camera.K.to(at.dtype), at[:, 2]
    focal = torch.stack([K[0, 0], K[1, 1]])
    slope = at[:, :2] / z[:, None]
    most = _most_slope * torch.tensor([camera.width, camera.height], dtype=at.dtype) / focal
    held = torch.maximum(torch.minimum(slope, most), -most)
    zero = torch.zeros_like(z)
    rows = [focal[0] / z, zero, -focal[0] / z * held[:, 0], zero, focal[1] / z, -focal[1] / z * held[:, 1]]
    jacobian = torch.stack(rows, 1).view(-1, 2, 3)
    return focal * slope + K[:2, 2], jacobian @ covariance @ jacobian.transpose(1, 2)


def blend(
    centres: Tensor, conics: Tensor, opacities: Tensor, colour: Tensor, width: int, height: int
) -> Tensor:
    """Front to back, the splats in order of depth, [H, W, 3] (Kerbl et al. 2023, eq. 3)."""
    dtype = centres.dtype
    ys, xs = torch.meshgrid(
        torch.arange(height, dtype=dtype), torch.arange(width, dtype=dtype), indexing="ij"
    )
    dx = xs.reshape(-1, 1) + 0.5 - centres[:, 0]
    dy = ys.reshape(-1, 1) + 0.5 - centres[:, 1]
    power = -0.5 * (conics[:, 0] * dx * dx + conics[:, 2] * dy * dy) - conics[:, 1] * dx * dy
    alpha = (opacities * torch.exp(power.clamp(max=0))).clamp(max=_most_alpha)
    alpha = torch.where(alpha < _least_alpha, torch.zeros_like(alpha), alpha)
    after = torch.cumprod(1 - alpha, 1)
    before = torch.cat([torch.ones_like(after[:, :1]), after[:, :-1]], 1)
    weight = torch.where(after < _stop_at, torch.zeros_like(alpha), alpha * before)
    return (weight @ colour).view(height, width, 3)


def draw(
    params: Mapping[str, Tensor], camera: Camera, *, sh_degree: int, antialiased: bool, nearest: float = near
) -> Tensor:
    """[H, W, 3] on black."""
    means = params["means"]
    view = camera.world_to_camera.to(means.dtype)
    rotation, shift = view[:3, :3], view[:3, 3]
    in_front = torch.nonzero(((means @ rotation.T + shift)[:, 2] > nearest).detach()).flatten()
    depth = (means[in_front] @ rotation.T + shift)[:, 2].detach()
    kept = in_front[torch.argsort(depth, stable=True)]
    at = means[kept] @ rotation.T + shift
    covariance = rotation @ covariances(params["log_scales"][kept], params["quats"][kept]) @ rotation.T
    centres, flat = _footprints(at, covariance, camera)
    wide = flat + _low_pass * torch.eye(2, dtype=means.dtype)
    det = wide[:, 0, 0] * wide[:, 1, 1] - wide[:, 0, 1] ** 2
    conics = torch.stack([wide[:, 1, 1], -wide[:, 0, 1], wide[:, 0, 0]], 1) / det[:, None]
    opacities = torch.sigmoid(params["opacity_logits"][kept])
    if antialiased:
        before = flat[:, 0, 0] * flat[:, 1, 1] - flat[:, 0, 1] ** 2
        opacities = opacities * torch.sqrt((before / det).clamp(min=1e-12))
    sh = torch.cat([params["sh0"], params["sh_rest"]], 1)[kept]
    colour = colours(means[kept], sh, -(rotation.T @ shift), sh_degree)
    return blend(centres, conics, opacities, colour, camera.width, camera.height)


def counts_of_all(count: int) -> list[int]:
    """What every process of the group has of something, by rank. All of them call it at once."""
    counts = [torch.zeros(1, dtype=torch.long) for _ in range(dist.get_world_size())]
    dist.all_gather(counts, torch.tensor([count]))
    return [int(each) for each in counts]


class _Gathered(torch.autograd.Function):
    """Every process's rows behind one another; each gets back the gradient of its own, summed over all. As gsplat's exchange does it."""

    @staticmethod
    def forward(ctx, part: Tensor) -> Tensor:  # type: ignore[no-untyped-def,override]
        ctx.counts = counts_of_all(len(part))
        padded = part.new_zeros((max(ctx.counts), *part.shape[1:]))
        padded[: len(part)] = part
        parts = [torch.empty_like(padded) for _ in ctx.counts]
        dist.all_gather(parts, padded)
        return torch.cat([each[:count] for each, count in zip(parts, ctx.counts, strict=True)])

    @staticmethod
    def backward(ctx, gradient: Tensor) -> Tensor:  # type: ignore[no-untyped-def,override]
        gradient = gradient.contiguous()
        dist.all_reduce(gradient)
        return gradient.split(ctx.counts)[dist.get_rank()]


class CpuRasterizer:
    """See rasterizer.Rasterizer."""

    def device(self) -> torch.device | None:
        return torch.device("cpu")

    def device_name(self) -> str | None:
        return "CPU"

    def version(self) -> str:
        return "test"

    def draw(
        self,
        params: Mapping[str, Tensor],
        camera: Camera,
        *,
        sh_degree: int,
        antialiased: bool,
        together: bool = False,
    ) -> Tensor:
        all_params = {name: _Gathered.apply(value) for name, value in params.items()} if together else params
        return draw(all_params, camera, sh_degree=sh_degree, antialiased=antialiased)
