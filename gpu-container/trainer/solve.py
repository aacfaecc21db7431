"""From photos to cameras: COLMAP in a process of its own, and what comes of it.

Invariant: the process has ended when `solve` returns or raises; a dataset is there only when it was solved. Features and matches stay in
the work folder, so that the same photos solved again go on from them.
"""

from __future__ import annotations

import json
import os
import signal
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal

from .events import Emit
from .failure import JobFailed, failed
from .python_child import ChildLines, kill_child, start_child
from .row_counter import RowCounter
from .solve_options import SolveOptions
from .stop import Stop

_poll_seconds = 0.1
_words_length = 2000
#: Every pair of so many photos is compared; that of more takes too long even on a GPU.
exhaustive_most = 200
#: COLMAP's own figures on a GPU. On the CPU the large image makes features slow and gives little.
_gpu_side_px, _cpu_side_px = 3200, 1600
_most_features = 8192
vocab_tree_variable = "SPLAT_VOCAB_TREE"


@dataclass(frozen=True)
class Solved:
    #: COLMAP model with PINHOLE cameras and its photos: images/, sparse/0/*.bin
    dataset: Path
    registered: int
    total: int
    #: Pixels of the photos as they were given.
    mean_reprojection_error_px: float
    points: int
    unplaced: list[str]
    #: given: the cameras came with the photos.
    mapper: Literal["global", "incremental", "given"]
    #: By stage: features, pairs, cameras, photos.
    seconds: dict[str, float]


def find_vocab_tree() -> str | None:
    """The file that SPLAT_VOCAB_TREE names, when it is there."""
    path = os.environ.get(vocab_tree_variable)
    return path if path and Path(path).is_file() else None


def _crash(code: int, words: str) -> JobFailed:
    """What became of a process that could not say how it ended. It may go better: on a machine with more memory, or another GPU."""
    if code == -signal.SIGKILL:
        failure = failed(
            "out-of-memory", "The machine ended the camera solver, most likely because its memory ran out."
        )
    else:
        how = f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"
        failure = failed("cloud-failed", f"The camera solver broke off ({how}).", retryable=True)
    if words:
        failure.add_note(words)
    return failure


def _last_words(errors: IO[bytes]) -> str:
    size = errors.seek(0, os.SEEK_END)
    errors.seek(max(0, size - _words_length))
    return errors.read().decode("utf-8", "replace").strip()


def _listen(
    process: Any, options: SolveOptions, emit: Emit, stop: Stop, counts: bool
) -> dict[str, Any] | None:
    """Its result; None: it ended without one.

    :raises JobFailed, Stopped:
    """
    with suppress(BrokenPipeError):
        process.stdin.write(options.to_json().encode() + b"\n")
        process.stdin.flush()
    lines, counter = ChildLines(process), RowCounter(options.database, emit)
    while True:
        stop.check()
        counter.poll()
        line = lines.next(_poll_seconds)
        if line is None:
            if lines.has_ended:
                return None
            continue
        message = json.loads(line)
        if "event" in message:
            if not counter.has_told(message["event"]):
                emit(message["event"])
        elif "count" in message:
            counter.count(message["count"] if counts else None)
        elif "failed" in message:
            raise JobFailed(message["failed"]["failure"], message["failed"]["retryable"])
        elif "solved" in message:
            solved: dict[str, Any] = message["solved"]
            return solved


def _end_code(process: Any) -> int:
    """Of a process that has closed its output, and so is about to end."""
    with suppress(Exception):
        return int(process.wait(timeout=10))
    return kill_child(process)


def _run(options: SolveOptions, emit: Emit, stop: Stop, counts: bool) -> dict[str, Any]:
    with tempfile.TemporaryFile() as errors:
        process = start_child("solve_child", errors=errors.fileno())
        try:
            solved = _listen(process, options, emit, stop, counts)
            if solved is None:
                code = _end_code(process)
                stop.check()
                raise _crash(code, _last_words(errors))
            return solved
        finally:
            kill_child(process)


def solve(
    photos: Path,
    work: Path,
    emit: Emit,
    stop: Stop,
    *,
    seed: int = 0,
    threads: int | None = None,
    use_gpu: bool,
    features: int = _most_features,
    exhaustive_most: int = exhaustive_most,
) -> Solved:
    """Finds the cameras of all photos in a folder that holds nothing else (check_photos leaves one). Tells the stages features, pairs,
    cameras and photos. Leaves in `work`: dataset/, solve.json, photos-model/ (the cameras of the photos as given, with their lens).

    :param features: at most, of a photo
    :param exhaustive_most: with more photos not every pair is compared
    :raises JobFailed: too-few-photos, low-texture, no-baseline, split or unplaceable of the photos; out-of-memory, storage-full or, when
        COLMAP crashed, cloud-failed, all of which may be tried again
    :raises Stopped, OSError:
    """
    work.mkdir(parents=True, exist_ok=True)
    options = SolveOptions(
        photos=str(photos.absolute()),
        work=str(work.absolute()),
        seed=seed,
        threads=threads,
        use_gpu=use_gpu,
        features=features,
        working_side_px=_gpu_side_px if use_gpu else _cpu_side_px,
        exhaustive_most=exhaustive_most,
        vocab_tree=find_vocab_tree(),
    )
    try:
        solved = _run(options, emit, stop, counts=True)
    except JobFailed as crash:
        if crash.failure["code"] != "cloud-failed":
            raise
        # Counting reads the database while COLMAP opens and writes it, and was seen to be in its way on a busy machine. What is in the
        # database is gone on from, uncounted.
        solved = _run(options, emit, stop, counts=False)
    return Solved(
        dataset=work / "dataset",
        registered=solved["registered"],
        total=solved["photos"],
        mean_reprojection_error_px=solved["meanReprojectionErrorPhotoPx"],
        points=solved["points"],
        unplaced=solved["unplaced"],
        mapper=solved["mapper"],
        seconds=solved["secondsByStage"],
    )
