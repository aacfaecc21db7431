"""The stream of small messages that a job produces, as src/core/job/events.ts defines it.

Invariant: every event is valid under JobEvent of the protocol's schema.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from .failure import Failure

Stage = Literal["read", "features", "pairs", "cameras", "photos", "train", "evaluate", "save"]
Unit = Literal["files", "frames", "photos", "pairs", "cameras", "steps", "views"]
JobEvent = dict[str, Any]
Emit = Callable[[JobEvent], None]


def stage_started(stage: Stage) -> JobEvent:
    return {"type": "stage-started", "stage": stage}


def progress(
    stage: Stage,
    done: int,
    total: int,
    unit: Unit,
    seconds_left: float | None = None,
    figures: dict[str, Any] | None = None,
) -> JobEvent:
    """`figures`: TrainFigures, only of the stage "train"."""
    event: JobEvent = {"type": "progress", "stage": stage, "done": done, "total": total, "unit": unit}
    event["secondsLeft"] = seconds_left
    return event if figures is None else {**event, "figures": figures}


def preview_ready() -> JobEvent:
    return {"type": "preview-ready"}


def warning(failure: Failure) -> JobEvent:
    return {"type": "warning", "failure": failure}


def finished() -> JobEvent:
    return {"type": "finished"}
