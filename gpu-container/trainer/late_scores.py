"""Scores of a run that was ended before it scored itself, because its time was over.

Invariant: the same held-out views, at the same size, by the same measures as the engine's own.
"""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from . import splat_cli
from .camera_model import read_camera_model
from .dataset import holdout
from .engines.base import Metrics, TrainOrder
from .events import Emit, progress, stage_started
from .resample import resample
from .scores import psnr_db, ssim
from .splat_cli import Wish
from .stop import Stop
from .whole_file import write_whole


def picture_name(photo_name: str) -> str:
    """The part of a photo's name that names its picture, as pictureName of src/cli/outputFiles.ts makes it."""
    name = re.sub(r"(?<=[^/\\])\.[^./\\]*$", "", photo_name)
    name = re.sub(r'[/\\:*?"<>|\x00-\x1f]', "_", name)
    return re.sub(r"^\.+", lambda dots: "_" * len(dots.group()), name) or "_"


def _draw(command: Sequence[str], order: TrainOrder, width_px: int, stop: Stop, until: float) -> bool:
    arguments = [
        "render",
        str(order.out / "scene.ply"),
        "--cameras",
        str(order.dataset),
        "--holdout",
        str(holdout),
    ]
    arguments += ["--out", str(order.out / "renders"), "--width", str(width_px)]

    def wish() -> Wish | None:
        return "now" if stop.is_set or time.monotonic() >= until else None

    return splat_cli.run(command, arguments, wish=wish).exit_code == 0


def _pixels(path: Path) -> NDArray[np.uint8]:
    with Image.open(path) as opened:
        return np.asarray(opened.convert("RGB"), dtype=np.uint8)


def score_renders(
    command: Sequence[str], order: TrainOrder, metrics: Metrics, emit: Emit, stop: Stop, seconds: float
) -> Metrics:
    """Draws the held-out views, scores them and writes metrics.json again; as they were where the time does not allow it.

    :raises Stopped:
    """
    model = read_camera_model(order.dataset / "sparse/0")
    until = time.monotonic() + seconds
    if model is None or not _draw(command, order, int(metrics["widthPx"]), stop, until):
        stop.check()
        return metrics
    emit(stage_started("evaluate"))
    start = time.monotonic()
    shutil.rmtree(order.out / "photos", ignore_errors=True)
    (order.out / "photos").mkdir()
    names = [str(view["photoName"]) for view in model.views[::holdout]]
    per_view: list[dict[str, Any]] = []
    for name in names:
        stop.check()
        drawn = order.out / "renders" / f"{picture_name(name)}.png"
        photo = order.dataset / "images" / name
        if time.monotonic() >= until or not drawn.is_file() or not photo.is_file():
            continue
        render = _pixels(drawn)
        truth = resample(_pixels(photo), render.shape[1])
        Image.fromarray(truth).save(order.out / "photos" / drawn.name)
        per_view.append(
            {"name": name, "psnrDb": float(psnr_db(render, truth)), "ssim": float(ssim(render, truth))}
        )
        emit(progress("evaluate", len(per_view), len(names), "views"))
    return _with_scores(order, metrics, per_view, time.monotonic() - start)


def _with_scores(
    order: TrainOrder, metrics: Metrics, per_view: list[dict[str, Any]], seconds: float
) -> Metrics:
    if not per_view:
        return metrics
    means = {key: sum(view[key] for view in per_view) / len(per_view) for key in ("psnrDb", "ssim")}
    by_stage = {**metrics["secondsByStage"], "evaluate": seconds}
    scored = {**metrics, **means, "perView": per_view, "secondsByStage": by_stage}
    write_whole(order.out / "metrics.json", json.dumps(scored, indent=2) + "\n")
    return scored
