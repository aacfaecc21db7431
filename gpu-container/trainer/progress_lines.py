"""Events as a person reads them at a terminal: one line for a stage, with its share done.

Invariant: on a terminal a stage's line is drawn over itself; elsewhere it comes when a stage begins and at most every few seconds.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, TextIO

from .events import JobEvent, Stage
from .failure import Failure, FailureCode

stage_words: dict[Stage, str] = {
    "read": "Reading photos",
    "features": "Finding features",
    "pairs": "Comparing photos",
    "cameras": "Placing cameras",
    "photos": "Preparing photos",
    "train": "Training",
    "evaluate": "Scoring held-out photos",
    "save": "Saving",
}

what_to_do: dict[FailureCode, str] = {
    "too-few-photos": "Add photos taken from different places; 30 to 150 photos of one subject work well.",
    "blurry": "Take the photos again with more light, and hold the camera still for each one.",
    "exposure-shift": "Lock exposure and white balance on the camera and take the photos again.",
    "low-texture": "Avoid plain walls and shiny surfaces, or put some patterned things into the scene.",
    "repeated-structure": "Add photos that show the alike parts together with something that tells them apart.",
    "no-baseline": "Move sideways between photos: walk around the subject and do not only turn.",
    "split": "Add photos that lead from one group to the next.",
    "partial": "If the missing part matters to you, add photos that lead over to it.",
    "unplaceable": "Take more photos that overlap: each should show most of what the one before it shows.",
    "gpu-missing": "Install the driver of the GPU, or start the container with it; --engine webgpu also takes a software Vulkan driver.",
    "gpu-lost": "Close other programs that use the GPU and start again; it goes on from the checkpoint.",
    "out-of-memory": "Choose a smaller --width or fewer --max-splats, or close other programs.",
    "storage-full": "Free some space, or choose another place with -o or --work.",
    "bad-file": "Check the file named here; copy or export it again if it is damaged.",
    "cloud-failed": "Start again: what was done already is gone on from. If it comes again, please report it.",
    "cancelled": "Start again with the same command to go on.",
}
_photos_shown = 8
_line_seconds = 5.0
_redraw_seconds = 0.1


def failure_text(kind: str, failure: Failure) -> str:
    """Several lines: what happened, which photos, what to do. `kind`: Error or Warning."""
    lines = [f"{kind}: {failure['detail']}"]
    photos = failure.get("photos", [])
    if photos:
        more = f" and {len(photos) - _photos_shown} more" if len(photos) > _photos_shown else ""
        lines.append(f"  Photos: {', '.join(photos[:_photos_shown])}{more}")
    if failure["code"] in what_to_do:
        lines.append(f"  What to do: {what_to_do[failure['code']]}")
    return "\n".join(lines)


def _time_words(seconds: float) -> str:
    whole = max(0, round(seconds))
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60:02d} s"


def progress_text(event: JobEvent) -> str:
    """A progress event as a line; only all of it is ever 100 %."""
    done, total = int(event["done"]), int(event["total"])
    percent = min(100, 100 * done // total) if total > 0 else 0
    parts = [f"{stage_words[event['stage']]}: {percent:3d} % ({done:,}/{total:,} {event['unit']})"]
    figures: dict[str, Any] = event.get("figures") or {}
    if figures:
        parts.append(f"{figures['splats']:,} splats")
    if figures.get("trainPsnrDb") is not None:
        parts.append(f"PSNR {figures['trainPsnrDb']:.1f} dB")
    if event.get("secondsLeft") is not None and done < total:
        parts.append(f"{_time_words(event['secondsLeft'])} left")
    return ", ".join(parts)


def write_event(event: JobEvent) -> None:
    """One a line on standard output. A reader that goes away must not take the training with it."""
    try:
        sys.stdout.write(f"{json.dumps(event)}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


class ProgressLines:
    """Takes events and notes, from any thread."""

    def __init__(self, stream: TextIO, now: Callable[[], float] = time.monotonic) -> None:
        self._stream, self._now = stream, now
        self._is_terminal = stream.isatty()
        self._bar = ""
        self._shown_at = -1e9
        self._lock = threading.RLock()

    def emit(self, event: JobEvent) -> None:
        with self._lock:
            match event["type"]:
                case "progress":
                    self._progress(event)
                case "stage-started":
                    self._begin(event["stage"])
                case "warning":
                    self.note(failure_text("Warning", event["failure"]))

    def note(self, line: str) -> None:
        with self._lock:
            self._settle()
            self._write(f"{line}\n")

    def close(self) -> None:
        """Leaves the last line as it is."""
        with self._lock:
            self._settle()

    def _begin(self, stage: Stage) -> None:
        self._settle()
        self._shown_at = self._now()
        if self._is_terminal:
            self._draw(f"{stage_words[stage]} ...")
        else:
            self._write(f"{stage_words[stage]}\n")

    def _progress(self, event: JobEvent) -> None:
        every = _redraw_seconds if self._is_terminal else _line_seconds
        if event["done"] < event["total"] and self._now() - self._shown_at < every:
            return
        self._shown_at = self._now()
        if self._is_terminal:
            self._draw(progress_text(event))
        else:
            self._write(f"{progress_text(event)}\n")

    def _draw(self, text: str) -> None:
        self._bar = text
        self._write(f"\r{text}\x1b[K")

    def _settle(self) -> None:
        if self._bar:
            self._write("\n")
        self._bar = ""

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):
            pass  # A terminal that has gone must not take the training with it.
