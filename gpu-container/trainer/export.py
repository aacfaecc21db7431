"""The files of a finished run in the forms that are asked for.

Invariant: the .ply is always among them or the run has failed; any other form that cannot be made is left out and said.
"""

from __future__ import annotations

import json
import logging
import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from . import pictures, splat_cli
from .camera_model import read_camera_model
from .contract import OutputKind
from .events import Emit, stage_started
from .failure import failed
from .made_file import MadeFile, made_file
from .stop import Stop
from .whole_file import write_whole

log = logging.getLogger(__name__)

#: Made last, for these may take so long that they are left out.
_slow: tuple[OutputKind, ...] = ("sog", "poster")
#: A picture is not worth more.
_draw_seconds = 120.0
_of_a_run: tuple[OutputKind, ...] = ("preview", "checkpoint")
#: What a person at the terminal is left.
all_kinds: tuple[OutputKind, ...] = (
    "ply",
    "splat",
    "spz",
    "sog",
    "thumbnail",
    "poster",
    "cameras",
    "metrics",
)


@dataclass(frozen=True)
class Result:
    """A run that has ended, and what its files are made with."""

    #: scene.ply, metrics.json and renders/ are there; the files are left there.
    out: Path
    #: COLMAP model that was trained on: PINHOLE cameras in the scene's world.
    model: Path
    #: COLMAP model of the photos as they came, in the same world; the same as `model` where there is no other.
    photos_model: Path
    #: For what lies there meanwhile.
    work: Path
    stop: Stop
    #: Monotonic: what can be left out is left out when it is not made then.
    until: float = math.inf
    #: The program that converts and draws; found when None.
    command: Sequence[str] | None = None

    @property
    def cli(self) -> Sequence[str] | None:
        return self.command or splat_cli.find_cli()


def _convert(result: Result, path: Path) -> Path | None:
    """By the repository's own converter: one set of rules for all formats."""
    command = result.cli
    if command is None:
        return None
    scene = str(result.out / "scene.ply")
    end = splat_cli.run(
        command, ["convert", scene, str(path)], wish=splat_cli.stop_wish(result.stop, result.until)
    )
    result.stop.check()
    if end.exit_code != 0:
        log.warning("%s: %s", path.name, end.failure["detail"] if end.failure else end.how)
    return path if end.exit_code == 0 else None


def _poster(result: Result, path: Path) -> Path | None:
    def draw() -> list[Path]:
        command, scene = result.cli, result.out / "scene.ply"
        if command is None:
            return []
        until = min(result.until, time.monotonic() + _draw_seconds)
        folder = result.work / "turntable"
        return pictures.draw_turntable(command, scene, result.model, folder, result.stop, until)

    return pictures.write_poster(result.out, path, draw)


def _cameras(result: Result, path: Path) -> Path | None:
    """As src/cli/serve/results.ts writes them."""
    model = read_camera_model(result.photos_model) or read_camera_model(result.model)
    if model is None:
        return None
    write_whole(path, json.dumps({"version": 1, "cameras": model.cameras, "views": model.views}))
    return path


def _make(kind: OutputKind, result: Result) -> Path | None:
    out = result.out
    match kind:
        case "ply":
            return out / "scene.ply"
        case "splat" | "spz" | "sog":
            return _convert(result, out / f"scene.{kind}")
        case "thumbnail":
            return pictures.write_still(out, out / "thumbnail.webp", pictures.thumbnail_width_px)
        case "poster":
            return _poster(result, out / "poster.webp")
        case "cameras":
            return _cameras(result, out / "cameras.json")
        case "metrics":
            return out / "metrics.json"
        case _:
            return None


def _made(kind: OutputKind, result: Result) -> MadeFile | None:
    try:
        path = _make(kind, result)
        file = None if path is None else made_file(kind, path)
    except (OSError, ValueError) as error:
        log.warning("%s: %s", kind, error)
        return None
    return file if file is not None and file.bytes > 0 else None


def make_files(
    wanted: Iterable[OutputKind], result: Result, emit: Emit, note: Callable[[str], None]
) -> list[MadeFile]:
    """Makes what was asked for, and the .ply always. Tells the stage "save".

    :raises JobFailed: there is no .ply
    :raises Stopped:
    """
    emit(stage_started("save"))
    asked = [kind for kind in dict.fromkeys(["ply", *wanted]) if kind not in _of_a_run]
    kinds = sorted(asked, key=_slow.__contains__)
    files: list[MadeFile] = []
    for done, kind in enumerate(kinds):
        emit(
            {
                "type": "progress",
                "stage": "save",
                "done": done,
                "total": len(kinds),
                "unit": "files",
                "secondsLeft": None,
            }
        )
        result.stop.check()
        file = _made(kind, result)
        if file is not None:
            files.append(file)
        elif kind == "ply":
            raise failed("cloud-failed", "The engine left no whole result.", retryable=True)
        else:
            note(f"The result has no {kind}: it could not be made.")
    return files
