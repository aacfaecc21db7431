"""How a job ends, and which end an error means.

Invariant: every end that the cloud does not know of already is told to it; no path of this machine is in what it is told.
"""

from __future__ import annotations

import errno
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from .events import JobEvent
from .failure import Failure, JobFailed, failed
from .protocol import Lost, Refused, Unreachable
from .stop import Reason, Stopped

_detail_length = 2000

#: lost: the attempt is somebody else's, or over, or the cloud was away for too long. interrupted: this machine is taken away.
EndKind = Literal["completed", "cancelled", "lost", "interrupted", "failed"]


@dataclass(frozen=True)
class End:
    kind: EndKind
    #: In words, for the person at the machine.
    detail: str = ""
    #: Only of "failed".
    failure: JobFailed | None = None


def failed_end(failure: JobFailed) -> End:
    return End("failed", failure.failure["detail"], failure)


def _reason_end(reason: Reason, max_seconds: float) -> End:
    if reason != "out-of-time":
        return End(reason)
    minutes = f"{max_seconds / 60:.0f} minutes" if max_seconds >= 90 else f"{max_seconds:.0f} s"
    return failed_end(
        failed("cloud-failed", f"It was not finished within the {minutes} that the cloud allows.")
    )


def end_of(error: BaseException, reason: Reason | None, max_seconds: float) -> End:
    """What an error that ended the work means for the job. `reason`: of the stop that was asked for, which goes before what came of it."""
    if reason is not None:
        return _reason_end(reason, max_seconds)
    match error:
        case Stopped():
            return _reason_end(error.reason, max_seconds)
        case JobFailed():
            return failed_end(error)
        case Lost() | Unreachable():
            return End("lost", str(error))
        case Refused():
            return failed_end(
                failed("cloud-failed", f"The cloud has refused a call: {error}", retryable=True)
            )
        case MemoryError():
            return failed_end(failed("out-of-memory", "The machine has too little memory for this job."))
        case OSError() if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return failed_end(failed("storage-full", "There is no room on this machine's disk for this job."))
    # A bug: the machine's fault, not the photos'.
    words = f"The trainer broke off ({type(error).__name__})."
    return failed_end(failed("cloud-failed", words, retryable=True))


def scrubbed(failure: Failure, folder: Path) -> Failure:
    """Without the folder that the job lies in, and no longer than the protocol takes."""

    def relative(text: str) -> str:
        return text.replace(f"{folder}/", "").replace(str(folder), "the job")

    clean: Failure = {**failure, "detail": relative(failure["detail"])[:_detail_length]}
    if "file" in failure:
        clean["file"] = relative(failure["file"])
    return clean


def scrubbed_event(event: JobEvent, folder: Path) -> JobEvent:
    return {**event, "failure": scrubbed(event["failure"], folder)} if "failure" in event else event
