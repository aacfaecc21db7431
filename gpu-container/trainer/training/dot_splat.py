"""Splats as a .splat file (antimatter15's): what a preview is sent as.

Invariant: 32 bytes a splat; those that matter most come first, so that a file that is still arriving already shows the scene.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .ply import World

_sh0 = 0.28209479177387814
_row = np.dtype([("mean", "<f4", 3), ("scale", "<f4", 3), ("rgba", "u1", 4), ("quat", "u1", 4)])


def _sigmoid(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-np.clip(logits, -80, 80))))


def dot_splat_bytes(world: World) -> bytes:
    """Mean and standard deviations as f32, colour and opacity as bytes, quaternion wxyz as bytes around 128; no view-dependent colour.

    Sorted by opacity times volume. :param world: as ply_bytes
    """
    opacities = _sigmoid(world["opacity_logits"].astype(np.float64))
    order = np.argsort(-(np.log(opacities) + world["log_scales"].sum(1, dtype=np.float64)), kind="stable")
    rows = np.zeros(len(order), dtype=_row)
    rows["mean"] = world["means"][order]
    rows["scale"] = np.exp(world["log_scales"][order])
    rows["rgba"][:, :3] = np.clip(np.round(255 * (0.5 + _sh0 * world["sh0"][order, 0])), 0, 255)
    rows["rgba"][:, 3] = np.clip(np.round(255 * opacities[order]), 0, 255)
    quats = world["quats"][order]
    lengths = np.linalg.norm(quats, axis=1, keepdims=True)
    quats = np.where(lengths > 0, quats / np.where(lengths > 0, lengths, 1), [1.0, 0, 0, 0])
    rows["quat"] = np.clip(np.round(128 * quats + 128), 0, 255)
    return rows.tobytes()
