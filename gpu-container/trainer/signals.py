"""Ctrl-C and the system's requests to end, as one wish to stop.

Invariant: the first one sets the stop, and the program ends in its own time; the next one ends it at once.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from .stop import Stop

interrupted_code = 130
_signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
#: One key press may arrive twice: from the terminal, and from whoever passes it on.
_same_press_seconds = 0.5


@contextmanager
def stopping_on_signals(stop: Stop, note: Callable[[str], None] = lambda line: None) -> Iterator[None]:
    """Within the block. Only in the main thread."""
    first: list[float] = []

    def handle(number: int, frame: FrameType | None) -> None:
        if not first:
            first.append(time.monotonic())
            stop.set("interrupted")
            note("Stopping as soon as what there is has been kept; once more leaves at once.")
        elif time.monotonic() - first[0] >= _same_press_seconds:
            # What it has started ends with it.
            os._exit(interrupted_code)

    before = {number: signal.signal(number, handle) for number in _signals}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
