"""A job's checkpoint between its attempts: brought from the last one, sent for the next one.

Invariant: what is brought is gone on from only when it is of the same photos; what is sent can be gone on from on another machine.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .checkpoint_bundle import pack, read_facts, unpack
from .download import fetch_checkpoint
from .job_folder import JobFolder
from .kept_solve import keep_solve, kept_solve
from .made_file import MadeFile, made_file
from .order_facts import keep_facts
from .protocol import JobClient
from .solve import Solved
from .stop import Stop
from .undistort import photos_model

#: Between two that are sent while training goes on.
every_seconds = 300.0
#: A larger one would be on its way for as long as it saves.
most_bytes = 1_000_000_000

_model_files = ("cameras.bin", "images.bin", "points3D.bin")


#: (photos, model, work, stop) -> dataset
Undistort = Callable[[Path, Path, Path, Stop], Path]


class CheckpointLine:
    def __init__(
        self, folder: JobFolder, undistort: Undistort, now: Callable[[], float] = time.monotonic
    ) -> None:
        """`undistort`: makes the dataset of cameras that were found elsewhere."""
        self._folder, self._undistort, self._now = folder, undistort, now
        self._facts: dict[str, Any] | None = None
        self._solved: Solved | None = None
        self._next_at = 0.0
        self._sent: tuple[int, int] | None = None

    def begin(self, facts: dict[str, Any], solved: Solved) -> None:
        """Training is about to begin. `facts`: what makes two runs the same run."""
        self._facts, self._solved = facts, solved
        self._next_at = self._now() + every_seconds

    def _state(self) -> tuple[int, int] | None:
        """Of the file, another one whenever it has been written."""
        try:
            stat = self._folder.checkpoint.stat()
        except OSError:
            return None
        return (stat.st_mtime_ns, stat.st_size) if 0 < stat.st_size <= most_bytes else None

    def is_due(self) -> bool:
        """True once for every checkpoint that is to be sent."""
        state = self._state() if self._facts is not None and self._now() >= self._next_at else None
        if state is None or state == self._sent:
            return False
        self._sent, self._next_at = state, self._now() + every_seconds
        return True

    def make(self) -> MadeFile | None:
        """The checkpoint with its cameras, as one file; None when there is none.

        :raises OSError:
        """
        if self._facts is None or self._solved is None or self._state() is None:
            return None
        model = photos_model(self._solved.dataset)
        files = {f"model/{name}": model / name for name in _model_files}
        fields = {**dataclasses.asdict(self._solved), "dataset": ""}
        path = self._folder.path / "checkpoint.tar"
        pack(
            path, {"run": self._facts, "solved": fields}, {"checkpoint.bin": self._folder.checkpoint, **files}
        )
        return made_file("checkpoint", path)

    def restore(self, client: JobClient, photos_key: str, stop: Stop, note: Callable[[str], None]) -> None:
        """Brings the last attempt's, unless this machine has begun these photos itself.

        :raises JobFailed: storage-full
        :raises OSError, Stopped, Lost, Refused, Unreachable:
        """
        folder = self._folder
        if kept_solve(folder.solve, photos_key) is not None:
            return
        path = folder.path / "brought.tar"
        if not fetch_checkpoint(client, client.manifest(), path, stop):
            return
        facts = read_facts(path)
        is_ours = facts is not None and facts.get("run", {}).get("photos") == photos_key
        if facts is not None and is_ours and self._take(path, facts, photos_key, stop):
            note("The cameras of an earlier attempt are here; its training is gone on from where it fits.")
        path.unlink(missing_ok=True)

    def _take(self, path: Path, facts: dict[str, Any], photos_key: str, stop: Stop) -> bool:
        folder = self._folder
        model = folder.solve / "brought"
        places = {f"model/{name}": model / name for name in _model_files}
        if not unpack(path, {"checkpoint.bin": folder.checkpoint, **places}):
            folder.checkpoint.unlink(missing_ok=True)
            return False
        dataset = self._undistort(folder.checked, model, folder.solve, stop)
        try:
            solved = Solved(**{**facts["solved"], "dataset": dataset, "seconds": {}})
        except (KeyError, TypeError):
            return False
        keep_solve(folder.solve, photos_key, solved)
        keep_facts(folder, facts["run"])
        return True
