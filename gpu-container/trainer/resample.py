"""A photo at the size that it is trained at, as the headless engine makes it of a photo without distortion.

Invariant: the same as src/core/image/undistort.ref.ts with k1, k2, p1 and p2 of 0, to the rounding of 8 bits; so scores compare.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray


def training_size(width_px: int, height_px: int, wanted_px: int | None) -> tuple[int, int]:
    """Width and height: at most `wanted_px` wide, in the photo's shape; never larger than the photo."""
    width = width_px if wanted_px is None else min(width_px, wanted_px)
    return width, max(1, math.floor(height_px * width / width_px + 0.5))


def _mean_along(image: NDArray[np.float64], to: int, scale: float, grid: int) -> NDArray[np.float64]:
    """Along the first axis: in each target pixel the mean of `grid` samples, each fetched linearly with repeated edges."""
    last = len(image) - 1
    total = np.zeros((to, *image.shape[1:]))
    for k in range(grid):
        at = (np.arange(to) + (k + 0.5) / grid) / scale - 0.5
        left = np.floor(at).astype(int)
        share = (at - left).reshape(-1, *[1] * (image.ndim - 1))
        total += (1 - share) * image[np.clip(left, 0, last)] + share * image[np.clip(left + 1, 0, last)]
    return total / grid


def resample(photo: NDArray[np.uint8], to_width_px: int) -> NDArray[np.uint8]:
    """[H, W, 3] to [h, w, 3]; at its own size the photo as it is."""
    height, width = photo.shape[:2]
    to_width, to_height = training_size(width, height, to_width_px)
    if to_width == width:
        return photo
    scale = to_width / width
    grid = max(2, math.ceil(1 / scale))
    rows = _mean_along(photo.astype(np.float64), to_height, scale, grid)
    whole = _mean_along(rows.swapaxes(0, 1), to_width, scale, grid).swapaxes(0, 1)
    return np.floor(whole + 0.5).astype(np.uint8)
