"""The headless engine as a child process: what is heard of it, and that it ends when it must."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from fake_program import fake_splat
from node_program import drawing_command, node_command
from synthetic_photos import make_photos
from test_export import write_model

from trainer import splat_cli
from trainer.camera_model import quaternion_of
from trainer.engines.base import TrainOrder
from trainer.engines.webgpu_engine import WebGpuEngine, adapter_of, train_arguments
from trainer.events import JobEvent
from trainer.failure import JobFailed
from trainer.late_scores import score_renders
from trainer.stop import Stop, Stopped


@pytest.fixture
def order(tmp_path: Path) -> TrainOrder:
    (tmp_path / "dataset/images").mkdir(parents=True)
    return TrainOrder(tmp_path / "dataset", tmp_path / "out", "draft", tmp_path / "checkpoint.bin")


def run(
    monkeypatch: pytest.MonkeyPatch, order: TrainOrder, stop: Stop | None = None, **plan: Any
) -> tuple[dict[str, Any], list[JobEvent]]:
    monkeypatch.setenv("FAKE_SPLAT", json.dumps(plan))
    events: list[JobEvent] = []
    metrics = WebGpuEngine(fake_splat, lambda command: "fake").train(order, events.append, stop or Stop())
    return metrics, events


def stop_later(stop: Stop, seconds: float, reason: Any) -> None:
    threading.Timer(seconds, lambda: stop.set(reason)).start()


def test_a_run_gives_the_engines_own_figures_and_its_stages_but_not_its_reading(
    monkeypatch: pytest.MonkeyPatch, order: TrainOrder
) -> None:
    metrics, events = run(monkeypatch, order)
    assert (metrics["splats"], metrics["psnrDb"], metrics["ssim"]) == (1000, 21.5, 0.75)
    stages = [event["stage"] for event in events if event["type"] == "stage-started"]
    assert stages == ["photos", "train", "evaluate"]
    assert [event["done"] for event in events if event["type"] == "progress"] == [1, 2, 3, 4, 5]
    assert not any(event["type"] in ("finished", "failed") for event in events)


@pytest.mark.parametrize(
    ("preset", "flags"),
    [
        ("draft", "--preset full --steps 7000 --max-splats 500000 --sh-degree 3"),
        ("standard", "--preset full --steps 30000 --max-splats 1000000 --sh-degree 3 --antialiased"),
        (
            "high",
            "--preset full --steps 30000 --max-splats 3000000 --sh-degree 3 --antialiased --refine-exposure on",
        ),
    ],
)
def test_presets_become_flags_of_the_program(preset: Any, flags: str) -> None:
    order = TrainOrder(Path("D"), Path("O"), preset, Path("C"), seed=3)
    assert " ".join(train_arguments(order)) == (
        f"train D --out O --renders --seed 3 {flags} --checkpoint C --checkpoint-every 60"
    )


def test_what_is_asked_for_goes_before_the_preset() -> None:
    order = TrainOrder(Path("D"), Path("O"), "high", Path("C"), Path("P.splat"), 0.2, 4.5, 500, 2000, 256)
    line = " ".join(train_arguments(order))
    for wanted in (
        "--steps 500",
        "--max-splats 2000",
        "--width 256",
        "--checkpoint-every 1",
        "--preview P.splat --preview-every 5",
    ):
        assert wanted in line


def test_lines_that_are_no_events_are_passed_over(monkeypatch: pytest.MonkeyPatch, order: TrainOrder) -> None:
    garbage = [
        "Warning: limits were reduced",
        "{",
        "[1]",
        "null",
        '{"type":"progress","stage":"train","done":"1"}',
        '{"type":"warning"}',
    ]
    garbage += ['{"type":"failed","failure":{"code":"no-such-code","detail":"?"}}']
    metrics, events = run(monkeypatch, order, garbage=garbage, long=3_000_000)
    assert metrics["steps"] == 5
    assert len([event for event in events if event["type"] == "progress"]) == 5


def test_a_crash_is_retryable_and_its_last_words_are_not_in_what_is_told(
    monkeypatch: pytest.MonkeyPatch, order: TrainOrder
) -> None:
    with pytest.raises(JobFailed) as caught:
        run(monkeypatch, order, crash=2)
    assert caught.value.failure == {
        "code": "cloud-failed",
        "detail": "The engine broke off (signal SIGKILL).",
    }
    assert caught.value.is_retryable
    assert caught.value.__notes__ == ["driver: segmentation fault"]


@pytest.mark.parametrize(
    ("code", "is_retryable"), [("gpu-lost", True), ("bad-file", False), ("too-few-photos", False)]
)
def test_a_failure_is_told_as_the_engine_says_it(
    monkeypatch: pytest.MonkeyPatch, order: TrainOrder, code: str, is_retryable: bool
) -> None:
    with pytest.raises(JobFailed) as caught:
        run(monkeypatch, order, failure={"code": code, "detail": "Why."})
    assert caught.value.failure == {"code": code, "detail": "Why."}
    assert caught.value.is_retryable is is_retryable


def test_a_checkpoint_that_does_not_fit_is_dropped_and_the_run_made_without_it(
    monkeypatch: pytest.MonkeyPatch, order: TrainOrder
) -> None:
    order.checkpoint.write_bytes(b"of another run")
    unfit = {"failure": {"code": "bad-file", "detail": "The checkpoint is of another run."}}
    metrics, _ = run(monkeypatch, order, runs=[unfit, {}])
    assert metrics["steps"] == 5
    assert (order.out.parent / "starts").read_text() == "2"


def test_splats_that_do_not_fit_the_gpu_are_halved(
    monkeypatch: pytest.MonkeyPatch, order: TrainOrder, tmp_path: Path
) -> None:
    full = {"failure": {"code": "out-of-memory", "detail": "It does not fit."}}
    run(monkeypatch, order, runs=[full, full, {"failure": None}], log=str(tmp_path / "log"))
    starts = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert [start[start.index("--max-splats") + 1] for start in starts] == ["500000", "250000", "125000"]


def test_an_interrupted_run_keeps_its_checkpoint(monkeypatch: pytest.MonkeyPatch, order: TrainOrder) -> None:
    stop = Stop()
    stop_later(stop, 0.4, "interrupted")
    with pytest.raises(Stopped) as caught:
        run(monkeypatch, order, stop, steps=100, pause=0.1)
    assert caught.value.reason == "interrupted"
    assert order.checkpoint.read_bytes() == b"checkpoint"


def test_of_a_cancelled_run_nothing_is_waited_for(monkeypatch: pytest.MonkeyPatch, order: TrainOrder) -> None:
    stop = Stop()
    stop_later(stop, 0.4, "cancelled")
    start = time.monotonic()
    with pytest.raises(Stopped):
        run(monkeypatch, order, stop, steps=1000, pause=0.1)
    assert time.monotonic() - start < 20
    assert order.checkpoint.read_bytes() == b"checkpoint so far"


def test_one_that_does_not_hear_is_ended(monkeypatch: pytest.MonkeyPatch, order: TrainOrder) -> None:
    monkeypatch.setattr(splat_cli, "save_seconds", 0.5)
    stop = Stop()
    stop_later(stop, 0.4, "interrupted")
    start = time.monotonic()
    with pytest.raises(Stopped):
        run(monkeypatch, order, stop, steps=1000, pause=0.1, deaf=True)
    assert time.monotonic() - start < 20


def test_when_the_time_is_over_what_there_is_is_taken(
    monkeypatch: pytest.MonkeyPatch, order: TrainOrder
) -> None:
    timed = TrainOrder(order.dataset, order.out, "draft", order.checkpoint, seconds=10.6)
    start = time.monotonic()
    metrics, events = run(monkeypatch, timed, steps=1000, pause=0.1)
    assert 0.4 < time.monotonic() - start < 20
    # There is no model to take the views from, so it is saved without its scores.
    assert metrics["psnrDb"] is None
    assert metrics["steps"] > 1
    assert not any(event["type"] == "warning" for event in events)


def test_no_whole_result_is_a_failure(monkeypatch: pytest.MonkeyPatch, order: TrainOrder) -> None:
    order.out.mkdir()
    monkeypatch.setenv("FAKE_SPLAT", json.dumps({}))
    engine = WebGpuEngine([sys.executable, "-c", "pass"], lambda command: "fake")
    with pytest.raises(JobFailed, match="no whole result"):
        engine.train(order, lambda event: None, Stop())


def test_a_program_that_cannot_be_started_is_said(order: TrainOrder) -> None:
    engine = WebGpuEngine(["/nonexistent/node", "main.ts"], lambda command: "fake")
    with pytest.raises(JobFailed, match="No such file"):
        engine.train(order, lambda event: None, Stop())


def test_what_the_program_started_ends_with_it(tmp_path: Path) -> None:
    script = "import subprocess,sys;p=subprocess.Popen(['sleep','60']);print(p.pid,file=open(sys.argv[1],'w'),flush=True)"
    start = time.monotonic()
    splat_cli.run([sys.executable, "-c", script], [str(tmp_path / "pid")])
    assert time.monotonic() - start < 30
    pid = int((tmp_path / "pid").read_text())
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and _is_running(pid):
        time.sleep(0.02)
    assert not _is_running(pid)


def _is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_splat_cli_is_a_list_of_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPLAT_CLI", '["node", "main.ts"]')
    assert splat_cli.find_cli() == ["node", "main.ts"]
    for wrong in ("node main.ts", "[]", '{"a": 1}', "[1]"):
        monkeypatch.setenv("SPLAT_CLI", wrong)
        with pytest.raises(JobFailed, match="SPLAT_CLI"):
            splat_cli.find_cli()


def test_without_node_there_is_no_device(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SPLAT_CLI", raising=False)
    monkeypatch.setenv("PATH", "/nonexistent")
    assert WebGpuEngine().device() is None
    assert adapter_of(["/nonexistent/node", "x.py"]) is None


@pytest.mark.node
def test_the_adapter_is_named() -> None:
    command = drawing_command()
    assert adapter_of(command)
    # A Node that cannot run the sources has no adapter.
    assert adapter_of([command[0], "--no-such-flag", *command[1:]]) is None


@pytest.mark.node
def test_scores_taken_when_the_time_was_over_are_those_of_the_engine(tmp_path: Path) -> None:
    command = drawing_command()
    photos = make_photos(tmp_path / "dataset/images", 9, 96, 72)
    views = [
        {
            "photoName": shot.name,
            "pose": {"q": quaternion_of(shot.rotation), "t": list(-shot.rotation @ shot.centre)},
        }
        for shot in photos.shots
    ]
    write_model(
        tmp_path / "dataset/sparse/0", views, f"1 PINHOLE 96 72 {photos.focal_px} {photos.focal_px} 48 36"
    )
    order = TrainOrder(
        tmp_path / "dataset",
        tmp_path / "out",
        "draft",
        tmp_path / "checkpoint.bin",
        steps=20,
        max_splats=2000,
    )
    own = WebGpuEngine(command).train(order, lambda event: None, Stop())
    assert [view["name"] for view in own["perView"]] == ["000001.jpg", "000009.jpg"]
    shutil.rmtree(order.out / "renders")
    without = {**own, "psnrDb": None, "ssim": None, "perView": []}
    late = score_renders(command, order, without, lambda event: None, Stop(), 60)
    # Decoded by another library: JPEG leaves the last bit open.
    assert late["psnrDb"] == pytest.approx(own["psnrDb"], abs=0.02)
    assert late["ssim"] == pytest.approx(own["ssim"], abs=0.001)
    assert [view["name"] for view in late["perView"]] == [view["name"] for view in own["perView"]]
    assert json.loads((order.out / "metrics.json").read_text()) == late
    assert (order.out / "photos/000009.png").exists()


@pytest.mark.node
def test_the_program_ends_with_the_trainer(tmp_path: Path) -> None:
    """Its standard input ends when the trainer is killed; the guard that is loaded into it leaves then."""
    real = node_command()
    hang = tmp_path / "main.ts"
    hang.write_text("setInterval(() => undefined, 1000);")
    (tmp_path / "serve").mkdir()
    (tmp_path / "serve/parentGuard.ts").write_bytes(
        Path(real[-1]).parent.joinpath("serve/parentGuard.ts").read_bytes()
    )
    command = [*real[:-1], str(hang)]
    script = "import sys,json;from trainer import splat_cli;splat_cli.run(json.loads(sys.argv[1]),['train'])"
    root = Path(__file__).parents[1]
    trainer = subprocess.Popen([sys.executable, "-c", script, json.dumps(command)], cwd=root)
    child = _wait_for(lambda: _child_of(trainer.pid))
    trainer.kill()
    trainer.wait()
    _wait_for(lambda: not _is_running(child) or None)


def _child_of(pid: int) -> int | None:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parts = (entry / "stat").read_text().rsplit(")", 1)[1].split()
                words = (entry / "cmdline").read_text()
            except OSError:
                continue
            if int(parts[1]) == pid and "main.ts" in words:
                return int(entry.name)
    return None


def _wait_for(find: Any) -> Any:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if found := find():
            return found
        time.sleep(0.05)
    pytest.fail("waited in vain")
