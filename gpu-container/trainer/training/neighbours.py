"""How far apart points lie, for the size of the first splats.

Invariant: time grows as n log n, so that a million points cost seconds; the price is that a neighbour may now and then be missed, which
makes a first size a little larger and nothing else.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_bits = 20
_window = 12
#: Shifts of the grid in units of its size: two points that lie next to each other are far apart on one curve only when a border runs
#: between.
_shifts = (0.0, 0.17, 0.41)


def _spread_bits(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Puts two zeros behind every of the lowest 20 bits."""
    out = values
    for shift, mask in (
        (32, 0x1F00000000FFFF),
        (16, 0x1F0000FF0000FF),
        (8, 0x100F00F00F00F00F),
        (4, 0x10C30C30C30C30C3),
        (2, 0x1249249249249249),
    ):
        out = (out | (out << np.uint64(shift))) & np.uint64(mask)
    return out


def morton_order(xyz: NDArray[np.float64], shift: float) -> NDArray[np.int64]:
    """Order of points [N, 3] along a Z-order curve (Morton 1966) over their box, moved by `shift` of its size."""
    low = xyz.min(0)
    size = float((xyz.max(0) - low).max()) or 1.0
    cells = ((xyz - low) / size + shift) / (1 + max(_shifts)) * (2**_bits - 1)
    x, y, z = (_spread_bits(cells[:, k].astype(np.uint64)) for k in range(3))
    return np.argsort(x | (y << np.uint64(1)) | (z << np.uint64(2)), kind="stable")


def neighbour_distance(xyz: NDArray[np.float64], k: int = 3) -> NDArray[np.float64]:
    """Root mean square distance of every point [N, 3] to its k nearest others; 0 for a lone point."""
    n = len(xyz)
    if n < 2:
        return np.zeros(n)
    nearest = np.full((n, k), np.inf)
    ids = np.full((n, k), -1, dtype=np.int64)
    for shift in _shifts:
        order = morton_order(xyz, shift)
        for step in range(1, min(_window, n - 1) + 1):
            here, there = order[:-step], order[step:]
            squared = ((xyz[here] - xyz[there]) ** 2).sum(1)
            _insert(nearest, ids, here, there, squared)
            _insert(nearest, ids, there, here, squared)
    found = np.isfinite(nearest)
    return np.asarray(np.sqrt(np.where(found, nearest, 0).sum(1) / found.sum(1)))


def _insert(
    nearest: NDArray[np.float64],
    ids: NDArray[np.int64],
    rows: NDArray[np.int64],
    others: NDArray[np.int64],
    squared: NDArray[np.float64],
) -> None:
    """Takes up each distance in its row when it is among the k least and the other point is not there yet. Rows are distinct."""
    better = (squared < nearest[rows, -1]) & ~(ids[rows] == others[:, None]).any(1)
    rows, others, squared = rows[better], others[better], squared[better]
    all_squared = np.concatenate([nearest[rows], squared[:, None]], 1)
    all_ids = np.concatenate([ids[rows], others[:, None]], 1)
    kept = np.argsort(all_squared, axis=1, kind="stable")[:, :-1]
    nearest[rows] = np.take_along_axis(all_squared, kept, 1)
    ids[rows] = np.take_along_axis(all_ids, kept, 1)
