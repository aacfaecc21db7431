"""Ends a job when its worker is to end, or when its time is over.

Invariant: it sets the job's stop and no other; it is gone when its block is left.
"""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import Self

from .stop import Stop

_poll_seconds = 0.1


class Watch:
    def __init__(self, outer: Stop, inner: Stop) -> None:
        """`outer`: of the worker. `inner`: of the job."""
        self._outer, self._inner = outer, inner
        self._end: float | None = None
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_over.set()
        self._thread.join()

    def limit(self, seconds: float | None) -> None:
        """From now on the job has so long; None: as long as it takes."""
        self._end = None if seconds is None else time.monotonic() + seconds

    def _run(self) -> None:
        while not self._is_over.is_set():
            if self._outer.wait(_poll_seconds):
                return self._inner.set(self._outer.reason or "interrupted")
            end = self._end
            if end is not None and time.monotonic() >= end:
                return self._inner.set("out-of-time")
