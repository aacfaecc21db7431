"""Which way is up, where the middle is and how large a unit is, so that every viewer opens a solved scene the same way: the rules of
src/core/sfm/tidyFrame.ts.

Invariant: a similarity; relative poses and reprojection errors stay as they are. Afterwards gravity points along +y (OpenCV's down), the
median of the points is the origin, and the median camera is one unit away from it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def up_direction(rotations: Array) -> Array:
    """Against gravity, from how people hold cameras: their x axes lie level, so up is the direction that all x axes avoid, on the side of
    the mean -y axis. Where all x axes are alike, or avoid something else, the mean -y axis decides.

    :param rotations: [n, 3, 3], world to camera
    """
    across = rotations[:, 0]
    mean = -rotations[:, 1].sum(axis=0)
    mean /= max(float(np.linalg.norm(mean)), 1e-12)
    values, vectors = np.linalg.eigh(across.T @ across)
    level: Array = vectors[:, 0]
    agrees = float(level @ mean)
    if values[1] / len(rotations) < 0.02 or abs(agrees) < 0.5:
        return np.asarray(mean)
    return level if agrees > 0 else -level


def _new_axes(rotation: Array, up: Array) -> Array:
    """As rows, in the old frame: y down, z along the first camera's view, levelled."""
    y = -up
    z = rotation[2] - (rotation[2] @ y) * y
    if np.linalg.norm(z) <= 1e-3:
        z = np.cross(rotation[0], y)
    z /= np.linalg.norm(z)
    return np.stack([np.cross(y, z), y, z])


def tidy_transform(rotations: Array, centres: Array, points: Array) -> tuple[float, Array, Array]:
    """Scale, rotation and translation: X' = scale * rotation @ X + translation.

    :param centres: [n, 3] of the cameras; points: [m, 3]
    """
    turn = _new_axes(rotations[0], up_direction(rotations))
    middle = np.median(points @ turn.T, axis=0) if len(points) > 0 else np.zeros(3)
    distance = float(np.median(np.linalg.norm(centres @ turn.T - middle, axis=1)))
    scale = 1 / max(distance, 1e-12)
    return scale, turn, -scale * middle


def tidy(model: Any) -> None:
    """Moves, turns and scales a pycolmap.Reconstruction in place."""
    import pycolmap

    images = sorted(
        (image for image in model.images.values() if image.has_pose), key=lambda image: str(image.name)
    )
    poses = [image.cam_from_world().matrix() for image in images]
    rotations = np.array([pose[:, :3] for pose in poses])
    centres = np.array([-pose[:, :3].T @ pose[:, 3] for pose in poses])
    points = np.array([point.xyz for point in model.points3D.values()]).reshape(-1, 3)
    scale, turn, shift = tidy_transform(rotations, centres, points)
    model.transform(pycolmap.Sim3d(scale, pycolmap.Rotation3d(turn), shift))
