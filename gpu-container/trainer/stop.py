"""Why a job is to end before it is done, told to whatever is under way.

Invariant: the first reason stays; setting another changes nothing. May be set from any thread or from a signal handler.
"""

from __future__ import annotations

import contextlib
import threading
from dataclasses import dataclass, field
from typing import Literal

#: cancelled: nobody wants it any more. interrupted: this machine is taken away (SIGTERM). lost: another trainer holds the job.
#: out-of-time: the job's own limit is over.
Reason = Literal["cancelled", "interrupted", "lost", "out-of-time"]


@dataclass
class Stopped(Exception):
    """Raised by Stop.check() in the middle of the work, and nowhere caught but where a job ends."""

    reason: Reason

    def __str__(self) -> str:
        return f"stopped: {self.reason}"


def _closed_gate() -> threading.Lock:
    gate = threading.Lock()
    gate.acquire()
    return gate


@dataclass
class Stop:
    reason: Reason | None = None
    #: Held until it is set. An Event's own lock is not safe in a signal handler: the thread that is interrupted may hold it.
    _gate: threading.Lock = field(default_factory=_closed_gate)

    def set(self, reason: Reason) -> None:
        if self.reason is None:
            self.reason = reason
            with contextlib.suppress(RuntimeError):
                self._gate.release()

    @property
    def is_set(self) -> bool:
        return self.reason is not None

    def wait(self, seconds: float) -> bool:
        """Waits so long, or until it is set; true when it is."""
        if self._gate.acquire(timeout=max(0.0, min(seconds, threading.TIMEOUT_MAX))):
            with contextlib.suppress(RuntimeError):
                self._gate.release()
        return self.is_set

    def check(self) -> None:
        """:raises Stopped: when it is set"""
        if self.reason is not None:
            raise Stopped(self.reason)
