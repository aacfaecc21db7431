"""What can go wrong with a job, as src/core/job/failure.ts names it.

Invariant: the codes are those of the protocol's schema; whatever else is raised is a bug.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NotRequired, TypedDict

FailureCode = Literal[
    "too-few-photos",
    "blurry",
    "exposure-shift",
    "low-texture",
    "repeated-structure",
    "no-baseline",
    "split",
    "partial",
    "unplaceable",
    "gpu-missing",
    "gpu-lost",
    "out-of-memory",
    "storage-full",
    "bad-file",
    "offline",
    "cloud-unreachable",
    "cloud-refused",
    "cloud-failed",
    "cloud-expired",
    "cancelled",
]


class Failure(TypedDict):
    code: FailureCode
    #: One English sentence with the particulars; no path of this machine.
    detail: str
    file: NotRequired[str]
    photos: NotRequired[list[str]]


#: The machine was at fault, so that another attempt may go better. Of all others the photos were.
RETRYABLE: frozenset[FailureCode] = frozenset(
    {"gpu-missing", "gpu-lost", "out-of-memory", "storage-full", "cancelled"}
)


@dataclass
class JobFailed(Exception):
    """Ends a job with a failure that the person is told of."""

    failure: Failure
    #: None: as the code says.
    retryable: bool | None = None

    def __str__(self) -> str:
        return f"{self.failure['code']}: {self.failure['detail']}"

    @property
    def is_retryable(self) -> bool:
        return self.failure["code"] in RETRYABLE if self.retryable is None else self.retryable


def failed(code: FailureCode, detail: str, *, retryable: bool | None = None, **more: object) -> JobFailed:
    """The exception of one failure; `more`: file, photos."""
    return JobFailed({"code": code, "detail": detail, **more}, retryable)  # type: ignore[typeddict-item]
