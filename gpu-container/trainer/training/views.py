"""The photos and their cameras on the device that trains.

Invariant: a photo lies there as the 8-bit picture it is, at the size it is trained on; floats are made of it when it is looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..events import Emit, progress
from ..failure import JobFailed
from ..stop import Stop
from .frame import SceneFrame

#: Of the device's free memory, what photos may take; the splats want the rest.
_share_for_photos = 0.3


class ViewFacts(Protocol):
    """A view of dataset.py. Read-only, so that a frozen one fits."""

    @property
    def name(self) -> str: ...
    @property
    def K(self) -> NDArray[Any]: ...
    @property
    def world_to_camera(self) -> NDArray[Any]: ...
    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def image_path(self) -> Path: ...


class DatasetFacts(Protocol):
    """A dataset of dataset.py."""

    @property
    def views(self) -> Sequence[Any]: ...
    @property
    def xyz(self) -> NDArray[Any]: ...
    @property
    def rgb(self) -> NDArray[Any]: ...
    @property
    def train(self) -> Sequence[int]: ...
    @property
    def held_out(self) -> Sequence[int]: ...


LoadImage = Callable[[Any], NDArray[np.uint8]]


@dataclass(frozen=True)
class Camera:
    """A pinhole camera in the frame of the scene."""

    #: [4, 4]
    world_to_camera: Tensor
    #: [3, 3], pixels, pixel centres at +0.5.
    K: Tensor
    width: int
    height: int


def camera_of(view: ViewFacts, frame: SceneFrame, device: torch.device | str) -> Camera:
    matrix = torch.tensor(frame.camera(np.asarray(view.world_to_camera)), dtype=torch.float32, device=device)
    return Camera(
        matrix, torch.tensor(np.asarray(view.K), dtype=torch.float32, device=device), view.width, view.height
    )


class PhotoStore:
    """Photos by their place in the dataset's views. On the device when they fit there, else in host memory that it can reach."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._photos: dict[int, Tensor] = {}

    def load(
        self, dataset: DatasetFacts, wanted: Sequence[int], load_image: LoadImage, emit: Emit, stop: Stop
    ) -> list[JobFailed]:
        """Tells the progress of the stage photos. What was wrong with those that could not be read; they are left out.

        :raises Stopped:
        """
        views = [dataset.views[index] for index in wanted]
        fits = sum(3 * view.width * view.height for view in views) <= self._room()
        bad = []
        for done, (index, view) in enumerate(zip(wanted, views, strict=True), 1):
            stop.check()
            try:
                self._photos[index] = self._placed(torch.from_numpy(np.array(load_image(view))), fits)
            except JobFailed as error:
                bad.append(error)
            emit(progress("photos", done, len(wanted), "photos"))
        return bad

    def __contains__(self, index: object) -> bool:
        return index in self._photos

    def _room(self) -> float:
        if self._device.type != "cuda":
            return float("inf")
        free, _ = torch.cuda.mem_get_info(self._device)
        return float(_share_for_photos * free)

    def _placed(self, pixels: Tensor, fits: bool) -> Tensor:
        if self._device.type != "cuda":
            return pixels
        return pixels.to(self._device) if fits else pixels.pin_memory()

    def pixels(self, index: int) -> NDArray[np.uint8]:
        """[H, W, 3]"""
        return np.asarray(self._photos[index].cpu().numpy())

    def photo(self, index: int) -> Tensor:
        """[H, W, 3] of 0..1 on the device."""
        return self._photos[index].to(self._device, non_blocking=True).float() / 255


class ViewOrder:
    """The view of each 1-based step: every round visits all once, in a seeded order of its own. A pure function of (seed, step)."""

    def __init__(self, views: Sequence[int], seed: int) -> None:
        self._views, self._seed = list(views), seed
        self._round, self._order = -1, list(views)

    def __call__(self, step: int) -> int:
        wanted, place = divmod(step - 1, len(self._views))
        if wanted != self._round:
            order = np.random.default_rng([self._seed, wanted]).permutation(len(self._views))
            self._round, self._order = wanted, [self._views[k] for k in order]
        return self._order[place]
