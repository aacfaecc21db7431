"""How far COLMAP has come: rows of a table while it fills it, for its log does not tell pairs.

Invariant: it reads from another process than COLMAP's. Two copies of SQLite in one process undo each other's locks (closing
a file drops all locks that the process has on it), and the database is lost. COLMAP writes ahead to a log, so that reading holds up nobody.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from .events import Emit, progress

_every_seconds = 0.25
_tables = {"features": "keypoints", "pairs": "two_view_geometries"}


class RowCounter:
    def __init__(self, database: Path, emit: Emit) -> None:
        self._database, self._emit = database, emit
        self._wanted: Mapping[str, Any] | None = None
        self._stage, self._last, self._next = "", 0, 0.0

    def count(self, wanted: Mapping[str, Any] | None) -> None:
        """From now on the rows of a stage: {stage, total, unit}; None: of none."""
        self._wanted = wanted
        if wanted is not None:
            self._stage, self._last = str(wanted["stage"]), 0

    def has_told(self, event: Mapping[str, Any]) -> bool:
        """Whether this is progress that was counted already: the stage's own end tells its total too."""
        if event["type"] != "progress" or event["stage"] != self._stage:
            return False
        return 0 < int(event["done"]) <= self._last

    def poll(self) -> None:
        """Tells the count when it has risen. Asks the database four times a second at most."""
        now = time.monotonic()
        if self._wanted is None or now < self._next:
            return
        self._next = now + _every_seconds
        stage, total = self._wanted["stage"], int(self._wanted["total"])
        done = min(self._rows(_tables[stage]), total)
        if done > self._last:
            self._last = done
            self._emit(progress(stage, done, total, self._wanted["unit"]))

    def _rows(self, table: str) -> int:
        """0 where the table is not there yet, or the disk is busy."""
        where = f"{self._database.absolute().as_uri()}?mode=ro"
        with (
            suppress(sqlite3.Error),
            closing(sqlite3.connect(where, uri=True, timeout=_every_seconds)) as reader,
        ):
            return int(reader.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608 (a constant)
        return 0
