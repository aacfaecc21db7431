"""The guarded process that decodes photos, as seen from outside.

Invariant: one process for many photos, and another one after it has died; a photo that breaks it, or takes too long, costs only itself.
"""

from __future__ import annotations

import contextlib
import json
import threading
import time
from typing import Any

from .python_child import ChildLines, kill_child, start_child
from .stop import Stop

_start_seconds = 60.0
_poll_seconds = 0.1


class PhotoGuard:
    """`ended`: nobody waits for an answer any more."""

    def __init__(self, stop: Stop, ended: threading.Event, seconds_each: float) -> None:
        self._stop, self._ended, self._seconds_each = stop, ended, seconds_each
        self._process: Any = None
        self._lines: Any = None

    def _line(self, seconds: float) -> bytes | None:
        """None: it has died, or its time is over, or everybody's."""
        until = time.monotonic() + seconds
        while not (
            self._stop.is_set or self._ended.is_set() or self._lines.has_ended or time.monotonic() >= until
        ):
            line: bytes | None = self._lines.next(_poll_seconds)
            if line is not None:
                return line
        return None

    def _start(self) -> None:
        self._process = start_child("photo_check_child")
        self._lines = ChildLines(self._process)
        if self._line(_start_seconds) is None and not (self._stop.is_set or self._ended.is_set()):
            raise RuntimeError("The process that decodes photos cannot be started.")

    def ask(self, request: dict[str, str]) -> dict[str, Any] | None:
        """None: the photo broke the process, or took too long."""
        if self._process is None:
            self._start()
        line = None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
            line = self._line(self._seconds_each)
        if line is None:
            self.close()
            return None
        said: dict[str, Any] = json.loads(line)
        return said

    def close(self) -> None:
        if self._process is not None:
            kill_child(self._process)
            self._process = None
