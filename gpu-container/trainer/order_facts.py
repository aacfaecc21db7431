"""What makes two runs the same run, kept beside their checkpoint.

Invariant: a checkpoint is only gone on from by the run that wrote it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from .engines.base import Preset
from .job_folder import JobFolder
from .whole_file import write_whole


@dataclass(frozen=True)
class Wanted:
    """What is asked of the training; None: as the preset says."""

    preset: Preset
    steps: int | None = None
    max_splats: int | None = None
    width_px: int | None = None
    seed: int = 0


def order_facts(photos_key: str, engine: str, wanted: Wanted) -> dict[str, Any]:
    """As JSON has them."""
    asked = {"steps": wanted.steps, "maxSplats": wanted.max_splats, "widthPx": wanted.width_px}
    return {"photos": photos_key, "engine": engine, "preset": wanted.preset, "seed": wanted.seed, **asked}


def _text(facts: dict[str, Any]) -> str:
    return json.dumps(facts, sort_keys=True)


def keep_facts(folder: JobFolder, facts: dict[str, Any]) -> None:
    """Whose the checkpoint in the folder is.

    :raises OSError:
    """
    write_whole(folder.path / "run.json", _text(facts))


def drop_unfit_checkpoint(folder: JobFolder, facts: dict[str, Any]) -> None:
    """Removes a checkpoint of another run, and notes whose the next one is.

    :raises OSError:
    """
    try:
        before = (folder.path / "run.json").read_text("utf-8")
    except (OSError, ValueError):
        before = ""
    if before != _text(facts):
        folder.checkpoint.unlink(missing_ok=True)
        keep_facts(folder, facts)
