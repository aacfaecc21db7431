"""The trainer's end of src/core/job/trainerApi.ts: one method per call.

Invariant: a call that got no answer is made again with growing pauses until half an hour past the lease, so that a cloud that is started
again in the middle of a job does it no harm; the token goes to the API's origin and nowhere else.
"""

from __future__ import annotations

import math
import os
import random as random_numbers
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar, cast
from urllib.parse import quote, urljoin

import httpx

from .connection_notes import ConnectionNotes
from .contract import (
    ClaimAnswer,
    EventsAnswer,
    Manifest,
    OutputFile,
    OutputPlace,
    OutputsAnswer,
    PullAnswer,
    PullRequest,
    TrainerEvent,
    TrainerMetrics,
    TrainSpec,
)
from .failure import Failure
from .signature import signature_of
from .stop import Stop
from .transport import Line, Lost, NoAnswer, Refused, Reply
from .waiting import backoff_seconds
from .wire import body_of, read_answer

__all__ = ["PATIENCE_SECONDS", "JobClient", "Lost", "Refused", "Unreachable", "pull"]

#: After the lease, while a server that is away is still asked. By then one that is back has given the job to another.
PATIENCE_SECONDS = 30 * 60.0
_answer_seconds = 30.0
#: A call for work may be held open for waitSeconds.
_pull_seconds = 50.0
_piece_bytes = 256 * 1024
_precondition_failed = 412

T = TypeVar("T")


class Unreachable(Exception):
    """The cloud has not answered until long past the lease."""


def pull(line: Line, origin: str, token: str, request: PullRequest) -> PullAnswer | None:
    """Asks for work; None when there is none. One try.

    :raises NoAnswer, Lost, Refused, Stopped:
    """
    headers = {"content-type": "application/json", "authorization": f"Bearer {token}"}
    reply = line.ask("POST", f"{origin}/internal/v1/worker/claim", headers, body_of(request), _pull_seconds)
    return None if reply.status == 204 else cast(PullAnswer, read_answer("PullAnswer", reply))


class JobClient:
    """The calls of one attempt; may be used by several threads. Every call ends at once with Stopped when `stop` is set.

    Every call raises Lost (the attempt is not ours any more), Refused (the same call will not work), Unreachable (nobody answered until
    half an hour past the lease) or Stopped.
    """

    def __init__(
        self,
        spec: TrainSpec,
        *,
        stop: Stop,
        origin: str | None = None,
        transport: httpx.BaseTransport | None = None,
        now: Callable[[], float] = time.time,
        random: Callable[[], float] = random_numbers.random,
        wait: Callable[[float], object] | None = None,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        """`origin`: in place of the spec's apiBase. `now`: seconds since 1970. `wait`: pauses so many seconds, or until the stop."""
        self.spec = spec
        self.origin = (origin or spec["apiBase"]).rstrip("/")
        self.stop = stop
        self.random = random
        self.wait: Callable[[float], object] = wait or stop.wait
        self._now = now
        self._patience_seconds = patience_seconds
        self._line = Line(stop, transport)
        self._notes = ConnectionNotes(self.origin)
        #: Milliseconds since 1970; past it the job may be given to another.
        self.lease_until_ms = 1000 * now()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._line.close()

    def claim(self, external_id: str, holder: str) -> ClaimAnswer:
        """`holder`: random for every start of the trainer."""
        answer: ClaimAnswer = self._post(
            "claim", {"externalId": external_id, "holder": holder}, "ClaimAnswer"
        )
        self.lease_until_ms = answer["leaseUntil"]
        return answer

    def manifest(self) -> Manifest:
        return self.persistently(
            lambda: cast(Manifest, read_answer("Manifest", self._once("GET", "manifest", None)))
        )

    def events(self, events: list[TrainerEvent]) -> EventsAnswer:
        answer: EventsAnswer = self._post("events", {"events": events}, "EventsAnswer")
        self.lease_until_ms = answer["leaseUntil"]
        return answer

    def outputs(self, files: list[OutputFile]) -> OutputsAnswer:
        answer: OutputsAnswer = self._post("outputs", {"outputs": files}, "OutputsAnswer")
        return answer

    def complete(self, files: list[OutputFile], metrics: TrainerMetrics) -> None:
        """:raises Refused: with status 422 and the kinds in its body that are not there as announced"""
        self._post("complete", {"outputs": files, "metrics": metrics}, None)

    def fail(self, failure: Failure, retryable: bool, gpu_seconds: float) -> bool:
        """True: another attempt will be made."""
        body = {"failure": failure, "retryable": retryable, "gpuSeconds": gpu_seconds}
        return bool(self._post("fail", body, "FailAnswer")["willRetry"])

    def upload(self, place: OutputPlace, path: Path) -> None:
        """Puts a file, read as it is sent; one that is there already is left as it is."""
        given = {k: v for k, v in place["headers"].items() if k.lower() not in ("content-length", "host")}
        url = self._address(place["url"])

        def once() -> None:
            with path.open("rb") as file:
                headers = {**given, "content-length": str(os.fstat(file.fileno()).st_size)}
                self._line.put(url, headers, _pieces(file.read))

        try:
            self.persistently(once)
        except Refused as refused:
            # Whether it is the right one is looked at when the job is completed.
            if refused.status != _precondition_failed:
                raise

    def download(self, url: str) -> AbstractContextManager[Iterator[bytes]]:
        """One try: the bytes of a file of the manifest. Raises NoAnswer in place of Unreachable, on entry and while it is read."""
        return self._line.download(self._address(url))

    def is_over_patience(self) -> bool:
        return 1000 * self._now() > self.lease_until_ms + 1000 * self._patience_seconds

    def persistently(self, once: Callable[[], T]) -> T:
        """Again and again while nobody answers.

        :raises Unreachable: until half an hour past the lease
        """
        failures = 0
        while True:
            self.stop.check()
            try:
                answer = once()
            except NoAnswer as no:
                failures += 1
                self._notes.failed(no.detail)
                if self.is_over_patience():
                    raise Unreachable(no.detail) from None
                self.wait(backoff_seconds(failures, self.random(), no.wish_seconds))
            except (Lost, Refused):
                self._notes.worked()
                raise
            else:
                self._notes.worked()
                return answer

    def _address(self, url: str) -> str:
        """Of a file; a relative one is the API's.

        :raises Refused: it cannot be read
        """
        try:
            return urljoin(f"{self.origin}/", url)
        except ValueError:
            raise Refused(0, "bad-address", "An address that cannot be read was given.") from None

    def _post(self, call: str, fields: Mapping[str, object], answer: str | None) -> Any:
        body = body_of({"attempt": self.spec["attempt"], **fields})

        return self.persistently(lambda: read_answer(answer, self._once("POST", call, body)))

    def _once(self, method: str, call: str, body: bytes | None) -> Reply:
        """One signed try."""
        path = f"/internal/v1/jobs/{quote(self.spec['jobId'], safe='')}/{call}"
        signature = signature_of(self.spec["secret"], math.floor(self._now()), method, path, body or b"")
        headers = {"authorization": f"Bearer {self.spec['token']}", "x-splat-signature": signature}
        if body is not None:
            headers["content-type"] = "application/json"
        return self._line.ask(method, self.origin + path, headers, body, _answer_seconds)


def _pieces(read: Callable[[int], bytes]) -> Iterator[bytes]:
    while piece := read(_piece_bytes):
        yield piece
