"""The worker that asks for jobs: work, idleness, wrong tokens, a cloud that is away, and being told to end."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import fake_cloud
import pytest
from fake_cloud import WORKER_TOKEN, FakeCloud

from trainer.contract import PullAnswer, check
from trainer.doors import pull
from trainer.doors.pull_args import parse_pull
from trainer.ends import End, failed_end
from trainer.failure import failed
from trainer.stop import Stop

_root = Path(__file__).resolve().parents[1]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pull, "_between_seconds", 0.05)
    monkeypatch.setattr(pull, "_after_trouble_seconds", 0.2)
    monkeypatch.setattr(pull, "backoff_seconds", lambda failures, random, wish: 0.05)
    caplog.set_level(logging.INFO)


class Desk:
    """The arguments of a worker of this cloud, and a stand-in for the work of a job that ends as it is told to."""

    def __init__(self, cloud: FakeCloud, folder: Path) -> None:
        self.token = folder / "token"
        self.token.write_text(f"{WORKER_TOKEN}\n")
        self.work = folder / "deep" / "work"
        self.argv = ["--api", cloud.origin, "--token-file", str(self.token), "--work", str(self.work)]
        self.jobs: list[PullAnswer] = []
        self.ends: list[End] = []
        self.at: list[float] = []

    def do(self, answer: PullAnswer, stop: Stop) -> End:
        check("PullAnswer", answer)
        self.jobs.append(answer)
        self.at.append(time.monotonic())
        return self.ends.pop(0) if self.ends else End("completed")

    def run(self, *more: str) -> int:
        return pull.main([*self.argv, *more], self.do)


@pytest.fixture
def desk(cloud: FakeCloud, tmp_path: Path) -> Desk:
    return Desk(cloud, tmp_path)


def test_jobs_are_done_one_after_another_until_there_are_none(cloud: FakeCloud, desk: Desk) -> None:
    for number in (1, 2, 3):
        cloud.add_job(f"job_{number}", {})
    assert desk.run("--idle-exit", "1", "--worker-id", "me", "--gpu-class", "l4") == 0
    assert [each["spec"]["jobId"] for each in desk.jobs] == ["job_1", "job_2", "job_3"]
    assert cloud.jobs["job_1"].worker[0] == "me"
    assert '"gpuClass":"l4"' in cloud.calls("pull")[0].body.decode()
    assert desk.work.stat().st_mode & 0o777 == 0o700


def test_a_worker_keeps_its_name_over_restarts_and_has_another_instance(cloud: FakeCloud, desk: Desk) -> None:
    for _ in range(2):
        cloud.add_job("job_1", {})
        assert desk.run("--once") == 0
    workers = [cloud.parse("PullRequest", each.body) for each in cloud.calls("pull")]
    assert workers[0]["workerId"] == workers[1]["workerId"]
    assert workers[0]["instance"] != workers[1]["instance"]


def test_one_job_and_away(cloud: FakeCloud, desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    cloud.add_job("job_1", {})
    cloud.add_job("job_2", {})
    assert desk.run("--once") == 0
    assert len(desk.jobs) == 1
    cloud.jobs["job_1"].state = "completed"
    desk.ends = [failed_end(failed("gpu-lost", "It fell."))]
    assert desk.run("--once") == 1
    assert "job_2: failed after 0 s: It fell." in caplog.text
    assert WORKER_TOKEN not in caplog.text


def test_after_trouble_there_is_a_pause(cloud: FakeCloud, desk: Desk) -> None:
    for number in (1, 2, 3):
        cloud.add_job(f"job_{number}", {})
    desk.ends = [failed_end(failed("gpu-lost", "It fell.")), End("completed")]
    desk.run("--idle-exit", "0")
    assert desk.at[1] - desk.at[0] >= 0.2
    assert desk.at[2] - desk.at[1] < 0.2


def test_a_wrong_token_ends_it(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    desk.token.write_text("another")
    assert desk.run() == 1
    assert "does not take the worker token" in caplog.text
    assert "another" not in caplog.text.replace("another attempt", "")


@pytest.mark.parametrize("text", ["", " \n", "two\nlines", "ümlaut"])
def test_a_file_without_a_token_ends_it(desk: Desk, text: str, cloud: FakeCloud) -> None:
    desk.token.write_text(text, "utf-8")
    assert desk.run() == 1
    desk.token.unlink()
    assert desk.run() == 1
    assert cloud.seen == []


def test_a_folder_that_cannot_be_made_ends_it(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert desk.run("--work", str(tmp_path / "file" / "work")) == 1


_wrong = [
    ["--api", "localhost:5173"], ["--api", "http://a.test/path"], ["--api", "http://u:p@a.test"], ["--api", "http://[x"],
    ["--worker-id", ""], ["--gpu-class", "x" * 201], ["--steps", "0"], ["--idle-exit", "soon"], ["--engine", "cuda"],
    ["more"],
]  # fmt: skip


@pytest.mark.parametrize("more", _wrong, ids=" ".join)
def test_wrong_arguments_are_told(desk: Desk, more: list[str]) -> None:
    assert desk.run(*more) == 2


def test_arguments_in_place_of_the_order(desk: Desk) -> None:
    more = [
        "--engine",
        "webgpu",
        "--preset",
        "draft",
        "--steps",
        "500",
        "--max-splats",
        "9",
        "--width",
        "256",
        "--json",
    ]
    command = parse_pull([*desk.argv, "--api", "https://a.test/", *more])
    assert (command.api, command.engine, command.preset, command.steps) == (
        "https://a.test",
        "webgpu",
        "draft",
        500,
    )
    assert (command.max_splats, command.width_px, command.json, command.once) == (9, 256, True, False)


def test_a_rented_machine_is_told_by_its_environment(
    cloud: FakeCloud, desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    cloud.add_job("job_1", {})
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    given = {
        "API_BASE": cloud.origin,
        "WORKER_ID": "rented",
        "WORKER_TOKEN": WORKER_TOKEN,
        "WORK": str(desk.work),
    }
    for name, value in given.items():
        monkeypatch.setenv(f"SPLAT_{name}", value)
    assert pull.main(["--once"], desk.do) == 0
    assert cloud.jobs["job_1"].worker[0] == "rented"
    assert "SPLAT_WORKER_TOKEN" not in os.environ


def test_a_cloud_that_is_away_is_said_once_and_waited_for(
    cloud: FakeCloud, desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    cloud.add_job("job_1", {})
    cloud.fault("pull", fake_cloud.cut(), 2)
    cloud.fault("pull", fake_cloud.page())
    cloud.fault("pull", fake_cloud.status(500))
    cloud.fault("pull", fake_cloud.redirect("http://192.0.2.1/"))
    cloud.fault("pull", fake_cloud.status(404))
    assert desk.run("--once") == 0
    assert len(cloud.calls("pull")) == 7
    assert caplog.text.count("does not answer") == 1
    assert caplog.text.count("answers again") == 1


def test_folders_of_jobs_that_did_not_come_back_go_and_no_others(desk: Desk) -> None:
    jobs = pull.jobs_folder(desk.work)
    for folder in (jobs / "old", jobs / "new", desk.work / "precious"):
        folder.mkdir(parents=True)
    for folder in (jobs / "old", desk.work / "precious"):
        os.utime(folder, (time.time() - 90_000,) * 2)
    desk.run("--idle-exit", "0")
    assert [each.name for each in jobs.iterdir()] == ["new"]
    assert (desk.work / "precious").exists()


def test_a_job_that_is_not_ours_is_left(
    cloud: FakeCloud, desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    cloud.add_job("job_1", {})
    cloud.fault("claim", fake_cloud.status(409, "Somebody else holds it."))
    assert pull.main([*desk.argv, "--once"]) == 0
    assert "job_1: left after" in caplog.text


# Signals, of which there are real ones in a process of its own.

_child = """
import sys, time
from trainer.doors import pull
from trainer.ends import End

def do(answer, stop):
    print("begun", flush=True)
    while not stop.wait(0.05): pass
    print(stop.reason, flush=True)
    if "stubborn" in sys.argv: time.sleep(30)
    return End("interrupted")

sys.exit(pull.main([each for each in sys.argv[1:] if each != "stubborn"], do))
"""


def _start(desk: Desk, *more: str) -> subprocess.Popen[str]:
    argv = [sys.executable, "-c", _child, *desk.argv, *more]
    return subprocess.Popen(argv, cwd=_root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _line(child: subprocess.Popen[str]) -> str:
    assert child.stdout is not None
    return child.stdout.readline().strip()


def test_a_signal_interrupts_the_job_and_then_the_worker_leaves(cloud: FakeCloud, desk: Desk) -> None:
    cloud.add_job("job_1", {})
    cloud.add_job("job_2", {})
    child = _start(desk)
    assert _line(child) == "begun"
    child.send_signal(signal.SIGTERM)
    out, said = child.communicate(timeout=10)
    assert out.strip() == "interrupted"
    assert child.returncode == 130
    assert "job_1: interrupted" in said
    assert len(cloud.calls("pull")) == 1


def test_a_signal_ends_the_wait_for_work(cloud: FakeCloud, desk: Desk) -> None:
    child = _start(desk)
    end = time.monotonic() + 10
    while not cloud.calls("pull"):
        assert time.monotonic() < end
        time.sleep(0.02)
    begin = time.monotonic()
    child.send_signal(signal.SIGTERM)
    child.communicate(timeout=10)
    assert child.returncode == 130
    assert time.monotonic() - begin < 10


def test_a_second_signal_leaves_at_once(cloud: FakeCloud, desk: Desk) -> None:
    cloud.add_job("job_1", {})
    child = _start(desk, "stubborn")
    assert _line(child) == "begun"
    child.send_signal(signal.SIGTERM)
    assert _line(child) == "interrupted"
    time.sleep(0.6)
    begin = time.monotonic()
    child.send_signal(signal.SIGTERM)
    child.communicate(timeout=10)
    assert child.returncode == 130
    assert time.monotonic() - begin < 10
