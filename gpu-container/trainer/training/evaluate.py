"""Scores of the views that were never trained on, on 8-bit values at the training resolution.

Invariant: what is scored is what lies in renders/ and photos/ afterwards, pixel by pixel.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from ..events import Emit, progress
from ..late_scores import picture_name
from ..scores import Pixels, lpips, psnr_db, ssim, to_pixels
from ..stop import Stop
from .views import PhotoStore

Scores = dict[str, Any]


class _Namer:
    """A picture name of its own for each photo, as createPictureNamer of src/cli/outputFiles.ts gives them."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def __call__(self, photo_name: str) -> str:
        base = name = picture_name(photo_name)
        copy = 2
        while name.lower() in self._taken:
            name, copy = f"{base}-{copy}", copy + 1
        self._taken.add(name.lower())
        return name


def _save(folder: Path, name: str, pixels: Pixels) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(folder / f"{name}.png", compress_level=3)


def score_views(
    held_out: Sequence[int],
    names: Mapping[int, str],
    draw: Callable[[int], Tensor],
    photos: PhotoStore,
    out: Path,
    emit: Emit,
    stop: Stop,
    device: torch.device,
    is_late: Callable[[], bool] = lambda: False,
) -> list[Scores]:
    """{name, psnrDb, ssim, lpips} of every held-out view, in their order. Tells the progress of the stage evaluate.

    :param draw: [H, W, 3] of a view's place
    :param is_late: no further view is scored once the time is over
    :raises Stopped:
    :raises OSError:
    """
    namer, per_view = _Namer(), []
    for done, index in enumerate(held_out, 1):
        stop.check()
        if is_late():
            break
        with torch.no_grad():
            render = to_pixels(draw(index).float().cpu().numpy())
        photo = photos.pixels(index)
        name = namer(names[index])
        _save(out / "renders", name, render)
        _save(out / "photos", name, photo)
        has_windows = min(photo.shape[:2]) >= 11
        scores = {"psnrDb": psnr_db(render, photo), "ssim": ssim(render, photo) if has_windows else 0.0}
        per_view.append({"name": names[index], **scores, "lpips": lpips(render, photo, str(device))})
        emit(progress("evaluate", done, len(held_out), "views"))
    return per_view


def mean_scores(per_view: Sequence[Scores]) -> dict[str, float | None]:
    """Means of psnrDb, ssim and lpips; None of what not every view has."""
    values = {key: [view[key] for view in per_view] for key in ("psnrDb", "ssim", "lpips")}
    return {
        key: sum(each) / len(each) if each and all(value is not None for value in each) else None
        for key, each in values.items()
    }
