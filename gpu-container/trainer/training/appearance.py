"""Each photo's own colours: a bilateral grid of affine colour transforms (Wang et al. 2024, "Bilateral Guided Radiance Field Processing").

Invariant: the mean of all grids is the identity, so that what the photos have in common stays in the splats, and a view that was held out,
which has no grid, is drawn in the colours of the average photo.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

#: Cells across, down and along the brightness, as in the paper.
shape = (16, 16, 8)
_betas, _epsilon = (0.9, 0.999), 1e-15
#: Brightness that guides the slice (ITU-R BT.601).
_luma = (0.299, 0.587, 0.114)


def _identity(device: torch.device | str, dtype: torch.dtype = torch.float32) -> Tensor:
    """[12, 8, 16, 16]: rows of [3, 4] matrices."""
    across, down, along = shape
    matrix = torch.eye(3, 4, device=device, dtype=dtype)
    return matrix.reshape(12, 1, 1, 1).repeat(1, along, down, across)


def sliced(grid: Tensor, image: Tensor) -> Tensor:
    """The image in the photo's colours: at each pixel the transform that the grid holds there for that brightness.

    :param grid: [12, along, down, across]
    :param image: [H, W, 3] of 0..1
    """
    height, width, _ = image.shape
    y = (torch.arange(height, device=image.device, dtype=image.dtype) + 0.5) / height * 2 - 1
    x = (torch.arange(width, device=image.device, dtype=image.dtype) + 0.5) / width * 2 - 1
    luma = (image @ image.new_tensor(_luma)).clamp(0, 1) * 2 - 1
    places = torch.stack([x[None, :].expand(height, width), y[:, None].expand(height, width), luma], -1)
    found = F.grid_sample(
        grid[None], places[None, None], mode="bilinear", padding_mode="border", align_corners=True
    )
    matrices = found[0, :, 0].permute(1, 2, 0).reshape(height, width, 3, 4)
    return (matrices[..., :3] @ image[..., None])[..., 0] + matrices[..., 3]


def total_variation(grid: Tensor) -> Tensor:
    """Mean square difference of neighbouring cells, summed over the three directions."""
    return sum(
        ((grid.narrow(k, 1, grid.shape[k] - 1) - grid.narrow(k, 0, grid.shape[k] - 1)) ** 2).mean()
        for k in (1, 2, 3)
    )


class BilateralGrids:
    """One grid for each training view, each with an Adam of its own that only steps when its photo is looked at."""

    def __init__(self, views: int, device: torch.device | str) -> None:
        self._grids = _identity(device)[None].repeat(views, 1, 1, 1, 1)
        self._first, self._second = torch.zeros_like(self._grids), torch.zeros_like(self._grids)
        self._steps = [0] * views
        self._taken: Tensor | None = None

    def take(self, view: int) -> Tensor:
        """The view's grid, to be sliced; its gradient is that of the next step()."""
        self._taken = self._grids[view].clone().requires_grad_(True)
        return self._taken

    def step(self, view: int, rate: float) -> None:
        """Adam step of the grid that take() gave for this view, and the mean of all back to the identity."""
        with torch.no_grad():
            gradient = self._taken.grad if self._taken is not None else None
            self._taken = None
            if gradient is None:
                return
            self._steps[view] += 1
            first, second = self._first[view], self._second[view]
            first.mul_(_betas[0]).add_(gradient, alpha=1 - _betas[0])
            second.mul_(_betas[1]).addcmul_(gradient, gradient, value=1 - _betas[1])
            corrected = [1 - beta ** self._steps[view] for beta in _betas]
            self._grids[view] -= rate / corrected[0] * first / ((second / corrected[1]).sqrt() + _epsilon)
            self._grids += _identity(self._grids.device) - self._grids.mean(0)

    def state(self) -> dict[str, Any]:
        """Copies on the host, one row for each view."""
        rows = {"grids": self._grids, "first": self._first, "second": self._second}
        return {
            **{name: value.cpu().clone() for name, value in rows.items()},
            "steps": torch.tensor(self._steps),
        }

    def load(self, state: Mapping[str, Any]) -> None:
        """:raises ValueError: it is of another number of views"""
        if state["grids"].shape != self._grids.shape:
            raise ValueError("The colour grids are of other views.")
        device = self._grids.device
        self._grids, self._first, self._second = (
            state[name].to(device) for name in ("grids", "first", "second")
        )
        self._steps = state["steps"].tolist()
