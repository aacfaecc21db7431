"""What the person sees of a run while it goes on. Invariant: at most two events a second, and the device is only waited for when one is
sent."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ..events import JobEvent, progress
from ..failure import failed
from .schedule import Pace

#: Steps that loss and PSNR are means of.
_window = 50
_least_seconds = 0.5
#: Stretches of steps that the speed is measured over.
_stretches = 4

Clock = Callable[[], float]


class Figures:
    def __init__(self, now: Clock = time.monotonic) -> None:
        self._now = now
        self._losses: deque[Tensor] = deque(maxlen=_window)
        self._errors: deque[Tensor] = deque(maxlen=_window)
        self._told = -math.inf
        self._marks: deque[tuple[float, int]] = deque(maxlen=_stretches + 1)

    def add(self, loss: Tensor, mse: Tensor) -> None:
        self._losses.append(loss.detach())
        self._errors.append(mse)

    def mark(self, step: int) -> None:
        """The beginning of training or the end of a stretch of steps."""
        self._marks.append((self._now(), step))

    def seconds_per_step(self, step: int) -> float | None:
        """Over the last stretches; None before there is anything to measure."""
        start, first = self._marks[0] if self._marks else (0.0, step)
        return (self._now() - start) / (step - first) if step > first else None

    def event(
        self, pace: Pace, splats: int, width_px: int, height_px: int, seconds_left: float | None
    ) -> JobEvent | None:
        """The event that is due; None while the last is fresh.

        :raises JobFailed: the loss is no number any more
        """
        is_last = pace.is_over
        if not self._losses or (self._now() - self._told < _least_seconds and not is_last):
            return None
        loss, mse = (float(torch.stack(list(values)).mean()) for values in (self._losses, self._errors))
        if not math.isfinite(loss):
            raise failed(
                "cloud-failed", "Training went astray: its loss is no number any more.", retryable=True
            )
        self._told = self._now()
        seconds = self.seconds_per_step(pace.step)
        figures: dict[str, Any] = {
            "splats": splats,
            "widthPx": width_px,
            "heightPx": height_px,
            "loss": loss,
            "trainPsnrDb": -10 * math.log10(max(mse, 1e-10)),
            "heldOutPsnrDb": None,
            "stepsPerSecond": 1 / seconds if seconds else 0.0,
        }
        return progress("train", pace.step, pace.total, "steps", seconds_left, figures)
