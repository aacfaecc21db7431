"""The process that solves: options in (one JSON line), events and the result out (JSON lines).

Invariant: it says how it ended in its last line, `solved` or `failed`, unless it was killed or crashed; it ends when its parent does.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO

import pycolmap

from .camera_groups import CameraGroup, group_cameras
from .colmap_report import ReportParts, report_of
from .events import Stage, Unit, progress, stage_started, warning
from .failure import JobFailed, failed
from .mapping import Mapped, map_cameras
from .pairs import PairPlan, plan_pairs
from .pinhole_dataset import write_pinhole_dataset
from .python_child import leave_with_parent
from .solve_database import extract, match, open_folder
from .solve_facts import read_facts
from .solve_options import SolveOptions
from .solve_outcome import left_out, require_cameras, require_enough, warnings_of
from .tidy_frame import tidy
from .undistort import given_model_name
from .whole_file import write_whole


class _Solving:
    def __init__(self, options: SolveOptions, out: TextIO) -> None:
        self._options, self._out = options, out
        self._lock = threading.Lock()
        self._seconds: dict[str, float] = {}
        folder = options.photos_folder
        self._names = sorted(path.name for path in folder.iterdir() if path.is_file() and path.name[0] != ".")

    def say(self, **message: Any) -> None:
        with self._lock:
            print(json.dumps(message), file=self._out, flush=True)

    @contextmanager
    def _stage(self, stage: Stage, total: int, unit: Unit) -> Iterator[Callable[[int], None]]:
        """Gives what takes the count; what it tells never falls, and is the total in the end."""
        self.say(event=stage_started(stage))
        begun, last = time.monotonic(), -1

        def tell(done: int) -> None:
            nonlocal last
            done = min(done, total)
            if done > last:
                last = done
                self.say(event=progress(stage, done, total, unit))

        tell(0)
        yield tell
        tell(total)
        self._seconds[stage] = round(time.monotonic() - begun, 3)

    @contextmanager
    def _counted(self, stage: Stage, total: int, unit: Unit) -> Iterator[None]:
        """A stage that the parent counts in the database; see row_counter.py."""
        with self._stage(stage, total, unit):
            self.say(count={"stage": stage, "total": total, "unit": unit})
            yield
            self.say(count=None)

    def run(self) -> None:
        groups, unreadable = group_cameras(self._options.photos_folder, self._names)
        require_enough(len(self._names), unreadable)
        plan = self._match(groups)
        with self._stage("cameras", len(self._names), "cameras") as told:
            mapped = map_cameras(self._options, len(self._names), told)
        facts = read_facts(self._options.database, self._names, unreadable, mapped.models)
        require_cameras(facts)
        out = left_out(facts)
        for each in warnings_of(out, facts):
            self.say(event=warning(each))
        self._write(mapped)
        parts = ReportParts(self._options, groups, plan, mapped, facts, out, self._seconds)
        report = report_of(parts)
        write_whole(self._options.work_folder / "solve.json", json.dumps(report, indent=2) + "\n")
        self.say(solved={**report, "unplaced": [each.photo for each in out]})

    def _match(self, groups: list[CameraGroup]) -> PairPlan:
        readable = [name for group in groups for name in group.photos]
        open_folder(self._options, readable)
        with self._counted("features", len(readable), "photos"):
            extract(self._options, groups)
        has_tree = self._options.vocab_tree is not None
        plan = plan_pairs(len(readable), self._options.exhaustive_most, has_tree=has_tree)
        with self._counted("pairs", plan.most_pairs, "pairs"):
            match(self._options, plan)
        return plan

    def _write(self, mapped: Mapped) -> None:
        """The model of the photos as they are, and the dataset of ideal ones."""
        work, model = self._options.work_folder, mapped.models[0]
        tidy(model)
        folder = work / given_model_name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        model.write(str(folder))
        with self._stage("photos", mapped.placed, "photos") as told:
            threads = self._options.num_threads
            write_pinhole_dataset(self._options.photos_folder, folder, work / "dataset", told, threads)


def _failure_of(error: BaseException) -> JobFailed | None:
    """None: a bug, or COLMAP's own: a crash like any other."""
    if isinstance(error, JobFailed):
        return error
    words = str(error).lower()
    if isinstance(error, MemoryError) or "bad_alloc" in words or "out of memory" in words:
        return failed("out-of-memory", "There is too little memory to find the cameras of these photos.")
    if "no space left" in words or "disk is full" in words:
        return failed("storage-full", "There is no room on this machine's disk for this job.")
    return None


def main() -> None:
    options = SolveOptions.from_json(sys.stdin.buffer.readline().decode())
    # COLMAP and what it is built of write where they like; the lines of ours are kept apart.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    threading.Thread(target=leave_with_parent, daemon=True).start()
    pycolmap.logging.minloglevel = int(pycolmap.logging.WARNING)
    solving = _Solving(options, out)
    try:
        solving.run()
    except Exception as error:
        failure = _failure_of(error)
        if failure is None:
            raise
        solving.say(failed={"failure": failure.failure, "retryable": failure.retryable})
    out.flush()
    # Threads of COLMAP that are still about must not turn a good end into a crash.
    os._exit(0)


if __name__ == "__main__":
    main()
