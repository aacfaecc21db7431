"""A job from its claim to its end, against a cloud that can be told to fail; solver and engine are stand-ins."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from fake_cloud import FakeCloud, FakeJob, altered, cut, page, status
from fake_program import fake_splat
from PIL import Image
from test_export import ring, write_model

import trainer.checkpoints
from trainer.engines.base import TrainOrder
from trainer.events import Emit, progress, stage_started, warning
from trainer.failure import JobFailed, failed
from trainer.job import End, Workplace, run_job
from trainer.photo_check import PhotoReport
from trainer.pipeline import Tools
from trainer.presets import splat_budget
from trainer.solve import Solved
from trainer.stop import Stop
from trainer.whole_file import write_whole

photos = {f"{index:06d}.jpg": f"photo {index}".encode() * 50 for index in range(1, 6)}
kinds = ("ply", "splat", "spz", "sog", "thumbnail", "poster", "cameras", "metrics")


@dataclass
class FakeEngine:
    """Takes a few steps and leaves what an engine leaves."""

    steps: int = 3
    pause: float = 0.0
    raises: Exception | None = None
    #: Called before each step.
    each: Callable[[TrainOrder, int], None] = lambda order, step: None
    orders: list[TrainOrder] = field(default_factory=list)
    began_with: list[bytes | None] = field(default_factory=list)
    name: str = "webgpu"

    def device(self) -> str | None:
        return "fake adapter"

    def train(self, order: TrainOrder, emit: Emit, stop: Stop) -> dict[str, Any]:
        self.orders.append(order)
        self.began_with.append(order.checkpoint.read_bytes() if order.checkpoint.exists() else None)
        emit(stage_started("train"))
        for step in range(self.steps):
            self.each(order, step)
            order.checkpoint.write_bytes(f"checkpoint {step}".encode())
            assert order.preview is not None
            write_whole(order.preview, b"\0" * 64)
            emit({"type": "preview-ready"})
            emit(progress("train", step + 1, self.steps, "steps", 1.0))
            if stop.wait(self.pause):
                order.checkpoint.write_bytes(b"checkpoint at the stop")
            stop.check()
        if self.raises is not None:
            raise self.raises
        (order.out / "renders").mkdir(parents=True, exist_ok=True)
        (order.out / "scene.ply").write_bytes(b"ply\nend_header\n")
        Image.new("RGB", (64, 48), (90, 90, 90)).save(order.out / "renders/000001.png")
        metrics = {
            **{
                "version": "9",
                "adapter": "fake adapter",
                "splats": 10,
                "steps": self.steps,
                "psnrDb": 20.5,
                "ssim": 0.5,
            },
            **{"perView": [], "widthPx": 64, "secondsByStage": {"train": 1.5, "save": 0.5}},
        }
        (order.out / "metrics.json").write_text(json.dumps(metrics))
        return metrics


@dataclass
class Bench:
    cloud: FakeCloud
    workplace: Workplace
    engine: FakeEngine
    notes: list[str]
    solves: list[Path]

    def job(self, **more: Any) -> FakeJob:
        job = self.cloud.add_job("job-1", photos, **{"outputs": ("ply", "metrics"), **more})
        job.state = "given"
        return job

    def run(self, job: FakeJob, **more: Any) -> End:
        end = run_job(
            {"spec": self.cloud.spec(job), "externalId": "run-1"},  # type: ignore[typeddict-item]
            replace(self.workplace, **more),
        )
        assert self.cloud.violations == []
        return end

    @property
    def folder(self) -> Path:
        return self.workplace.work / "job-1"


def fake_check(folder: Path, emit: Emit, stop: Stop, *, into: Path) -> PhotoReport:
    into.mkdir(exist_ok=True)
    for path in folder.iterdir():
        (into / path.name).write_bytes(path.read_bytes())
    return PhotoReport(into, sorted(path.name for path in folder.iterdir()), [])


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    monkeypatch.setenv("SPLAT_CLI", json.dumps(fake_splat))
    monkeypatch.setenv("FAKE_SPLAT", "{}")
    engine, notes, solves = FakeEngine(), [], []

    def fake_solve(photos: Path, work: Path, emit: Emit, stop: Stop, *, seed: int, use_gpu: bool) -> Solved:
        solves.append(photos)
        emit(stage_started("cameras"))
        emit(
            warning(
                {"code": "partial", "detail": f"One photo of {photos} is left out.", "photos": ["000003.jpg"]}
            )
        )
        return make_dataset(work)

    tools = Tools(check_photos=fake_check, solve=fake_solve, choose=lambda name, note: engine)
    with FakeCloud() as cloud:
        yield Bench(
            cloud,
            Workplace(tmp_path / "work", "holder-1", note=notes.append, tools=tools),
            engine,
            notes,
            solves,
        )


def make_dataset(work: Path) -> Solved:
    """What the solver leaves."""
    import pycolmap

    model = work / "dataset/sparse/0"
    if not model.exists():
        write_model(model, ring(5, 80))
        pycolmap.Reconstruction(str(model)).write(str(model))
    return Solved(
        work / "dataset", 4, 5, 0.5, 100, ["000003.jpg"], "global", {"features": 1.0, "cameras": 2.0}
    )


def test_a_job_ends_with_all_its_files(bench: Bench) -> None:
    job = bench.job(outputs=kinds)
    end = bench.run(job)
    assert (end.kind, job.state) == ("completed", "completed")
    assert set(job.files) - {"preview", "checkpoint"} == set(kinds)
    assert job.files["ply"] == b"ply\nend_header\n"
    assert not bench.folder.exists()
    metrics = job.metrics or {}
    expected = {
        "engine": "webgpu 9",
        "device": "fake adapter",
        "photos": 5,
        "registered": 4,
        "splats": 10,
        "psnrDb": 20.5,
    }
    assert expected.items() <= metrics.items()
    assert {"read", "features", "cameras", "train", "save"} <= set(metrics["secondsByStage"])
    assert metrics["gpuSeconds"] > 0
    told = json.loads(job.files["metrics"])
    assert (told["registered"], told["photos"], told["secondsByStage"]["features"]) == (4, 5, 1.0)


def test_the_cloud_hears_of_every_stage_and_of_no_path(bench: Bench) -> None:
    job = bench.job()
    bench.engine.pause = 0.4
    assert bench.run(job).kind == "completed"
    stages = [event["stage"] for event in job.events if event["type"] == "stage-started"]
    assert list(dict.fromkeys(stages)) == ["read", "cameras", "train", "save"]
    assert any(event["type"] == "preview-ready" for event in job.events)
    assert job.files["preview"] == b"\0" * 64
    told = [event for event in job.events if event["type"] == "warning"]
    assert told[0]["failure"]["detail"] == "One photo of photos-checked is left out."
    assert not any(event["type"] in ("finished", "failed") for event in job.events)
    assert str(bench.workplace.work) not in json.dumps([job.events, job.metrics])


@pytest.mark.parametrize(("preset", "wanted"), [("preview", "draft"), ("full", "standard")])
def test_the_clouds_presets_and_limits_become_an_order(bench: Bench, preset: str, wanted: str) -> None:
    bench.run(bench.job(preset=preset, max_splats=70_000, max_seconds=1000))
    (order,) = bench.engine.orders
    assert (order.preset, order.max_splats, order.steps) == (wanted, 70_000, None)
    # A tenth of the time is kept for the files.
    assert order.seconds is not None
    assert 880 < order.seconds <= 900


def test_a_limit_above_the_preset_raises_nothing(bench: Bench) -> None:
    bench.run(bench.job(preset="preview", max_splats=5_000_000))
    assert bench.engine.orders[0].max_splats is None


def test_a_run_that_is_much_shorter_aims_at_fewer_splats() -> None:
    assert splat_budget("draft", None) is None
    assert splat_budget("draft", 3_500) == 250_000
    assert splat_budget("draft", 10) == 20_000
    assert splat_budget("draft", 70_000) is None
    assert splat_budget("draft", 3_500, 100_000) == 100_000
    assert splat_budget("high", None, 0) is None


def test_a_worker_may_ask_for_less(bench: Bench) -> None:
    bench.run(bench.job(), steps=500, width_px=256, preset="high", max_splats=1000)
    (order,) = bench.engine.orders
    assert (order.steps, order.width_px, order.preset, order.max_splats) == (500, 256, "high", 1000)


def test_somebody_else_holds_the_job(bench: Bench) -> None:
    job = bench.job()
    job.holder = "somebody else"
    assert bench.run(job).kind == "lost"
    assert bench.engine.orders == []
    assert job.failures == []


def test_a_name_that_leads_elsewhere_makes_no_folder(bench: Bench) -> None:
    spec = {**bench.cloud.spec(bench.job()), "jobId": "../../etc"}
    assert run_job({"spec": spec, "externalId": ""}, bench.workplace).kind == "lost"  # type: ignore[typeddict-item]
    assert bench.cloud.seen == []


def test_photos_that_are_at_fault_are_not_tried_again(bench: Bench) -> None:
    job = bench.job()

    def solve(*_: Any, **__: Any) -> Solved:
        raise failed(
            "unplaceable",
            f"Only 1 of 5 photos could be placed in {bench.folder}/solve.",
            photos=["000002.jpg"],
        )

    end = bench.run(job, tools=replace(bench.workplace.tools, solve=solve))
    assert end.kind == "failed"
    (told,) = job.failures
    assert told["failure"] == {
        **{"code": "unplaceable", "detail": "Only 1 of 5 photos could be placed in solve."},
        "photos": ["000002.jpg"],
    }
    assert told["retryable"] is False
    assert told["gpuSeconds"] > 0
    assert job.state == "failed"
    assert not bench.folder.exists()


@pytest.mark.parametrize(
    "error",
    [failed("gpu-lost", "The GPU is gone."), failed("out-of-memory", "Too much."), OSError(28, "No space")],
)
def test_a_machine_that_is_at_fault_is_told_and_its_folder_kept(bench: Bench, error: Exception) -> None:
    job = bench.job()
    bench.engine.raises = error
    assert bench.run(job).kind == "failed"
    assert job.failures[0]["retryable"] is True
    code = error.failure["code"] if isinstance(error, JobFailed) else "storage-full"
    assert job.failures[0]["failure"]["code"] == code
    # Another attempt may be made here.
    assert job.state == "queued"
    assert bench.folder.exists()


def test_no_engine_is_a_failure_before_anything_is_fetched(bench: Bench) -> None:
    job = bench.job()

    def choose(name: str, note: Any) -> Any:
        raise failed("gpu-missing", "No engine can run on this machine.")

    bench.run(job, tools=replace(bench.workplace.tools, choose=choose))
    assert job.failures[0]["failure"]["code"] == "gpu-missing"
    assert bench.cloud.calls("photo") == []


def test_a_bug_is_told_without_its_words(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    job = bench.job()
    bench.engine.raises = ZeroDivisionError(f"in {bench.folder}")
    assert bench.run(job).kind == "failed"
    assert job.failures[0]["failure"] == {
        "code": "cloud-failed",
        "detail": "The trainer broke off (ZeroDivisionError).",
    }
    assert job.failures[0]["retryable"] is True
    assert "Traceback" in caplog.text


def test_a_cancelled_job_is_left_at_once_and_nothing_is_told(bench: Bench) -> None:
    job = bench.job()
    bench.engine.steps, bench.engine.pause = 1000, 0.05
    bench.engine.each = lambda order, step: bench.cloud.cancel(job) if step == 3 else None
    start = time.monotonic()
    assert bench.run(job).kind == "cancelled"
    assert time.monotonic() - start < 20
    assert job.state == "cancelled"
    assert job.failures == []
    assert bench.cloud.calls("fail") == []
    assert bench.cloud.calls("complete") == []
    assert not bench.folder.exists()


def test_a_job_that_is_taken_away_is_left_with_its_folder(bench: Bench) -> None:
    job = bench.job()
    bench.engine.steps, bench.engine.pause = 1000, 0.05
    bench.engine.each = lambda order, step: bench.cloud.take_away(job) if step == 3 else None
    end = bench.run(job)
    assert end.kind == "lost"
    assert "over" in end.detail
    assert bench.cloud.calls("fail") == []
    assert bench.folder.exists()


def test_sigterm_keeps_the_checkpoint_and_tells_that_another_attempt_may_go_on(bench: Bench) -> None:
    job, stop = bench.job(), Stop()
    bench.engine.steps, bench.engine.pause = 1000, 0.05
    bench.engine.each = lambda order, step: stop.set("interrupted") if step == 3 else None
    assert bench.run(job, stop=stop).kind == "interrupted"
    (told,) = job.failures
    assert (told["failure"]["code"], told["retryable"]) == ("cancelled", True)
    assert b"checkpoint at the stop" in job.files["checkpoint"]
    assert job.state == "queued"


def test_another_machine_goes_on_with_the_same_cameras(bench: Bench, tmp_path: Path) -> None:
    job, stop = bench.job(), Stop()
    bench.engine.steps, bench.engine.pause = 1000, 0.05
    bench.engine.each = lambda order, step: stop.set("interrupted") if step == 3 else None
    bench.run(job, stop=stop)
    bundle = job.files["checkpoint"]
    job.checkpoint, job.state = bundle, "given"
    job.files.clear()
    undistorted: list[tuple[Path, bytes]] = []

    def undistort(photos: Path, model: Path, work: Path, stop: Stop) -> Path:
        undistorted.append((photos, (model / "images.bin").read_bytes()))
        return make_dataset(work).dataset

    tools = replace(bench.workplace.tools, undistort=undistort)
    bench.engine.steps, bench.engine.pause, bench.engine.each = 3, 0, lambda order, step: None
    end = bench.run(job, work=tmp_path / "elsewhere", holder="holder-2", tools=tools)
    assert end.kind == "completed"
    # Found once, by the first; the second has got them with the checkpoint.
    assert len(bench.solves) == 1
    assert len(undistorted) == 1
    assert undistorted[0][0].name == "photos-checked"
    assert bench.engine.began_with == [None, b"checkpoint at the stop"]
    assert (job.metrics or {})["registered"] == 4


@pytest.mark.parametrize("bundle", [b"no tar at all", b"\0" * 2000])
def test_a_checkpoint_that_is_none_is_passed_over(bench: Bench, bundle: bytes) -> None:
    job = bench.job(checkpoint=bundle)
    assert bench.run(job).kind == "completed"
    assert len(bench.solves) == 1
    assert bench.engine.began_with == [None]


def test_the_same_machine_goes_on_where_it_was(bench: Bench) -> None:
    job = bench.job()
    bench.engine.raises = failed("gpu-lost", "The GPU is gone.")
    bench.run(job)
    job.state, bench.engine.raises = "given", None
    assert bench.run(job, holder="holder-2").kind == "completed"
    assert len(bench.solves) == 1
    assert bench.engine.began_with == [None, b"checkpoint 2"]
    assert len(bench.cloud.calls("photo")) == len(photos)


def test_a_checkpoint_of_another_order_is_not_gone_on_from(bench: Bench) -> None:
    job = bench.job()
    bench.engine.raises = failed("gpu-lost", "The GPU is gone.")
    bench.run(job)
    job.state, bench.engine.raises = "given", None
    bench.run(job, holder="holder-2", steps=77)
    assert bench.engine.began_with == [None, None]


def test_checkpoints_are_sent_while_it_trains(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trainer.checkpoints, "every_seconds", 0.3)
    job = bench.job()
    bench.engine.steps, bench.engine.pause = 20, 0.1
    assert bench.run(job).kind == "completed"
    assert b"checkpoint " in job.files["checkpoint"]
    assert 2 <= len([seen for seen in bench.cloud.calls("put") if "/checkpoint?" in seen.target]) <= 8


def test_when_its_time_is_over_the_job_has_failed_for_good(bench: Bench) -> None:
    job = bench.job(max_seconds=1)
    bench.engine.steps, bench.engine.pause = 1000, 0.05
    end = bench.run(job)
    assert end.kind == "failed"
    assert job.failures[0]["failure"]["detail"] == "It was not finished within the 1 s that the cloud allows."
    assert job.failures[0]["retryable"] is False
    assert not bench.folder.exists()


def test_what_the_cloud_misses_is_put_again(bench: Bench) -> None:
    job = bench.job(outputs=("ply", "spz"))
    missing = json.dumps(
        {"error": {"code": "not-as-announced", "message": "Not there as announced: spz (missing)."}}
    )
    fault = status(422)
    fault.body = missing.encode()
    bench.cloud.fault("complete", fault)
    assert bench.run(job).kind == "completed"
    again = bench.cloud.calls("put")[-1]
    assert "/spz?" in again.target


def test_a_result_that_is_never_taken_is_a_failure(bench: Bench) -> None:
    job = bench.job()
    fault = status(422)
    bench.cloud.fault("complete", fault, times=None)
    assert bench.run(job).kind == "failed"
    assert len(bench.cloud.calls("complete")) == 3
    assert job.failures[0]["retryable"] is True


def test_an_address_that_has_run_out_is_asked_for_anew(bench: Bench) -> None:
    job = bench.job(outputs=("ply", "splat"))
    bench.cloud.fault("put", status(403), where="splat", times=2)
    assert bench.run(job).kind == "completed"
    assert "splat" in job.files


def test_previews_that_do_not_arrive_are_no_matter(bench: Bench) -> None:
    job = bench.job()
    bench.engine.pause = 0.1
    bench.cloud.fault("put", status(413), where="preview", times=None)
    assert bench.run(job).kind == "completed"
    assert not any(event["type"] == "preview-ready" for event in job.events)


def test_a_cloud_that_is_away_for_a_while_does_no_harm(bench: Bench) -> None:
    job = bench.job()
    for label in ("claim", "manifest", "events", "outputs", "complete"):
        bench.cloud.fault(label, cut())
    bench.cloud.fault("put", page(), where="ply")
    bench.cloud.fault("photo", altered(), where="000002.jpg")
    bench.cloud.fault("events", status(503))
    assert bench.run(job).kind == "completed"


def test_a_cloud_that_is_started_again_in_the_middle(bench: Bench) -> None:
    job = bench.job()
    bench.engine.steps, bench.engine.pause = 20, 0.1

    def restart() -> None:
        bench.cloud.stop()
        time.sleep(0.5)
        bench.cloud.start()

    def each(order: TrainOrder, step: int) -> None:
        if step == 5:
            threading.Thread(target=restart).start()

    bench.engine.each = each
    assert bench.run(job).kind == "completed"


def test_the_announced_hash_is_that_of_the_file(bench: Bench) -> None:
    job = bench.job(outputs=("splat",))
    bench.run(job)
    for kind in ("ply", "splat"):
        assert job.announced[kind]["sha256"] == hashlib.sha256(job.files[kind]).hexdigest()
