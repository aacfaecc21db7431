"""The last that the cloud hears of a job that has not ended well.

Invariant: it has a line of its own, for the job's has been stopped; and a machine that is taken away does not wait for an answer for ever.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from .ends import End, scrubbed
from .failure import Failure
from .made_file import MadeFile
from .protocol import JobClient
from .stop import Stop
from .uploads import put_files
from .watch import Watch

#: A machine that is taken away gives no longer.
_hurried_seconds = 45.0


@contextmanager
def _patience(outer: Stop, is_hurried: bool) -> Iterator[Stop]:
    """A stop that is set when there is no more time, or when the worker is to end."""
    stop = Stop()
    if not is_hurried:
        with Watch(outer, stop):
            yield stop
        return
    timer = threading.Timer(_hurried_seconds, lambda: stop.set("interrupted"))
    timer.daemon = True
    timer.start()
    try:
        yield stop
    finally:
        timer.cancel()


def _told(end: End) -> tuple[Failure, bool]:
    if end.failure is not None:
        return end.failure.failure, end.failure.is_retryable
    detail = "The machine was taken away; another attempt goes on from its checkpoint."
    return {"code": "cancelled", "detail": detail}, True


def tell_end(
    end: End,
    *,
    connect: Callable[[Stop], JobClient],
    checkpoint: Callable[[], MadeFile | None],
    folder: Path,
    gpu_seconds: float,
    outer: Stop,
    note: Callable[[str], None],
) -> bool:
    """Tells of an end that is "failed" or "interrupted"; of the latter with the checkpoint.

    :param outer: of the worker
    :return: another attempt will be made
    :raises Lost, Refused, Unreachable, Stopped:
    """
    failure, retryable = _told(end)
    is_hurried = end.kind == "interrupted" or outer.is_set
    with _patience(outer, is_hurried) as stop, connect(stop) as client:
        if end.kind == "interrupted":
            try:
                file = checkpoint()
                if file is not None:
                    put_files(client, [file])
            except Exception as error:  # noqa: BLE001 (without it the next attempt only takes longer)
                note(f"The checkpoint did not reach the cloud: {error}")
        return client.fail(scrubbed(failure, folder), retryable, gpu_seconds)
