"""Events on their way: order, numbers, pace, signs of life and ends."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from trainer.contract import EventsAnswer, TrainerEvent
from trainer.protocol import Lost, Refused, Unreachable
from trainer.sender import Outbox, Pace, Sender
from trainer.stop import Stopped

_stage: dict[str, Any] = {"type": "stage-started", "stage": "train"}
_warning: dict[str, Any] = {"type": "warning", "failure": {"code": "partial", "detail": "One was left out."}}


def _step(done: int, stage: str = "train") -> dict[str, Any]:
    return {
        "type": "progress",
        "stage": stage,
        "done": done,
        "total": 9,
        "unit": "steps",
        "secondsLeft": None,
    }


def _shape(events: list[TrainerEvent]) -> list[tuple[int, Any]]:
    return [(each["seq"], each["event"].get("done", each["event"]["type"])) for each in events]


# The clock of the outbox is what it is told.


def test_events_are_numbered_on_from_what_the_cloud_has() -> None:
    box = Outbox(41, 60, 0, Pace())
    for event in (_stage, _warning, _step(1)):
        box.push(event, 5)
    assert box.due() == 1
    batch = box.take(1)
    assert _shape(batch) == [(42, "stage-started"), (43, "warning"), (44, 1)]
    assert batch[0]["t"] == 5
    box.took(3, 44, 60)
    box.push(_stage, 6)
    assert box.due() == 2
    assert _shape(box.take(2)) == [(45, "stage-started")]


def test_of_progress_only_the_newest_of_a_row_is_kept() -> None:
    box = Outbox(0, 60, 0, Pace())
    for done in range(10_000):
        box.push(_step(done), 0)
    box.push(_warning, 0)
    box.push(_step(10_000), 0)
    box.push(_step(1, "evaluate"), 0)
    box.push(_step(2, "evaluate"), 0)
    assert _shape(box.take(1)) == [(1, 9999), (2, "warning"), (3, 10_000), (4, 2)]


def test_a_sign_of_life_goes_every_15_seconds_and_sooner_for_a_short_lease() -> None:
    box = Outbox(0, 3600, 0, Pace())
    assert box.due() == 15
    assert box.take(15) == []
    box.took(0, 0, 9)
    assert box.due() == 18
    box.took(0, 0, -5)
    assert box.due() == 16


def test_many_events_go_in_batches_that_the_protocol_takes() -> None:
    box = Outbox(0, 60, 0, Pace())
    for _ in range(450):
        box.push(_warning, 0)
    batches = []
    while len(box) > 0:
        batches.append(box.take(0))
        box.took(len(batches[-1]), 0, 60)
    assert [(len(each), each[-1]["seq"]) for each in batches] == [(200, 200), (200, 400), (50, 450)]


def test_numbers_that_the_cloud_had_already_are_not_given_again() -> None:
    box = Outbox(0, 60, 0, Pace())
    box.push(_stage, 0)
    box.take(1)
    box.took(1, 7, 60)
    box.push(_stage, 0)
    assert _shape(box.take(2)) == [(8, "stage-started")]


# The sender, at a pace that tests can wait for.

_fast = Pace(between_seconds=0.02, heartbeat_seconds=0.1)
#: Without a sign of life between what a test does, however slow the machine is.
_calm = Pace(between_seconds=0.02, heartbeat_seconds=60)


class Desk:
    """A cloud that answers what it is told to, and keeps what it was sent."""

    def __init__(self, pace: Pace = _calm, last_seq: int = 0) -> None:
        self.sent: list[list[TrainerEvent]] = []
        self.at: list[float] = []
        self.log: list[str] = []
        self.gate = threading.Event()
        self.gate.set()
        self.next: EventsAnswer | Exception | None = None
        self.running = 0
        lease_ms = 1000 * (time.time() + 60)
        claim: Any = {"leaseUntil": lease_ms, "lastSeq": last_seq}
        self.sender = Sender(self, claim, lambda: self.log.append("cancel"), self.log.append, pace)

    def events(self, events: list[TrainerEvent]) -> EventsAnswer:
        self.running += 1
        assert self.running == 1
        self.sent.append(events)
        self.at.append(time.monotonic())
        assert self.gate.wait(30)
        self.running -= 1
        given, self.next = self.next, None
        if isinstance(given, Exception):
            raise given
        return given or self.good()

    def good(self, cancel: bool = False) -> EventsAnswer:
        return {"cancel": cancel, "leaseUntil": 1000 * (time.time() + 60), "lastSeq": 0}


def _until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_events_go_together_and_requests_keep_their_distance() -> None:
    desk = Desk(Pace(0.1, 15), last_seq=41)
    for event in (_stage, _warning, _step(1)):
        desk.sender.push(event)
    _until(lambda: len(desk.sent) == 1)
    desk.sender.push(_stage)
    desk.sender.push(_warning)
    _until(lambda: len(desk.sent) == 2)
    desk.sender.end()
    assert _shape(desk.sent[0]) == [(42, "stage-started"), (43, "warning"), (44, 1)]
    assert _shape(desk.sent[1]) == [(45, "stage-started"), (46, "warning")]
    assert desk.at[1] - desk.at[0] >= 0.1


def test_without_events_there_are_signs_of_life() -> None:
    desk = Desk(_fast)
    _until(lambda: len(desk.sent) >= 3)
    desk.sender.end()
    assert desk.sent[:3] == [[], [], []]
    assert all(later - sooner >= 0.1 for sooner, later in zip(desk.at, desk.at[1:], strict=False))


def test_while_nobody_answers_there_is_one_request_and_memory_does_not_grow() -> None:
    desk = Desk()
    desk.gate.clear()
    desk.sender.push(_step(1))
    _until(lambda: len(desk.sent) == 1)
    for done in range(2, 10_000):
        desk.sender.push(_step(done))
    time.sleep(0.2)
    assert len(desk.sent) == 1
    desk.gate.set()
    _until(lambda: len(desk.sent) == 2)
    desk.sender.end()
    assert _shape(desk.sent[1]) == [(2, 9999)]


def test_a_cancelled_job_is_told_once_and_nothing_is_sent_after_it() -> None:
    desk = Desk()
    desk.next = desk.good(cancel=True)
    desk.sender.push(_stage)
    _until(lambda: desk.log == ["cancel"])
    desk.sender.push(_warning)
    time.sleep(0.2)
    assert desk.log == ["cancel"]
    assert len(desk.sent) == 1


@pytest.mark.parametrize(
    ("error", "log"),
    [
        (Lost(409, "held", "Somebody else holds it."), ["Somebody else holds it."]),
        (Unreachable("Nobody answered for too long."), ["Nobody answered for too long."]),
        (Stopped("cancelled"), []),
        (ZeroDivisionError("a bug"), ["The events could not be told."]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_after_an_end_nothing_is_sent_any_more(error: Exception, log: list[str]) -> None:
    desk = Desk()
    desk.next = error
    desk.sender.push(_stage)
    _until(lambda: len(desk.sent) == 1)
    time.sleep(0.2)
    desk.sender.push(_warning)
    desk.sender.pause()
    desk.sender.resume()
    time.sleep(0.15)
    assert len(desk.sent) == 1
    assert desk.log == log


def test_events_that_are_refused_are_left_out_and_their_numbers_go_to_the_next(
    caplog: pytest.LogCaptureFixture,
) -> None:
    desk = Desk()
    desk.next = Refused(400, "bad", "What is this?")
    desk.sender.push(_warning)
    _until(lambda: len(desk.sent) == 1)
    desk.sender.push(_stage)
    _until(lambda: len(desk.sent) == 2)
    desk.sender.end()
    assert [_shape(each) for each in desk.sent] == [[(1, "warning")], [(1, "stage-started")]]
    assert "The cloud did not take 1 events: What is this?" in caplog.text


def test_a_pause_sends_what_waits_and_is_silent_until_it_is_over() -> None:
    desk = Desk(Pace(between_seconds=30, heartbeat_seconds=30))
    for _ in range(201):
        desk.sender.push(_warning)
    begin = time.monotonic()
    desk.sender.pause()
    assert time.monotonic() - begin < 10
    assert [len(each) for each in desk.sent] == [200, 1]
    time.sleep(0.1)
    assert len(desk.sent) == 2
    desk.sender.end()


def test_after_a_pause_signs_of_life_go_on() -> None:
    desk = Desk(_fast)
    desk.sender.pause()
    count = len(desk.sent)
    time.sleep(0.25)
    assert len(desk.sent) == count
    desk.sender.resume()
    _until(lambda: len(desk.sent) > count)
    desk.sender.end()


def test_a_pause_waits_for_the_request_that_is_under_way() -> None:
    desk = Desk()
    desk.gate.clear()
    desk.sender.push(_stage)
    _until(lambda: len(desk.sent) == 1)
    threading.Timer(0.2, desk.gate.set).start()
    begin = time.monotonic()
    desk.sender.pause()
    assert time.monotonic() - begin > 0.1
    assert desk.running == 0
    desk.sender.end()
