"""Splats as a PLY of the 3DGS paper's layout, as src/core/formats/ply.ts writes it.

Invariant: 32-bit floats, little-endian, before activation; whether they were trained antialiased is said in comments.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Our own words, and the spelling that other programs look for.
_antialiased_comments = ("splat-app antialiased", "SplatRenderMode: mip")

World = Mapping[str, NDArray[Any]]


def _property_names(rest: int) -> list[str]:
    numbered = [("f_dc", 3), ("f_rest", rest)]
    names = [
        "x",
        "y",
        "z",
        "nx",
        "ny",
        "nz",
        *(f"{name}_{k}" for name, count in numbered for k in range(count)),
    ]
    return [*names, "opacity", *(f"scale_{k}" for k in range(3)), *(f"rot_{k}" for k in range(4))]


def finite(world: World) -> dict[str, NDArray[Any]]:
    """Without the splats that have a value that is not finite."""
    count = len(world["means"])
    good = np.logical_and.reduce([np.isfinite(value.reshape(count, -1)).all(1) for value in world.values()])
    return {name: value[good] for name, value in world.items()}


def ply_bytes(world: World, *, antialiased: bool) -> bytes:
    """The file of splats in the dataset's frame.

    :param world: means [N, 3], log_scales [N, 3], quats [N, 4] wxyz, opacity_logits [N], sh0 [N, 1, 3], sh_rest [N, K - 1, 3]
    """
    count = len(world["means"])
    # One colour channel's coefficients after another.
    rest = world["sh_rest"].transpose(0, 2, 1).reshape(count, -1)
    lengths = np.linalg.norm(world["quats"], axis=1, keepdims=True)
    quats = np.where(lengths > 0, world["quats"] / np.where(lengths > 0, lengths, 1), [1.0, 0, 0, 0])
    columns = [
        world["means"],
        np.zeros((count, 3)),
        world["sh0"].reshape(count, 3),
        rest,
        world["opacity_logits"][:, None],
    ]
    rows = np.concatenate([*columns, world["log_scales"], quats], 1).astype("<f4")
    header = [
        "ply",
        "format binary_little_endian 1.0",
        *(f"comment {comment}" for comment in _antialiased_comments if antialiased),
        f"element vertex {count}",
        *(f"property float {name}" for name in _property_names(rest.shape[1])),
        "end_header\n",
    ]
    return "\n".join(header).encode("ascii") + rows.tobytes()
