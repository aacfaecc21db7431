"""gsplat without a CUDA device: its own Python with its own plain PyTorch twins in the place of its kernels.

Invariant: everything between the adapter and the kernels (arguments, shapes, packing, colours, tiles, the exchange between processes) is
gsplat's code as it is installed. What is not: compositing inside a tile, which is cpu_rasterizer.blend, and the messages of the exchange,
for which gloo knows no all-to-all.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from unittest import mock

import gsplat.rendering
import torch
import torch.distributed as dist
from cpu_rasterizer import blend, counts_of_all
from gsplat.cuda._torch_impl import (
    _fully_fused_projection,
    _isect_offset_encode,
    _isect_tiles,
    _quat_scale_to_covar_preci,
    _spherical_harmonics,
)
from torch import Tensor

from trainer.training.rasterizer import GsplatRasterizer
from trainer.training.views import Camera


def _project(
    means: Tensor,
    _: None,
    quats: Tensor,
    scales: Tensor,
    viewmats: Tensor,
    Ks: Tensor,
    *size: int,
    **more: Any,
) -> tuple[Tensor | None, ...]:
    packed = more.pop("packed")
    # Only make its bounds tighter, or are off.
    for name in ("opacities", "sparse_grad", "radius_clip"):
        more.pop(name)
    covariances = _quat_scale_to_covar_preci(quats, scales, True, False)[0]
    found = _fully_fused_projection(means, covariances, viewmats, Ks, *size, **more)
    if not packed:
        return tuple(found)
    cameras, splats = torch.nonzero((found[0] > 0).all(-1), as_tuple=True)
    packed_rows = [None if each is None else each[cameras, splats] for each in found]
    return (torch.zeros_like(cameras), cameras, splats, *packed_rows)


def _harmonics(degree: int, directions: Tensor, coefficients: Tensor, masks: Tensor) -> Tensor:
    del masks  # saves work only
    return _spherical_harmonics(degree, directions, coefficients)


def _tiles(means2d: Tensor, radii: Tensor, depths: Tensor, *size: int, **more: Any) -> tuple[Tensor, ...]:
    if more["packed"]:
        assert more["n_images"] == 1
        means2d, radii, depths = means2d[None], radii[None], depths[None]
    return tuple(_isect_tiles(means2d, radii, depths, *size))


def _to_pixels(
    means2d: Tensor,
    conics: Tensor,
    colors: Tensor,
    opacities: Tensor,
    width: int,
    height: int,
    tile: int,
    offsets: Tensor,
    ids: Tensor,
    **more: Any,
) -> tuple[Tensor, None]:
    """Of one image, tile by tile, each with its own splats in the order of `ids`."""
    assert more["backgrounds"] is None
    bounds = [*offsets.flatten().tolist(), len(ids)]
    means2d, conics, colors, opacities = (
        each.reshape(-1, *shape)
        for each, shape in ((means2d, (2,)), (conics, (3,)), (colors, (3,)), (opacities, ()))
    )
    across, down = -(-width // tile), -(-height // tile)
    rows = []
    for y in range(down):
        row = []
        for x in range(across):
            at = y * across + x
            own = ids[bounds[at] : bounds[at + 1]].long()
            corner = torch.tensor([x * tile, y * tile], dtype=means2d.dtype)
            size = (min(tile, width - x * tile), min(tile, height - y * tile))
            row.append(blend(means2d[own] - corner, conics[own], opacities[own], colors[own], *size))
        rows.append(torch.cat(row, 1))
    return torch.cat(rows, 0)[None], None


def _exchange(parts: Sequence[Tensor], sizes: Sequence[int]) -> list[Tensor]:
    """Sends a part to every process; what they sent, of these sizes."""
    rank, world = dist.get_rank(), dist.get_world_size()
    received = [parts[0].new_empty((size, *parts[0].shape[1:])) for size in sizes]
    for other in range(world):
        if other == rank:
            received[rank] = parts[rank].detach().clone()
            continue
        requests = [dist.isend(parts[other].detach().contiguous(), other), dist.irecv(received[other], other)]
        for request in requests:
            request.wait()
    return received


class _AllToAll(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, data: Tensor, splits: list[int], out_splits: list[int]) -> Tensor:
        ctx.splits, ctx.out_splits = splits, out_splits
        return torch.cat(_exchange(data.split(splits), out_splits))

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:  # type: ignore[override]
        return torch.cat(_exchange(gradient.contiguous().split(ctx.out_splits), ctx.splits)), None, None


def _all_to_all(_: int, tensors: list[Tensor], splits: list[int], output_splits: list[int]) -> list[Tensor]:
    return [_AllToAll.apply(each.contiguous(), splits, output_splits) for each in tensors]


@contextlib.contextmanager
def _without_cuda() -> Iterator[None]:
    twins = {
        "fully_fused_projection": _project,
        "spherical_harmonics": _harmonics,
        "isect_tiles": _tiles,
        "isect_offset_encode": _isect_offset_encode,
        "rasterize_to_pixels": _to_pixels,
        "all_to_all_tensor_list": _all_to_all,
        "all_gather_int32": lambda _, count, **more: counts_of_all(count),
    }
    with mock.patch.multiple(gsplat.rendering, **twins):
        yield


class CpuGsplat(GsplatRasterizer):
    """The adapter under test, as it is, on a CPU."""

    def device(self) -> torch.device | None:
        return torch.device("cpu")

    def device_name(self) -> str | None:
        return "CPU"

    def draw(self, params: Mapping[str, Tensor], camera: Camera, **how: Any) -> Tensor:
        with _without_cuda():
            return super().draw(params, camera, **how)
