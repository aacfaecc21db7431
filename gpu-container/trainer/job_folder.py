"""Where a job's photos and results lie while it is computed.

Invariant: a job's folder is inside the worker's, whatever the server calls the job, and nobody else on the machine may read it.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

#: A job that was left in the middle and did not come back for so long will not.
stale_seconds = 24 * 3600.0


@dataclass(frozen=True)
class JobFolder:
    path: Path

    @property
    def photos(self) -> Path:
        return self.path / "photos"

    @property
    def checked(self) -> Path:
        """The photos that can be used."""
        return self.path / "photos-checked"

    @property
    def solve(self) -> Path:
        """The camera solver's; its dataset is in it."""
        return self.path / "solve"

    @property
    def out(self) -> Path:
        return self.path / "out"

    @property
    def checkpoint(self) -> Path:
        return self.path / "checkpoint.bin"

    @property
    def preview(self) -> Path:
        return self.path / "preview.splat"

    def make(self) -> None:
        """:raises OSError:"""
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.out.mkdir(exist_ok=True)
        self.photos.mkdir(exist_ok=True)
        os.utime(self.path)

    def remove(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)


def job_folder(work: Path, job_id: str) -> JobFolder | None:
    """The places of a job. None for a name that is none of a folder."""
    return JobFolder(work / job_id) if re.fullmatch(r"[A-Za-z0-9_-]{1,80}", job_id) else None


def remove_stale(work: Path, now_seconds: float | None = None) -> int:
    """Removes folders of jobs that were left in the middle and did not come back. Gives back how many."""
    now = time.time() if now_seconds is None else now_seconds
    removed = 0
    with contextlib.suppress(OSError):
        for entry in list(os.scandir(work)):
            folder = job_folder(work, entry.name)
            is_there = folder is not None and entry.is_dir(follow_symlinks=False)
            if folder and is_there and now - entry.stat().st_mtime >= stale_seconds:
                folder.remove()
                removed += 1
    return removed
