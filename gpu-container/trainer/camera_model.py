"""A COLMAP model's cameras and poses as plain data, as src/core/scene/camera.ts has them.

Invariant: lengths are pixels of the photo with pixel centres at +0.5; poses are world-to-camera with OpenCV axes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Parameters of COLMAP's models by their names, in COLMAP's order (src/colmap/sensor/models.h). Of one focal length both are it.
_parameter_names: dict[str, tuple[str, ...]] = {
    "SIMPLE_PINHOLE": ("f", "cx", "cy"),
    "PINHOLE": ("fx", "fy", "cx", "cy"),
    "SIMPLE_RADIAL": ("f", "cx", "cy", "k1"),
    "RADIAL": ("f", "cx", "cy", "k1", "k2"),
    "OPENCV": ("fx", "fy", "cx", "cy", "k1", "k2", "p1", "p2"),
}


@dataclass(frozen=True)
class CameraModel:
    #: Camera of src/core/scene/camera.ts, in camel case.
    cameras: list[dict[str, Any]]
    #: View of that file, by name.
    views: list[dict[str, Any]]


def _camera_of(camera: Any) -> dict[str, Any]:
    given = dict(zip(_parameter_names[camera.model.name], map(float, camera.params), strict=True))
    focal = given.get("f", 0.0)
    form = {"id": int(camera.camera_id), "model": camera.model.name}
    size = {"widthPx": int(camera.width), "heightPx": int(camera.height)}
    lens = {name: given.get(name, 0.0) for name in ("cx", "cy", "k1", "k2", "p1", "p2")}
    return {**form, **size, "fx": given.get("fx", focal), "fy": given.get("fy", focal), **lens}


def _view_of(image: Any) -> dict[str, Any]:
    pose = image.cam_from_world()
    x, y, z, w = (float(value) for value in pose.rotation.quat)
    turn = {"q": [w, x, y, z], "t": [float(value) for value in pose.translation]}
    return {"photoName": image.name, "cameraId": int(image.camera_id), "pose": turn}


def read_camera_model(folder: Path) -> CameraModel | None:
    """cameras.bin and images.bin (or .txt) of a folder; None when they cannot be read, or hold a lens of another kind."""
    import pycolmap  # loads a large library: only where a model is read

    try:
        model = pycolmap.Reconstruction(str(folder))
    except (ValueError, RuntimeError, OSError):
        return None
    images = [image for image in model.images.values() if image.has_pose]
    used = {image.camera_id for image in images}
    cameras = [model.cameras[camera_id] for camera_id in sorted(used)]
    if not images or any(camera.model.name not in _parameter_names for camera in cameras):
        return None
    views = sorted((_view_of(image) for image in images), key=lambda view: str(view["photoName"]))
    return CameraModel([_camera_of(camera) for camera in cameras], views)


def rotation_of(q: list[float]) -> NDArray[np.float64]:
    """3 x 3 of a unit quaternion wxyz."""
    w, x, y, z = q
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


def quaternion_of(rotation: NDArray[np.float64]) -> list[float]:
    """Unit quaternion wxyz of a 3 x 3 rotation: the eigenvector of Bar-Itzhack's symmetric matrix (2000)."""
    r = rotation
    k = np.array(
        [
            [r[0, 0] + r[1, 1] + r[2, 2], r[2, 1] - r[1, 2], r[0, 2] - r[2, 0], r[1, 0] - r[0, 1]],
            [0, r[0, 0] - r[1, 1] - r[2, 2], r[0, 1] + r[1, 0], r[0, 2] + r[2, 0]],
            [0, 0, r[1, 1] - r[0, 0] - r[2, 2], r[1, 2] + r[2, 1]],
            [0, 0, 0, r[2, 2] - r[0, 0] - r[1, 1]],
        ]
    )
    _, vectors = np.linalg.eigh(k, UPLO="U")
    q = vectors[:, -1]
    return [float(value) for value in (q if q[0] >= 0 else -q)]
