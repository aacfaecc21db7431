"""`python -m trainer pull`: asks a cloud for jobs and does them, one after another. No port is opened.

Invariant: one job at a time; a wish to end is passed on to the job, which keeps what it has and tells the cloud before the worker leaves.
"""

from __future__ import annotations

import json
import logging
import random
import secrets
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..connection_notes import ConnectionNotes
from ..contract import PullAnswer, PullRequest
from ..events import JobEvent
from ..job_folder import remove_stale
from ..protocol import Lost, Refused, pull
from ..signals import interrupted_code, stopping_on_signals
from ..stop import Stop, Stopped
from ..transport import Line, NoAnswer
from ..waiting import backoff_seconds
from .pull_args import PullCommand, parse_pull
from .pull_environment import with_environment

if TYPE_CHECKING:
    from ..ends import End

log = logging.getLogger(__name__)

done_code, failed_code = 0, 1

_wait_seconds = 20.0
#: Between two questions at least, for a cloud that does not hold them open.
_between_seconds = 2.0
#: After a job that came to nothing, so that the same trouble does not come round at once.
_after_trouble_seconds = 5.0

#: Does one job; ends early when the stop is set.
DoJob = Callable[[PullAnswer, Stop], "End"]

_end_words = {
    "completed": "done",
    "cancelled": "cancelled",
    "lost": "left",
    "interrupted": "interrupted; another attempt goes on from its checkpoint",
    "failed": "failed",
}


def jobs_folder(work: Path) -> Path:
    """Everything in it that is old is removed, so it is one that nobody else has, whatever --work is."""
    return work / "splat-jobs"


def _print_event(event: JobEvent) -> None:
    sys.stdout.write(f"{json.dumps(event)}\n")
    sys.stdout.flush()


def _job_doer(command: PullCommand, holder: str) -> DoJob:
    """The real one. Read when it is needed: it brings much with it."""
    from ..job import Workplace, run_job

    def do(answer: PullAnswer, stop: Stop) -> End:
        workplace = Workplace(
            work=jobs_folder(command.work),
            holder=holder,
            engine=command.engine,
            emit=_print_event if command.json else lambda _: None,
            note=log.info,
            stop=stop,
            preset=command.preset,
            steps=command.steps,
            max_splats=command.max_splats,
            width_px=command.width_px,
            origin=command.api,
        )
        return run_job(answer, workplace)

    return do


class _Worker:
    def __init__(self, command: PullCommand, token: str, holder: str, do_job: DoJob, stop: Stop) -> None:
        self.command, self.token, self.holder, self.do_job, self.stop = command, token, holder, do_job, stop
        self.line = Line(stop)
        self.notes = ConnectionNotes(command.api)
        self.failures = 0
        self.idle_since = time.monotonic()

    def run(self) -> int:
        log.info("Waiting for jobs of %s as %s.", self.command.api, self.command.worker_id)
        code: int | None = None
        try:
            while code is None:
                self.stop.check()
                code = self._once()
        except Stopped:
            return interrupted_code
        return code

    def _once(self) -> int | None:
        """One question and what comes of it; the exit code when it is the end."""
        asked = time.monotonic()
        try:
            answer = self._ask()
        except (NoAnswer, Lost, Refused) as no:
            if isinstance(no, Lost) and no.status in (401, 403):
                log.error(
                    "%s does not take the worker token in %s.", self.command.api, self.command.token_file
                )
                return failed_code
            self._be_patient(no)
            answer = None
        if answer is not None:
            return self._work(answer)
        remove_stale(jobs_folder(self.command.work))
        if (
            self.command.idle_exit_seconds is not None
            and time.monotonic() - self.idle_since >= self.command.idle_exit_seconds
        ):
            return done_code
        self.stop.wait(max(0.0, asked + _between_seconds - time.monotonic()))
        return None

    def _ask(self) -> PullAnswer | None:
        wait_seconds = min(
            _wait_seconds,
            _wait_seconds if self.command.idle_exit_seconds is None else self.command.idle_exit_seconds,
        )
        request: PullRequest = {
            "workerId": self.command.worker_id,
            "instance": self.holder,
            "gpuClass": self.command.gpu_class,
            "waitSeconds": wait_seconds,
        }
        answer = pull(self.line, self.command.api, self.token, request)
        self.failures = 0
        self.notes.worked()
        return answer

    def _be_patient(self, no: NoAnswer | Lost | Refused) -> None:
        """Nobody there, or somebody else: said once, and then patience."""
        self.failures += 1
        self.notes.failed(str(no))
        wish_seconds = no.wish_seconds if isinstance(no, NoAnswer) else None
        self.stop.wait(backoff_seconds(self.failures, random.random(), wish_seconds))

    def _work(self, answer: PullAnswer) -> int | None:
        spec = answer["spec"]
        log.info("%s: preset %s, attempt %d.", spec["jobId"], spec["preset"], spec["attempt"])
        begin = time.monotonic()
        end = self.do_job(answer, self.stop)
        why = f": {end.detail}" if end.detail else ""
        log.info("%s: %s after %.0f s%s", spec["jobId"], _end_words[end.kind], time.monotonic() - begin, why)
        if self.command.once:
            return (
                failed_code if end.kind == "failed" else interrupted_code if self.stop.is_set else done_code
            )
        self.idle_since = time.monotonic()
        if end.kind in ("lost", "failed"):
            self.stop.wait(_after_trouble_seconds)
        return None


def _read_token(path: Path) -> str | None:
    """The worker's token; None, after a word, when there is none."""
    try:
        token = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        log.error("Cannot read %s: %s.", path, getattr(error, "strerror", None) or "it is no text")
        return None
    # What a header can carry.
    if token == "" or not token.isascii() or not token.isprintable():
        log.error("%s holds no worker token.", path)
        return None
    return token


def _make_work(work: Path) -> bool:
    """Makes the worker's folder, which nobody else may read: it holds people's photos."""
    try:
        work.mkdir(parents=True, exist_ok=True, mode=0o700)
        jobs_folder(work).mkdir(exist_ok=True, mode=0o700)
    except OSError as error:
        log.error("Cannot make %s: %s.", work, error.strerror or error)
        return False
    return True


def main(argv: Sequence[str], do_job: DoJob | None = None) -> int:
    """Runs until it is to leave. `do_job`: in place of the real one.

    :return: 0 done, 1 the job has failed or the token is wrong, 2 wrong arguments, 130 interrupted
    """
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        command = parse_pull(with_environment(argv))
    except SystemExit as leaving:
        return int(leaving.code or 0)
    token = _read_token(command.token_file)
    if token is None or not _make_work(command.work):
        return failed_code
    holder, stop = secrets.token_hex(16), Stop()
    with stopping_on_signals(stop, log.info):
        return _Worker(command, token, holder, do_job or _job_doer(command, holder), stop).run()
