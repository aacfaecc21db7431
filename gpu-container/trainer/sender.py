"""The job's events on their way to the cloud, and a sign of life when there are none.

Invariant: at most one request at a time and one a second; an event that was numbered keeps its number until the cloud has it. Of progress
that could not be sent yet only the newest of a row is kept, so a cloud that is away for hours costs no memory.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from .contract import ClaimAnswer, EventsAnswer, TrainerEvent
from .events import JobEvent
from .protocol import Lost, Refused, Unreachable
from .stop import Stopped

log = logging.getLogger(__name__)

_batch_size = 200


@dataclass(frozen=True)
class Pace:
    between_seconds: float = 1.0
    #: The longest silence; a third of the lease when that is sooner.
    heartbeat_seconds: float = 15.0


class EventsCall(Protocol):
    """What a sender needs of JobClient."""

    def events(self, events: list[TrainerEvent]) -> EventsAnswer: ...


class Outbox:
    """What waits to be sent, and when. Told the time by whoever calls: `at` in seconds of a clock that never goes back."""

    def __init__(self, last_seq: int, lease_seconds: float, at: float, pace: Pace) -> None:
        self._queue: deque[tuple[float, JobEvent]] = deque()
        self._pace = pace
        self._seq = last_seq
        self._last_sent = at
        self._beat_seconds = self._beat_of(lease_seconds)

    def __len__(self) -> int:
        return len(self._queue)

    def _beat_of(self, lease_seconds: float) -> float:
        return max(self._pace.between_seconds, min(self._pace.heartbeat_seconds, lease_seconds / 3))

    def push(self, event: JobEvent, t_ms: float) -> None:
        last = self._queue[-1][1] if self._queue else None
        is_row = last is not None and event["type"] == last["type"] == "progress"
        if is_row and last is not None and last["stage"] == event["stage"]:
            self._queue.pop()
        self._queue.append((t_ms, event))

    def due(self) -> float:
        """When the next request is to go."""
        return self._last_sent + (self._pace.between_seconds if self._queue else self._beat_seconds)

    def take(self, at: float) -> list[TrainerEvent]:
        """The next batch, numbered; empty for a sign of life."""
        self._last_sent = at
        batch = [self._queue.popleft() for _ in range(min(_batch_size, len(self._queue)))]
        return [{"seq": self._seq + 1 + i, "t": t, "event": event} for i, (t, event) in enumerate(batch)]

    def took(self, count: int, last_seq: int, lease_seconds: float) -> None:
        """The cloud has the batch. Of one that it refused the numbers go to the next."""
        self._seq = max(self._seq + count, last_seq)
        self._beat_seconds = self._beat_of(lease_seconds)


class Sender:
    """Sends from a thread of its own. The two callbacks are called from there, one of them and once."""

    def __init__(
        self,
        client: EventsCall,
        claim: ClaimAnswer,
        on_cancel: Callable[[], None],
        on_lost: Callable[[str], None],
        pace: Pace | None = None,
    ) -> None:
        """`claim`: as it was answered. `on_lost` is given why: another holds the attempt, or the cloud was away for too long."""
        self._client, self._on_cancel, self._on_lost = client, on_cancel, on_lost
        left_seconds = claim["leaseUntil"] / 1000 - time.time()
        self._outbox = Outbox(claim["lastSeq"], left_seconds, time.monotonic(), pace or Pace())
        self._state: Literal["open", "paused", "ended"] = "open"
        self._is_under_way = False
        self._changed = threading.Condition()
        threading.Thread(target=self._run, name="sender", daemon=True).start()

    def push(self, event: JobEvent) -> None:
        with self._changed:
            if self._state != "ended":
                self._outbox.push(event, 1000 * time.time())
                self._changed.notify_all()

    def pause(self) -> None:
        """Sends what is waiting and then keeps silent until resume(). Returns when it is silent."""
        with self._changed:
            if self._state == "open":
                self._state = "paused"
            self._changed.notify_all()
            self._changed.wait_for(
                lambda: not self._is_under_way and (self._state != "paused" or not self._outbox)
            )

    def resume(self) -> None:
        with self._changed:
            if self._state == "paused":
                self._state = "open"
            self._changed.notify_all()

    def end(self) -> None:
        """Nothing is sent any more. Does not wait for a request that is under way."""
        with self._changed:
            self._state = "ended"
            self._changed.notify_all()

    def _next_batch(self) -> list[TrainerEvent] | None:
        """Waits until the next batch is to go; None at the end."""
        with self._changed:
            while self._state != "ended":
                at = time.monotonic()
                # A pause sends what is left without looking at the clock.
                if self._outbox if self._state == "paused" else at >= self._outbox.due():
                    self._is_under_way = True
                    return self._outbox.take(at)
                self._changed.wait(None if self._state == "paused" else self._outbox.due() - at)
        return None

    def _run(self) -> None:
        while (batch := self._next_batch()) is not None:
            call_back = self._send(batch)
            with self._changed:
                self._is_under_way = False
                self._changed.notify_all()
            if call_back is not None:
                call_back()

    def _send(self, batch: list[TrainerEvent]) -> Callable[[], None] | None:
        """Sends one batch; what is to be called when it was the last."""
        try:
            answer = self._client.events(batch)
        except Refused as refused:
            log.warning("The cloud did not take %d events: %s", len(batch), refused.message)
            return None
        except Stopped:
            return self._ended(None)
        except (Lost, Unreachable) as no:
            detail = str(no)
            return self._ended(lambda: self._on_lost(detail))
        except Exception:
            # Without a sign of life the lease would run out while the work goes on.
            log.exception("The events could not be told.")
            return self._ended(lambda: self._on_lost("The events could not be told."))
        with self._changed:
            left_seconds = answer["leaseUntil"] / 1000 - time.time()
            self._outbox.took(len(batch), answer["lastSeq"], left_seconds)
        return self._ended(self._on_cancel) if answer["cancel"] else None

    def _ended(self, call_back: Callable[[], None] | None) -> Callable[[], None] | None:
        with self._changed:
            was_ended = self._state == "ended"
            self._state = "ended"
            self._changed.notify_all()
        return None if was_ended else call_back
