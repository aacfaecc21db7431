"""Which of the photos are photos: each is decoded in a guarded process before anything else touches it.

Invariant: the folder that comes out holds only photos that were decoded to their last pixel, upright and of a kind that COLMAP reads; the
folder that went in is left as it was. A bad photo is a warning, and ends nothing.
"""

from __future__ import annotations

import contextlib
import os
import queue
import shutil
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .events import Emit, progress, stage_started, warning
from .failure import Failure, JobFailed
from .photo_guard import PhotoGuard
from .stop import Stop

least_photos = 3
#: On the clock, for a photo; the child's own limit is on the CPU.
_seconds_each = 120.0
_poll_seconds = 0.1
_most_lanes = 4
#: Every warning is kept by the cloud: a folder of rubbish must not fill its record.
_most_warnings = 20
_most_named = 50
_suffixes = {".jpg", ".jpeg", ".png", ".webp", ".heic", ".heif", ".avif", ".tif", ".tiff"}


@dataclass(frozen=True)
class PhotoReport:
    #: Where the usable photos are, and nothing else.
    folder: Path
    #: Their names there, in order; another name than before only where the kind of file is another.
    usable: list[str]
    dropped: list[Failure]


@dataclass(frozen=True)
class _Task:
    name: str
    photo: Path
    #: Of the photo as it is, and of the JPEG that takes its place.
    kept: Path
    rewritten: Path


@dataclass(frozen=True)
class _Verdict:
    #: None: the photo is dropped.
    name: str | None
    why: str = ""


def _place(source: Path, target: Path) -> None:
    """A second name for the same bytes, or a copy where the disk has none."""
    target.unlink(missing_ok=True)
    try:
        target.hardlink_to(source.resolve())
    except OSError:
        shutil.copyfile(source, target)


def _judge(guard: PhotoGuard, task: _Task) -> _Verdict:
    """:raises OSError: the disk, which is no fault of the photo"""
    said = guard.ask({"photo": str(task.photo), "target": str(task.rewritten)})
    if said is None:
        task.rewritten.with_name(f"{task.rewritten.name}.part").unlink(missing_ok=True)
        return _Verdict(None, "It cannot be decoded within the memory and time that a photo may take.")
    if not said["ok"]:
        if "errno" in said:
            raise OSError(said["errno"], said["why"])
        return _Verdict(None, said["why"])
    if said["written"]:
        return _Verdict(task.rewritten.name)
    _place(task.photo, task.kept)
    return _Verdict(task.kept.name)


def _tasks(folder: Path, into: Path) -> list[_Task]:
    names = sorted(
        path.name
        for path in folder.iterdir()
        if path.suffix.lower() in _suffixes and path.is_file() and path.name[0] != "."
    )
    taken = set(names)
    tasks = []
    for name in names:
        path = Path(name)
        jpeg = name if path.suffix.lower() in (".jpg", ".jpeg") else f"{path.stem}.jpg"
        if jpeg != name and jpeg in taken:
            jpeg = f"{path.stem}-{path.suffix[1:]}.jpg"
        taken.add(jpeg)
        tasks.append(_Task(name, folder / name, into / name, into / jpeg))
    return tasks


class _Lanes:
    """Several guards side by side."""

    def __init__(self, tasks: Sequence[_Task], stop: Stop, lanes: int, seconds_each: float) -> None:
        self._ended = threading.Event()
        self._todo: queue.SimpleQueue[_Task] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[tuple[str, _Verdict | Exception]] = queue.SimpleQueue()
        for task in tasks:
            self._todo.put(task)
        self._threads = [
            threading.Thread(
                target=self._lane, args=(PhotoGuard(stop, self._ended, seconds_each),), daemon=True
            )
            for _ in range(min(lanes, len(tasks)))
        ]
        for thread in self._threads:
            thread.start()

    def _lane(self, guard: PhotoGuard) -> None:
        try:
            while not self._ended.is_set():
                try:
                    task = self._todo.get_nowait()
                except queue.Empty:
                    return
                try:
                    self._done.put((task.name, _judge(guard, task)))
                except Exception as error:  # noqa: BLE001 (raised again where it is waited for)
                    self._done.put((task.name, error))
        finally:
            guard.close()

    def next(self, stop: Stop) -> tuple[str, _Verdict]:
        """:raises Stopped: and whatever a lane has met with"""
        while True:
            stop.check()
            with contextlib.suppress(queue.Empty):
                name, verdict = self._done.get(timeout=_poll_seconds)
                stop.check()
                if isinstance(verdict, Exception):
                    raise verdict
                return name, verdict

    def close(self) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()


def _tell(dropped: Sequence[Failure], emit: Emit) -> None:
    for failure in dropped[:_most_warnings]:
        emit(warning(failure))
    rest = [failure["file"] for failure in dropped[_most_warnings:]]
    if rest:
        detail = f"{len(rest)} more files are no photos that can be read."
        emit(warning({"code": "bad-file", "detail": detail, "photos": rest[:_most_named]}))


def _require_enough(usable: Sequence[str], dropped: Sequence[Failure]) -> None:
    if len(usable) >= least_photos:
        return
    count = "1 photo" if len(usable) == 1 else f"{len(usable)} photos"
    cannot = f" {len(dropped)} cannot." if dropped else ""
    names = [failure["file"] for failure in dropped][:_most_named]
    failure: Failure = {
        "code": "too-few-photos",
        "detail": f"{count} can be read; at least {least_photos} are needed.{cannot}",
    }
    if names:
        failure["photos"] = names
    raise JobFailed(failure)


def check_photos(
    folder: Path,
    emit: Emit,
    stop: Stop,
    *,
    into: Path | None = None,
    lanes: int | None = None,
    seconds_each: float = _seconds_each,
) -> PhotoReport:
    """Decodes every photo of `folder` and brings the good ones into `into` (default: beside it, FOLDER-checked), which holds nothing else
    then. Tells the stage "read".

    :raises JobFailed: too-few-photos
    :raises Stopped, OSError:
    """
    into = into or folder.with_name(f"{folder.name}-checked")
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir(parents=True)
    tasks = _tasks(folder, into)
    emit(stage_started("read"))
    verdicts: dict[str, _Verdict] = {}
    running = _Lanes(tasks, stop, lanes or min(_most_lanes, os.cpu_count() or 1), seconds_each)
    try:
        for _ in tasks:
            name, verdict = running.next(stop)
            verdicts[name] = verdict
            emit(progress("read", len(verdicts), len(tasks), "photos"))
    finally:
        running.close()
    usable = sorted(verdict.name for verdict in verdicts.values() if verdict.name is not None)
    dropped: list[Failure] = [
        {"code": "bad-file", "detail": f"{task.name}: {verdicts[task.name].why}", "file": task.name}
        for task in tasks
        if verdicts[task.name].name is None
    ]
    _tell(dropped, emit)
    _require_enough(usable, dropped)
    return PhotoReport(into, usable, dropped)
