"""A dataset as an engine trains on it: views with their cameras at the size that is trained at, the points, and which views are held out.

Invariant: views are in the order of their names, and held out is every eighth of them counted from the first, photos that cannot be decoded
included: the split of src/core/train/setup.ts. Lengths are pixels with pixel centres at +0.5; poses are world-to-camera, OpenCV axes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .failure import JobFailed, failed
from .resample import resample, training_size

holdout = 8
least_views = 3


@dataclass(frozen=True)
class View:
    name: str
    #: Its place in the dataset's views.
    index: int
    #: [3, 3], of a picture `width` x `height`.
    K: NDArray[np.float32]
    #: [4, 4]
    world_to_camera: NDArray[np.float64]
    width: int
    height: int
    image_path: Path


@dataclass(frozen=True)
class Dataset:
    views: list[View]
    #: [n, 3]
    xyz: NDArray[np.float32]
    #: [n, 3], sRGB
    rgb: NDArray[np.uint8]
    #: Places in `views`.
    train: list[int]
    held_out: list[int]


def split(count: int) -> tuple[list[int], list[int]]:
    """Places that are trained on and that are held out."""
    held_out = list(range(0, count, holdout))
    return [i for i in range(count) if i % holdout != 0], held_out


def _intrinsics(camera: Any, width: int) -> NDArray[np.float32]:
    names = {"PINHOLE": (0, 1, 2, 3), "SIMPLE_PINHOLE": (0, 0, 1, 2)}
    places = names.get(camera.model.name)
    if places is None:
        raise failed(
            "bad-file",
            f"The dataset has cameras of the kind {camera.model.name}; only PINHOLE can be trained on.",
        )
    fx, fy, cx, cy = (float(camera.params[k]) for k in places)
    # One scale, as levelsFor in src/core/image/undistort.ts has it; the height is rounded to whole pixels.
    s = width / camera.width
    return np.array([[fx * s, 0, cx * s], [0, fy * s, cy * s], [0, 0, 1]], np.float32)


def _view_of(image: Any, camera: Any, index: int, folder: Path, width_px: int | None) -> View:
    width, height = training_size(int(camera.width), int(camera.height), width_px)
    pose = np.eye(4)
    pose[:3] = image.cam_from_world().matrix()
    name = str(image.name)
    return View(name, index, _intrinsics(camera, width), pose, width, height, folder / name)


def _model_of(path: Path) -> Any:
    import pycolmap  # loads a large library: only where a dataset is read

    try:
        return pycolmap.Reconstruction(str(path / "sparse" / "0"))
    except (ValueError, RuntimeError, OSError):
        raise failed("bad-file", "The dataset's COLMAP model cannot be read.", file="sparse/0") from None


def _by_code_unit(name: str) -> bytes:
    """As TypeScript compares strings."""
    return name.encode("utf-16-be", "surrogatepass")


def load_dataset(path: Path, *, width_px: int | None) -> Dataset:
    """Reads sparse/0 and looks for the photos in images/, which are not opened. Views without a photo are left out.

    :param width_px: of the pictures to train on, at most; None: of the photos
    :raises JobFailed: bad-file, or too-few-photos where fewer than three views have a photo
    """
    model, folder = _model_of(path), path / "images"
    images = [image for image in model.images.values() if image.has_pose and (folder / image.name).is_file()]
    if len(images) < least_views:
        raise failed(
            "too-few-photos", f"{len(images)} photos with a camera pose; at least {least_views} are needed."
        )
    images.sort(key=lambda image: _by_code_unit(str(image.name)))
    views = [
        _view_of(image, model.cameras[image.camera_id], i, folder, width_px) for i, image in enumerate(images)
    ]
    points = [model.points3D[point_id] for point_id in sorted(model.points3D)]
    xyz = np.array([point.xyz for point in points], np.float32).reshape(-1, 3)
    rgb = np.array([point.color for point in points], np.uint8).reshape(-1, 3)
    train, held_out = split(len(views))
    return Dataset(views, xyz, rgb, train, held_out)


def load_image(view: View) -> NDArray[np.uint8]:
    """[height, width, 3] sRGB. Made smaller as the headless engine does it, so that scores compare.

    :raises JobFailed: bad-file
    """
    try:
        with Image.open(view.image_path) as image:
            picture = image.convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise _unreadable(view) from None
    photo = np.asarray(picture, np.uint8)
    return resample(photo, view.width)


def _unreadable(view: View) -> JobFailed:
    return failed("bad-file", f"The photo {view.name} of the dataset cannot be read.", file=view.name)
