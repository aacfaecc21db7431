"""A job that a provider hands over, as RunPod, Modal and Replicate do.

Invariant: the job runs in a thread of its own. What a provider raises or signals in the main thread only stops it, and it is waited for,
so that the checkpoint is kept and the cloud is told.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, cast

from ..contract import ContractError, PullAnswer, TrainSpec, check
from ..stop import Stop

if TYPE_CHECKING:
    from ..ends import End

log = logging.getLogger(__name__)

#: Does one job; ends early when the stop is set.
DoJob = Callable[[PullAnswer, Stop], "End"]

#: A job that is stopped sends its checkpoint and says so; most providers give less, and end the process then.
_last_words_seconds = 60.0
_look_seconds = 0.2


@dataclass(frozen=True)
class Outcome:
    """What a provider is told; the cloud has been told already."""

    end: str
    #: In words; None when nothing is wrong, as for a job that is somebody else's or not wanted any more.
    error: str | None = None
    #: The machine was at fault, or has been taken away: the next job had better have a new one.
    wants_new_machine: bool = False


def work_folder() -> Path:
    """SPLAT_WORK, or a folder among the system's temporary ones."""
    return Path(os.environ.get("SPLAT_WORK") or Path(tempfile.gettempdir()) / "splat-trainer")


def really_do(answer: PullAnswer, stop: Stop) -> End:
    """Read when it is needed: it brings much with it."""
    from ..job import Workplace, run_job
    from ..job_folder import remove_stale

    work = work_folder()
    work.mkdir(parents=True, exist_ok=True, mode=0o700)
    remove_stale(work)
    return run_job(answer, Workplace(work=work, holder=secrets.token_hex(16), note=log.info, stop=stop))


def outcome_of(end: End) -> Outcome:
    match end.kind:
        case "failed":
            failure = end.failure
            code = failure.failure["code"] if failure else "cloud-failed"
            return Outcome("failed", f"{code}: {end.detail}", failure is None or failure.is_retryable)
        case "interrupted":
            return Outcome("interrupted", "interrupted: the machine is taken away", wants_new_machine=True)
    return Outcome(end.kind)


@contextmanager
def _stopping_on_sigterm(stop: Stop) -> Iterator[None]:
    """Whoever listened before hears it too, after the job. Does nothing but in the main thread."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard: list[FrameType | None] = []

    def handle(number: int, frame: FrameType | None) -> None:
        heard.append(frame)
        stop.set("interrupted")

    before = signal.signal(signal.SIGTERM, handle)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
        if heard and callable(before):
            before(signal.SIGTERM, heard[0])


def do_job(given: object, external_id: str, do: DoJob = really_do) -> Outcome:
    """Does one job to its end. `external_id`: the provider's name of the run, empty when it is not known. `do`: in place of the real one.

    :raises BaseException: what the provider raised in this thread meanwhile, after the job has ended; and a bug of the job
    """
    try:
        check("TrainSpec", given)
    except ContractError as error:
        return Outcome("failed", f"bad-file: the order is not as it should be: {error}")
    answer: PullAnswer = {"spec": cast(TrainSpec, given), "externalId": external_id}
    stop, ends, bugs = Stop(), list["End"](), list[BaseException]()
    # Not Thread.join: one that an exception breaks off takes a thread that still runs for ended.
    over = threading.Event()

    def work() -> None:
        try:
            ends.append(do(answer, stop))
        except BaseException as bug:  # noqa: BLE001 - raised again where it is waited for
            bugs.append(bug)
        finally:
            over.set()

    thread = threading.Thread(target=work, name="job", daemon=True)
    with _stopping_on_sigterm(stop):
        thread.start()
        try:
            while not over.wait(_look_seconds):
                pass
        except BaseException:
            stop.set("interrupted")
            over.wait(_last_words_seconds)
            raise
    if bugs:
        raise bugs[0]
    return outcome_of(ends[0])


def main(argv: Sequence[str], door: str, do: DoJob = really_do) -> int:
    """`python -m trainer modal|replicate`: the order on standard input, the outcome on standard output, both as JSON.

    :return: 0 nothing is wrong, 1 failed, 2 wrong usage
    """
    if argv:
        print(
            f"python -m trainer {door}: takes an order (TrainSpec, JSON) on standard input and no arguments",
            file=sys.stderr,
        )
        return 0 if argv[0] in ("-h", "--help") else 2
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        given = json.load(sys.stdin)
    except ValueError:
        print("The order on standard input is no JSON.", file=sys.stderr)
        return 2
    outcome = do_job(given, "", do)
    print(json.dumps({"end": outcome.end, **({"error": outcome.error} if outcome.error else {})}))
    return 1 if outcome.error else 0
