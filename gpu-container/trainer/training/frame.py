"""The scene in a frame of its own: cameras within the unit ball, so that rates and noise mean the same in metres and in feet.

Invariant: training sees only this frame, files only the dataset's; the two differ by a shift and one positive scale, so that rotations and
spherical harmonics are the same in both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: The extent that the 3DGS paper's rates are given for: largest distance of a camera from their mean, times this.
_margin = 1.1
_points_looked_at = 2000


@dataclass(frozen=True)
class SceneFrame:
    #: [3], mean of the cameras, world units.
    centre: Floats
    #: One unit of the frame in world units.
    scale: float

    def points(self, xyz: NDArray[Any]) -> Floats:
        """World to frame, [N, 3]."""
        return np.asarray((xyz.astype(np.float64) - self.centre) / self.scale)

    def camera(self, world_to_camera: NDArray[Any]) -> Floats:
        """The same camera for points of the frame, [4, 4]; its depths are in units of the frame."""
        moved = world_to_camera.astype(np.float64).copy()
        moved[:3, 3] = (moved[:3, :3] @ self.centre + moved[:3, 3]) / self.scale
        return moved

    def means_in_world(self, means: NDArray[Any]) -> Floats:
        return np.asarray(means.astype(np.float64) * self.scale + self.centre)

    def log_scales_in_world(self, log_scales: NDArray[Any]) -> Floats:
        return np.asarray(log_scales.astype(np.float64) + np.log(self.scale))


def camera_centres(world_to_cameras: list[NDArray[Any]]) -> Floats:
    """[V, 3] of V matrices [4, 4]."""
    return np.stack([-(matrix[:3, :3].T @ matrix[:3, 3]) for matrix in world_to_cameras]).astype(np.float64)


def scene_frame(world_to_cameras: list[NDArray[Any]], xyz: NDArray[Any]) -> SceneFrame:
    """Frame of the cameras; of the points' median distance when all cameras stand in one place. As src/core/train/sceneFrame.ts.

    :param xyz: sparse points [N, 3], world units; may be none
    """
    centres = camera_centres(world_to_cameras)
    centre = centres.mean(0)
    spread = float(np.linalg.norm(centres - centre, axis=1).max())
    if spread > 1e-6:
        return SceneFrame(centre, _margin * spread)
    some = xyz[:: max(1, len(xyz) // _points_looked_at)]
    depth = float(np.median(np.linalg.norm(some - centre, axis=1))) if len(some) else 1.0
    return SceneFrame(centre, depth if np.isfinite(depth) and depth > 1e-6 else 1.0)
