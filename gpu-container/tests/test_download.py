"""What lies on disk in the end is what the manifest says, whatever comes over the line."""

from __future__ import annotations

import contextlib
import errno
import threading
import time
from pathlib import Path
from typing import Any, cast

import fake_cloud
import pytest
from fake_cloud import FakeCloud, FakeJob, Fault

from trainer import received
from trainer.contract import Manifest, ManifestImage, TrainSpec
from trainer.download import fetch_checkpoint, fetch_photos
from trainer.failure import JobFailed
from trainer.protocol import JobClient, Lost, Unreachable
from trainer.stop import Stop, Stopped

_names = [f"{i:06}.jpg" for i in range(1, 10)]
_photos = {name: f"photo {name} ".encode() * (500 + i) for i, name in enumerate(_names)}


@pytest.fixture
def job(cloud: FakeCloud) -> FakeJob:
    return cloud.add_job("job_1", dict(_photos), checkpoint=b"checkpoint " * 1000)


class Desk:
    """A client whose pauses pass at once, and the events that were told."""

    def __init__(self, cloud: FakeCloud, job: FakeJob, folder: Path) -> None:
        self.events: list[dict[str, Any]] = []
        self.stop = Stop()
        self.folder = folder
        self.waits: list[float] = []
        self.passed = 0.0
        spec = cast(TrainSpec, cloud.spec(job))
        self.client = JobClient(spec, stop=self.stop, now=self.now, random=lambda: 1.0, wait=self.wait)
        self.client.claim("", "me")

    def now(self) -> float:
        return time.time() + self.passed

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.passed += seconds

    def fetch(self) -> list[Path]:
        return fetch_photos(self.client, self.folder, self.events.append, self.stop)

    def on_disk(self) -> dict[str, bytes]:
        found = {}
        for path in sorted(self.folder.iterdir()):
            # Another photo's file may get its last name at this moment.
            with contextlib.suppress(FileNotFoundError):
                found[path.name] = path.read_bytes()
        return found


@pytest.fixture
def desk(cloud: FakeCloud, job: FakeJob, tmp_path: Path) -> Desk:
    return Desk(cloud, job, tmp_path / "deep" / "photos")


def test_all_photos_come_under_the_names_of_the_manifest(cloud: FakeCloud, desk: Desk) -> None:
    paths = desk.fetch()
    assert [path.name for path in paths] == _names
    assert desk.on_disk() == _photos
    assert desk.events[0] == {"type": "stage-started", "stage": "read"}
    told = [(each["stage"], each["done"], each["total"], each["unit"]) for each in desk.events[1:]]
    assert told == [("read", done, 9, "photos") for done in range(1, 10)]
    assert len(cloud.calls("manifest")) == 1
    assert len(cloud.calls("photo")) == 9


def test_four_are_fetched_at_a_time(cloud: FakeCloud, desk: Desk) -> None:
    cloud.fault("photo", fake_cloud.hang(0.3), 4)
    desk.fetch()
    times = [each.at - cloud.calls("photo")[0].at for each in cloud.calls("photo")]
    assert times[3] < 0.25
    assert times[4] >= 0.25


def test_what_is_right_is_not_fetched_again_and_what_is_none_of_the_job_goes(
    cloud: FakeCloud, desk: Desk, tmp_path: Path
) -> None:
    folder = desk.folder
    desk.fetch()
    before = len(cloud.calls("photo"))
    (tmp_path / "precious").write_bytes(_photos[_names[5]])
    (folder / _names[1]).write_bytes(_photos[_names[1]][1:])
    (folder / _names[2]).write_bytes(b"x" + _photos[_names[2]][1:])
    (folder / _names[3]).unlink()
    (folder / f"{_names[3]}.part").write_bytes(b"half")
    (folder / _names[4]).unlink()
    (folder / _names[4]).mkdir()
    (folder / _names[5]).unlink()
    (folder / _names[5]).symlink_to(tmp_path / "precious")
    (folder / "000099.jpg").write_bytes(b"of another job")
    desk.fetch()
    again = cloud.calls("photo")[before:]
    assert sorted(each.target.split("/")[-1].split("?")[0] for each in again) == _names[1:6]
    assert desk.on_disk() == _photos
    assert not (folder / _names[5]).is_symlink()
    assert (tmp_path / "precious").exists()


_bad = [
    fake_cloud.short_body(100), fake_cloud.longer(), fake_cloud.altered(), fake_cloud.cut_body(100),
    fake_cloud.cut(), fake_cloud.status(503), fake_cloud.status(429, retry_after="3"), fake_cloud.page(),
]  # fmt: skip


@pytest.mark.parametrize("fault", _bad, ids=lambda fault: f"{fault.kind} {fault.status}")
def test_a_photo_that_does_not_come_as_announced_is_fetched_again(
    cloud: FakeCloud, desk: Desk, fault: Fault
) -> None:
    cloud.fault("photo", fault, 2, where=_names[1])
    desk.fetch()
    assert desk.on_disk() == _photos
    assert len(cloud.calls("photo")) == 11
    assert desk.waits == ([3.5, 3.5] if fault.status == 429 else [0.5, 1])


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (fake_cloud.altered(), "its bytes are not those announced"),
        (fake_cloud.short_body(100), "100 bytes came, 8517 were announced"),
        (fake_cloud.longer(), "more than the 8517 bytes came that were announced"),
    ],
    ids=lambda value: getattr(value, "kind", ""),
)
def test_a_photo_that_never_comes_as_announced_ends_it_and_is_not_left_on_disk(
    cloud: FakeCloud, desk: Desk, fault: Fault, why: str
) -> None:
    cloud.fault("photo", fault, None, where=_names[1])
    with pytest.raises(JobFailed) as raised:
        desk.fetch()
    detail = f"000002.jpg could not be fetched: {why}."
    assert raised.value.failure == {"code": "bad-file", "detail": detail, "file": "000002.jpg"}
    assert len([each for each in cloud.calls("photo") if _names[1] in each.target]) == 5
    assert _names[1] not in desk.on_disk()
    assert f"{_names[1]}.part" not in desk.on_disk()


def test_addresses_that_have_run_out_are_asked_for_anew_once_for_all_photos(
    cloud: FakeCloud, job: FakeJob, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = desk.client.manifest()
    answers = iter([manifest])
    fresh = desk.client.manifest
    monkeypatch.setattr(desk.client, "manifest", lambda: next(answers, None) or fresh())
    cloud.expire_addresses(job)
    desk.fetch()
    assert desk.on_disk() == _photos
    assert len(cloud.calls("manifest")) == 2
    assert len(cloud.calls("photo")) <= 9 + 4


def test_a_photo_that_stays_refused_ends_it(cloud: FakeCloud, desk: Desk) -> None:
    cloud.fault("photo", fake_cloud.status(404, "No."), None, where=_names[3])
    with pytest.raises(JobFailed) as raised:
        desk.fetch()
    assert raised.value.failure["detail"] == "000004.jpg could not be fetched: No. (404)."


def test_a_redirect_is_not_followed(cloud: FakeCloud, desk: Desk) -> None:
    with FakeCloud() as other:
        cloud.fault(
            "photo", fake_cloud.redirect(f"{other.origin}/files/photos/job_1/a"), None, where=_names[0]
        )
        with pytest.raises(JobFailed, match="leads elsewhere"):
            desk.fetch()
        assert other.seen == []


def test_a_store_that_goes_away_and_comes_back(
    cloud: FakeCloud, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.fault("photo", fake_cloud.hang(5), None)
    threading.Timer(0.2, lambda: (cloud.stop(), cloud.heal())).start()  # type: ignore[func-returns-value]
    threading.Timer(0.7, cloud.start).start()
    monkeypatch.setattr(desk.client, "wait", lambda seconds: time.sleep(min(seconds, 0.1)))
    desk.fetch()
    assert desk.on_disk() == _photos


def test_a_store_that_stays_away_is_given_up_past_the_lease(cloud: FakeCloud, desk: Desk) -> None:
    cloud.fault("photo", fake_cloud.status(503), None)
    with pytest.raises(Unreachable):
        desk.fetch()
    assert 4 * 1860 > desk.passed > 1860


def test_an_attempt_that_is_lost_meanwhile_ends_it(cloud: FakeCloud, job: FakeJob, desk: Desk) -> None:
    cloud.fault("photo", fake_cloud.status(403), None)
    cloud.fault("manifest", fake_cloud.hang(0), 1)
    cloud.fault("manifest", fake_cloud.status(409), None)
    with pytest.raises(Lost):
        desk.fetch()


def test_a_stop_ends_it_at_once_and_nothing_is_written_after_it(cloud: FakeCloud, desk: Desk) -> None:
    cloud.fault("photo", fake_cloud.hang(3), None)
    threading.Timer(0.2, desk.stop.set, ["cancelled"]).start()
    begin = time.monotonic()
    with pytest.raises(Stopped):
        desk.fetch()
    assert time.monotonic() - begin < 2.5
    time.sleep(3)
    assert not any(data for data in desk.on_disk().values())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_full_disk_is_told_as_such(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainer.download.part_of", lambda _: Path("/dev/full"))
    with pytest.raises(JobFailed) as raised:
        desk.fetch()
    assert raised.value.failure["code"] == "storage-full"
    assert raised.value.is_retryable
    assert str(desk.folder) not in str(raised.value)


def test_another_trouble_with_the_disk_is_the_machines_fault() -> None:
    failure = received.disk_failure(
        OSError(errno.EROFS, "Read-only file system", "/secret/place"), "000001.jpg"
    )
    assert failure.failure["detail"] == "000001.jpg could not be written: Read-only file system."
    assert failure.is_retryable


@pytest.mark.parametrize(
    "names", [["../../evil.jpg"], ["000001.jpg", "000001.jpg"], ["000001.jpg\n"], ["a.jpg"]]
)
def test_names_that_are_none_of_a_photo_are_not_used(
    desk: Desk, names: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    image = desk.client.manifest()["images"][0]
    images = [cast(ManifestImage, {**image, "name": name}) for name in names]
    manifest: Manifest = {"preset": "full", "images": images, "checkpoint": None}
    monkeypatch.setattr(desk.client, "manifest", lambda: manifest)
    with pytest.raises(JobFailed):
        desk.fetch()
    assert not desk.folder.exists()


# The checkpoint of an earlier attempt.


def test_a_checkpoint_comes_whole(cloud: FakeCloud, job: FakeJob, desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "out" / "checkpoint.bin"
    manifest = desk.client.manifest()
    cloud.expire_addresses(job)
    cloud.fault("checkpoint", fake_cloud.cut_body(100))
    assert fetch_checkpoint(desk.client, manifest, path, desk.stop) is True
    assert path.read_bytes() == job.checkpoint
    count = len(cloud.calls("checkpoint"))
    assert fetch_checkpoint(desk.client, manifest, path, desk.stop) is True
    assert len(cloud.calls("checkpoint")) == count
    assert [each.name for each in path.parent.iterdir()] == ["checkpoint.bin"]


def test_without_a_checkpoint_the_work_begins_at_the_beginning(
    cloud: FakeCloud, job: FakeJob, desk: Desk, tmp_path: Path
) -> None:
    manifest = desk.client.manifest()
    cloud.fault("checkpoint", fake_cloud.altered(), None)
    assert fetch_checkpoint(desk.client, manifest, tmp_path / "checkpoint.bin", desk.stop) is False
    assert list(tmp_path.glob("checkpoint*")) == []
    job.checkpoint = None
    assert (
        fetch_checkpoint(desk.client, desk.client.manifest(), tmp_path / "checkpoint.bin", desk.stop) is False
    )
