"""A scene of a few coloured blobs seen by cameras all around, drawn by cpu_rasterizer: something to train on within seconds.

Invariant: the photos are 8-bit renders of known splats, so that a perfect model exists.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from cpu_rasterizer import draw
from numpy.typing import NDArray

from trainer.engines.base import TrainOrder
from trainer.scores import to_pixels
from trainer.training.frame import SceneFrame
from trainer.training.views import camera_of

_splats, _views, _points = 30, 17, 100
#: Far from the origin and in odd units, as real scenes are.
shift, unit = np.array([120.0, -40.0, 7.0]), 3.0


@dataclass(frozen=True)
class View:
    name: str
    index: int
    K: NDArray[Any]
    world_to_camera: NDArray[Any]
    width: int
    height: int
    image_path: Path


@dataclass(frozen=True)
class Dataset:
    views: Sequence[View]
    xyz: NDArray[Any]
    rgb: NDArray[Any]
    train: list[int]
    held_out: list[int]
    photos: list[NDArray[np.uint8]]


def _looking_at_centre(angle: float, height: float) -> NDArray[np.float64]:
    """World to camera, [4, 4], from the unit circle times 3; y down."""
    centre = np.array([3 * np.cos(angle), height, 3 * np.sin(angle)])
    ahead = -centre / np.linalg.norm(centre)
    right = np.cross(np.array([0.0, 1, 0]), ahead)
    right /= np.linalg.norm(right)
    rotation = np.stack([right, np.cross(ahead, right), ahead])
    matrix = np.eye(4)
    matrix[:3, :3] = rotation
    matrix[:3, 3] = -rotation @ centre
    return matrix


def true_splats(seed: int = 4) -> dict[str, torch.Tensor]:
    random = np.random.default_rng(seed)
    way = random.normal(size=(_splats, 3))
    means = 0.9 * random.random((_splats, 1)) ** (1 / 3) * way / np.linalg.norm(way, axis=1, keepdims=True)
    values = {
        "means": means,
        "log_scales": np.log(random.uniform(0.08, 0.3, (_splats, 3))),
        "quats": random.normal(size=(_splats, 4)),
        "opacity_logits": random.uniform(1, 4, _splats),
        "sh0": random.uniform(-1.6, 1.6, (_splats, 1, 3)),
        "sh_rest": np.zeros((_splats, 15, 3)),
    }
    return {name: torch.tensor(value, dtype=torch.float32) for name, value in values.items()}


def tiny_dataset(path: Path | None = None, *, width_px: int | None = None) -> Dataset:
    """As dataset.load_dataset. The path is not looked at."""
    return _made(width_px or 24)


@functools.cache
def _made(size: int) -> Dataset:
    splats, still = true_splats(), SceneFrame(np.zeros(3), 1.0)
    K = np.array([[size * 1.2, 0, size / 2], [0, size * 1.2, size / 2], [0, 0, 1]])
    views, photos = [], []
    for k in range(_views):
        matrix = _looking_at_centre(k * 2.4, 1.2 * np.sin(k * 1.7))
        view = View(f"photo {k:02d}.jpg", k, K, matrix, size, size, Path(f"photo {k:02d}.jpg"))
        with torch.no_grad():
            image = draw(splats, camera_of(view, still, "cpu"), sh_degree=0, antialiased=False)
        photos.append(to_pixels(image.numpy()))
        # The same scene in the dataset's own frame: X' = shift + unit X.
        moved = matrix.copy()
        moved[:3, 3] = unit * matrix[:3, 3] - matrix[:3, :3] @ shift
        views.append(View(view.name, k, K, moved, size, size, view.image_path))
    random = np.random.default_rng(1)
    chosen = random.integers(0, _splats, _points)
    xyz = splats["means"].numpy()[chosen] + random.normal(0, 0.05, (_points, 3))
    rgb = np.clip(255 * (0.5 + 0.28209479 * splats["sh0"].numpy()[chosen, 0]), 0, 255).astype(np.uint8)
    held_out = [view.index for view in views if view.index % 8 == 0]
    train = [view.index for view in views if view.index % 8 != 0]
    return Dataset(views, shift + unit * xyz, rgb, train, held_out, photos)


def tiny_photo(view: View) -> NDArray[np.uint8]:
    """As dataset.load_image."""
    return tiny_dataset(width_px=view.width).photos[view.index]


def tiny_order(folder: Path, **more: Any) -> TrainOrder:
    settings: dict[str, Any] = {"preset": "draft", "steps": 150, "max_splats": 130, **more}
    return TrainOrder(folder / "dataset", folder / "out", checkpoint=folder / "run.ckpt", **settings)
