"""The calls of an attempt against a cloud over real HTTP: what is sent, what each answer means, patience, and stops."""

from __future__ import annotations

import hashlib
import json
import logging
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import fake_cloud
import httpx
import pytest
from fake_cloud import ADDRESS_SECRET, WORKER_TOKEN, FakeCloud, FakeJob, Fault, Seen

from trainer.contract import OutputFile, OutputPlace, TrainerMetrics, TrainSpec
from trainer.protocol import JobClient, Lost, Refused, Unreachable, pull
from trainer.stop import Stop, Stopped
from trainer.transport import Line, NoAnswer
from trainer.waiting import backoff_seconds

_metrics: TrainerMetrics = {
    "engine": "test", "device": "none", "photos": 3, "registered": 3, "splats": 10, "steps": 7, "psnrDb": None,
    "ssim": None, "gpuSeconds": 1.5, "secondsByStage": {"train": 1.0},
}  # fmt: skip


@pytest.fixture
def job(cloud: FakeCloud) -> FakeJob:
    return cloud.add_job("job_1", {"000001.jpg": b"photo"})


class Clock:
    """A clock that only pauses move; `waits` are the pauses."""

    def __init__(self) -> None:
        self.passed = 0.0
        self.waits: list[float] = []

    def now(self) -> float:
        return time.time() + self.passed

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.passed += seconds


def _client(
    cloud: FakeCloud, job: FakeJob, clock: Clock | None = None, stop: Stop | None = None
) -> JobClient:
    """Its pauses pass at once; their jitter is the most."""
    clock = clock or Clock()
    spec = cast(TrainSpec, cloud.spec(job))
    return JobClient(spec, stop=stop or Stop(), random=lambda: 1.0, wait=clock.wait)


def _file(path: Path, data: bytes, kind: str = "ply") -> OutputFile:
    path.write_bytes(data)
    return cast(OutputFile, {"kind": kind, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()})


def _body(seen: Seen) -> Any:
    return json.loads(seen.body)


def test_the_whole_of_an_attempt(cloud: FakeCloud, job: FakeJob, tmp_path: Path) -> None:
    data = bytes(range(256)) * 3000
    file = _file(tmp_path / "scene.ply", data)
    with _client(cloud, job) as client:
        before_ms = 1000 * time.time()
        assert client.claim("run-1", "me")["lastSeq"] == 0
        assert client.lease_until_ms > before_ms + 59_000
        assert client.manifest()["images"][0]["name"] == "000001.jpg"
        step = {"type": "preview-ready"}
        assert client.events([{"seq": 1, "t": 5.0, "event": step}])["lastSeq"] == 1
        (place,) = client.outputs([file])["outputs"]
        client.upload(place, tmp_path / "scene.ply")
        client.complete([file], _metrics)
        client.complete([file], _metrics)
    assert (job.state, job.files, job.metrics, job.events) == ("completed", {"ply": data}, _metrics, [step])
    (put,) = cloud.calls("put")
    assert put.headers["content-length"] == str(len(data))
    assert _body(cloud.calls("claim")[0]) == {"attempt": 1, "externalId": "run-1", "holder": "me"}


def test_a_failure_is_told(cloud: FakeCloud, job: FakeJob) -> None:
    client = _client(cloud, job)
    client.claim("", "me")
    assert client.fail({"code": "gpu-lost", "detail": "It fell."}, retryable=True, gpu_seconds=2) is True
    assert job.failures[0]["failure"] == {"code": "gpu-lost", "detail": "It fell."}
    assert (job.attempt, job.state) == (2, "queued")


def test_calls_go_to_the_origin_that_is_given(cloud: FakeCloud, job: FakeJob) -> None:
    spec = cast(TrainSpec, {**cloud.spec(job), "apiBase": "http://192.0.2.1"})
    assert JobClient(spec, stop=Stop(), origin=f"{cloud.origin}/").claim("", "me")["lastSeq"] == 0


def test_a_loss_that_is_no_number_goes_as_null(cloud: FakeCloud, job: FakeJob) -> None:
    client = _client(cloud, job)
    client.claim("", "me")
    figures = {"splats": 1, "widthPx": 2, "heightPx": 3, "loss": float("nan"), "trainPsnrDb": float("inf")}
    event = {
        "type": "progress",
        "stage": "train",
        "done": 1,
        "total": 2,
        "unit": "steps",
        "secondsLeft": None,
    }
    event["figures"] = {**figures, "heldOutPsnrDb": None, "stepsPerSecond": 1.0}
    client.events([{"seq": 1, "t": 0, "event": event}])
    assert job.events[0]["figures"]["loss"] is None


def test_the_cloud_of_these_tests_sees_a_wrong_signature_and_a_wrong_body(
    cloud: FakeCloud, job: FakeJob
) -> None:
    spec = cast(TrainSpec, {**cloud.spec(job), "secret": "00" * 32})
    with pytest.raises(Lost, match=r"\(401\)"):
        JobClient(spec, stop=Stop()).claim("", "me")
    with pytest.raises(Refused, match=r"\(400\)"):
        _client(cloud, job).claim("", "")
    assert len(cloud.violations) == 2
    cloud.violations.clear()


# A cloud that is away.


_backoffs = [
    (1, 1, None, 0.5), (1, 0, None, 0.25), (4, 1, None, 4), (7, 1, None, 30), (1000, 0, None, 15),
    (9, 1, 40, 40.5), (9, 0, 0, 0), (1, 0, 86_400, 600),
]  # fmt: skip


@pytest.mark.parametrize(("failures", "random", "wish", "seconds"), _backoffs)
def test_backoff(failures: int, random: float, wish: float | None, seconds: float) -> None:
    assert backoff_seconds(failures, random, wish) == seconds


_passing = [
    fake_cloud.status(503), fake_cloud.status(500), fake_cloud.status(408), fake_cloud.status(530), fake_cloud.cut(),
    fake_cloud.cut_after(), fake_cloud.cut_body(5), fake_cloud.page(), fake_cloud.other_answer({"hello": 1}),
]  # fmt: skip


@pytest.mark.parametrize("fault", _passing, ids=lambda fault: f"{fault.kind} {fault.status}")
def test_a_call_that_got_no_answer_is_made_again(cloud: FakeCloud, job: FakeJob, fault: Fault) -> None:
    clock = Clock()
    client = _client(cloud, job, clock)
    client.claim("", "me")
    cloud.fault("events", fault, 3)
    event = {"type": "preview-ready"}
    assert client.events([{"seq": 1, "t": 0, "event": event}])["lastSeq"] == 1
    assert len(cloud.calls("events")) == 4
    assert clock.waits == [0.5, 1, 2]
    assert job.events == [event]


def test_a_cloud_that_goes_away_and_comes_back(
    cloud: FakeCloud, job: FakeJob, caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock()

    def wait(seconds: float) -> None:
        clock.wait(seconds)
        if len(clock.waits) == 5:
            cloud.start()

    client = JobClient(cast(TrainSpec, cloud.spec(job)), stop=Stop(), random=lambda: 1.0, wait=wait)
    client.claim("", "me")
    cloud.stop()
    client.events([])
    assert clock.waits == [0.5, 1, 2, 4, 8]
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 2
    assert said[0].startswith(f"{cloud.origin} does not answer: ")
    assert said[1] == f"{cloud.origin} answers again."


def test_a_cloud_is_not_asked_before_the_time_it_names(cloud: FakeCloud, job: FakeJob) -> None:
    clock = Clock()
    client = _client(cloud, job, clock)
    client.claim("", "me")
    cloud.fault("events", fake_cloud.status(429, retry_after="40"))
    cloud.fault("events", fake_cloud.status(503, retry_after="999999"))
    cloud.fault("events", fake_cloud.status(429, retry_after="Fri, 31 Dec 1999 23:59:59 GMT"))
    client.events([])
    assert clock.waits == [40.5, 600.5, 2]


def test_a_cloud_that_stays_away_is_given_up_half_an_hour_past_the_lease(
    cloud: FakeCloud, job: FakeJob
) -> None:
    clock = Clock()
    client = JobClient(
        cast(TrainSpec, cloud.spec(job)), stop=Stop(), now=clock.now, random=lambda: 1.0, wait=clock.wait
    )
    client.claim("", "me")
    cloud.stop()
    with pytest.raises(Unreachable):
        client.events([])
    assert 60 + 1800 < clock.passed < 60 + 1800 + 31


def test_a_call_that_hangs_is_cut() -> None:
    def handler(_: httpx.Request) -> httpx.Response:
        time.sleep(1)
        return httpx.Response(200)

    line = Line(Stop(), httpx.MockTransport(handler))
    with pytest.raises(NoAnswer, match=r"within 0\.2 seconds"):
        line.ask("GET", "http://cloud.test/", {}, None, 0.2)


def test_an_answer_without_an_end_is_cut() -> None:
    def pieces() -> Iterator[bytes]:
        while True:
            yield bytes(1024 * 1024)

    line = Line(Stop(), httpx.MockTransport(lambda _: httpx.Response(200, content=pieces())))
    with pytest.raises(NoAnswer, match="no end"):
        line.ask("GET", "http://cloud.test/", {}, None, 10)


# A cloud that says no.


@pytest.mark.parametrize("code", [401, 403, 404, 409, 410])
def test_an_attempt_that_is_not_ours_is_left_at_once(cloud: FakeCloud, job: FakeJob, code: int) -> None:
    clock = Clock()
    client = _client(cloud, job, clock)
    cloud.fault("claim", fake_cloud.status(code, "Leave."))
    with pytest.raises(Lost) as raised:
        client.claim("", "me")
    assert (raised.value.status, raised.value.code, raised.value.message) == (
        code,
        "fault",
        f"Leave. ({code})",
    )
    assert clock.waits == []


@pytest.mark.parametrize("code", [400, 413, 422, 501])
def test_a_call_that_is_refused_is_not_made_again(cloud: FakeCloud, job: FakeJob, code: int) -> None:
    client = _client(cloud, job)
    client.claim("", "me")
    cloud.fault("complete", fake_cloud.status(code, "ply is not there."))
    with pytest.raises(Refused) as raised:
        client.complete([{"kind": "ply", "bytes": 1, "sha256": "0" * 64}], _metrics)
    assert raised.value.status == code
    assert "ply is not there" in raised.value.body
    assert len(cloud.calls("complete")) == 1


def test_a_second_trainer_of_the_same_attempt_leaves(cloud: FakeCloud, job: FakeJob) -> None:
    _client(cloud, job).claim("", "first")
    with pytest.raises(Lost):
        _client(cloud, job).claim("", "second")
    assert _client(cloud, job).claim("", "first")["lastSeq"] == 0


def test_a_stale_attempt_is_lost(cloud: FakeCloud, job: FakeJob) -> None:
    client = _client(cloud, job)
    client.claim("", "me")
    cloud.take_away(job)
    with pytest.raises(Lost):
        client.events([])


def test_redirects_are_not_followed(cloud: FakeCloud, job: FakeJob, tmp_path: Path) -> None:
    client = _client(cloud, job)
    with FakeCloud() as other:
        cloud.fault("claim", fake_cloud.redirect(f"{other.origin}/internal/v1/jobs/job_1/claim", 307))
        with pytest.raises(Refused, match="leads elsewhere"):
            client.claim("", "me")
        client.claim("", "me")
        file = _file(tmp_path / "a", b"a")
        (place,) = client.outputs([file])["outputs"]
        cloud.fault("put", fake_cloud.redirect(f"{other.origin}/", 308))
        with pytest.raises(Refused):
            client.upload(place, tmp_path / "a")
        assert other.seen == []


# Files.


def test_an_upload_is_made_again_from_its_beginning(cloud: FakeCloud, job: FakeJob, tmp_path: Path) -> None:
    client = _client(cloud, job)
    client.claim("", "me")
    file = _file(tmp_path / "a", b"abc" * 200_000)
    (place,) = client.outputs([file])["outputs"]
    cloud.fault("put", fake_cloud.cut())
    cloud.fault("put", fake_cloud.status(502))
    client.upload(place, tmp_path / "a")
    assert job.files["ply"] == b"abc" * 200_000
    assert len(cloud.calls("put")) == 3


def test_a_file_that_is_there_already_counts_as_put(cloud: FakeCloud, job: FakeJob, tmp_path: Path) -> None:
    client = _client(cloud, job)
    client.claim("", "me")
    (place,) = client.outputs([_file(tmp_path / "a", b"a")])["outputs"]
    cloud.fault("put", fake_cloud.status(412))
    client.upload(place, tmp_path / "a")
    assert job.files == {}


def test_the_address_of_a_file_gets_neither_token_nor_the_headers_that_are_ours(tmp_path: Path) -> None:
    asked: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        request.read()
        return httpx.Response(200, content=b"photo")

    (tmp_path / "a").write_bytes(b"four")
    spec = cast(
        TrainSpec, {"jobId": "j", "attempt": 1, "token": "jwt", "secret": "00", "apiBase": "http://api.test"}
    )
    client = JobClient(spec, stop=Stop(), transport=httpx.MockTransport(handler))
    headers = {"x-a": "b", "Content-Length": "9", "Host": "elsewhere.test"}
    client.upload(
        cast(OutputPlace, {"kind": "ply", "url": "/put/ply?sig=2", "headers": headers}), tmp_path / "a"
    )
    with client.download("https://store.test/a?sig=1") as pieces:
        assert b"".join(pieces) == b"photo"
    assert [str(each.url) for each in asked] == [
        "http://api.test/put/ply?sig=2",
        "https://store.test/a?sig=1",
    ]
    assert (asked[0].headers["content-length"], asked[0].headers["host"]) == ("4", "api.test")
    assert (asked[0].headers["x-a"], asked[0].content) == ("b", b"four")
    assert not any({"authorization", "x-splat-signature"} & set(each.headers) for each in asked)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://store.test/a", "http://[", "data:,a"])
def test_an_address_that_is_none_of_the_web_is_refused(url: str) -> None:
    spec = cast(TrainSpec, {"jobId": "j", "apiBase": "http://api.test"})
    client = JobClient(spec, stop=Stop(), transport=httpx.MockTransport(lambda _: httpx.Response(200)))
    with pytest.raises(Refused), client.download(url):
        pass


# Stops.


def test_a_stop_ends_a_pause_and_a_call_that_is_under_way(cloud: FakeCloud, job: FakeJob) -> None:
    for fault in (fake_cloud.hang(20), fake_cloud.status(503, retry_after="500")):
        stop = Stop()
        client = JobClient(cast(TrainSpec, cloud.spec(job)), stop=stop)
        cloud.heal()
        cloud.fault("claim", fault, None)
        threading.Timer(0.2, stop.set, ["interrupted"]).start()
        begin = time.monotonic()
        with pytest.raises(Stopped):
            client.claim("", "me")
        assert 0.1 < time.monotonic() - begin < 10


def test_a_stop_ends_an_upload_and_a_download(cloud: FakeCloud, job: FakeJob, tmp_path: Path) -> None:
    stop = Stop()
    client = _client(cloud, job, stop=stop)
    client.claim("", "me")
    (place,) = client.outputs([_file(tmp_path / "a", b"a")])["outputs"]
    url = client.manifest()["images"][0]["url"]
    cloud.fault("put", fake_cloud.hang(20))
    threading.Timer(0.2, stop.set, ["cancelled"]).start()
    with pytest.raises(Stopped):
        client.upload(place, tmp_path / "a")
    with pytest.raises(Stopped), client.download(url):
        pass


# Work.


def test_pull_gives_work_or_none(cloud: FakeCloud) -> None:
    line = Line(Stop())
    request: Any = {"workerId": "w", "instance": "i", "gpuClass": "test", "waitSeconds": 0.1}
    assert pull(line, cloud.origin, WORKER_TOKEN, request) is None
    cloud.add_job("job_1", {})
    given = pull(line, cloud.origin, WORKER_TOKEN, request)
    assert given is not None
    assert (given["spec"]["jobId"], given["externalId"]) == ("job_1", "run-job_1-1")
    with pytest.raises(Lost):
        pull(line, cloud.origin, "wrong", request)
    cloud.fault("pull", fake_cloud.page())
    with pytest.raises(NoAnswer):
        pull(line, cloud.origin, WORKER_TOKEN, request)


def test_no_secret_is_logged(
    cloud: FakeCloud, job: FakeJob, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    client = _client(cloud, job)
    cloud.fault("claim", fake_cloud.status(503, f"Away: https://store.test/a?sig={ADDRESS_SECRET}"))
    client.claim("", "me")
    (place,) = client.outputs([_file(tmp_path / "a", b"a")])["outputs"]
    cloud.fault("put", fake_cloud.cut())
    client.upload(place, tmp_path / "a")
    with client.download(client.manifest()["images"][0]["url"]) as pieces:
        assert b"".join(pieces) == b"photo"
    assert "does not answer: Away: https://store.test/a (503)" in caplog.text
    for secret in (ADDRESS_SECRET, job.token, job.secret):
        assert secret not in caplog.text
