"""Previews and checkpoints on their way to the cloud while the work goes on.

Invariant: one file at a time; of a kind only the newest that waits is sent. One that does not arrive is no matter.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from .contract import OutputKind
from .made_file import MadeFile

log = logging.getLogger(__name__)

#: Makes the file when its turn has come; None: there is none after all.
Make = Callable[[], MadeFile | None]


class Courier:
    """Sends from a thread of its own."""

    def __init__(self, put: Callable[[MadeFile], None]) -> None:
        """`put`: brings one file there, or raises."""
        self._put = put
        self._waiting: dict[OutputKind, tuple[Make, Callable[[], None] | None]] = {}
        self._is_ended = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="courier", daemon=True)
        self._thread.start()

    def send(self, kind: OutputKind, make: Make, arrived: Callable[[], None] | None = None) -> None:
        """`arrived` is called from the courier's thread when it is there, unless the end has come before."""
        with self._changed:
            if not self._is_ended:
                self._waiting[kind] = (make, arrived)
                self._changed.notify_all()

    def end(self, seconds: float) -> None:
        """No other is begun. Waits so long for the one under way."""
        with self._changed:
            self._is_ended = True
            self._waiting.clear()
            self._changed.notify_all()
        self._thread.join(seconds)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._is_ended or self._waiting)
                if self._is_ended:
                    return
                # Kinds in turn, so that none waits for ever.
                kind = next(iter(self._waiting))
                make, arrived = self._waiting.pop(kind)
            self._send_one(kind, make, arrived)

    def _send_one(self, kind: OutputKind, make: Make, arrived: Callable[[], None] | None) -> None:
        try:
            file = make()
            if file is None:
                return
            self._put(file)
        except Exception as error:  # noqa: BLE001 (whatever it is: the job is not the worse for it)
            log.info("The %s was not sent: %s", kind, error)
            return
        with self._changed:
            is_told = not self._is_ended
        if arrived is not None and is_told:
            arrived()
