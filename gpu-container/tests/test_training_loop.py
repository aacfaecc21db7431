"""The training loop from a dataset to scores, on the CPU: what it learns, and what it does in every trouble."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

from cpu_rasterizer import CpuRasterizer  # noqa: E402
from PIL import Image  # noqa: E402
from tiny_scene import Dataset, View, shift, tiny_dataset, tiny_order, unit  # noqa: E402

from trainer import scores  # noqa: E402
from trainer.engines import gsplat_engine  # noqa: E402
from trainer.engines.base import TrainOrder  # noqa: E402
from trainer.events import JobEvent  # noqa: E402
from trainer.failure import JobFailed, failed  # noqa: E402
from trainer.stop import Reason, Stop, Stopped  # noqa: E402
from trainer.training.schedule import Hyper  # noqa: E402
from trainer.training.train_scene import Work, train_scene  # noqa: E402

pytestmark = pytest.mark.torch

#: For 150 steps on 24 px; the published rates are for 30,000 on photos.
quick = Hyper(lr_means=3e-3, lr_scales=3e-2, lr_quats=1e-2, lr_sh0=3e-2, lr_sh_rest=1e-3, noise=3e4)
_dataset = tiny_dataset()


def load_dataset(_: Path, *, width_px: int | None) -> Dataset:
    return _dataset if width_px is None else tiny_dataset(width_px=width_px)


def load_image(view: View) -> np.ndarray[Any, Any]:
    return _dataset.photos[view.index]


class Watched(CpuRasterizer):
    """Counts what is drawn while training, and calls `before` each time. Its clock moves with it, when it is asked."""

    def __init__(
        self, before: Callable[[Watched], None] = lambda _: None, seconds_per_draw: float = 0.0
    ) -> None:
        self.before, self.seconds_per_draw = before, seconds_per_draw
        self.draws, self.seconds, self.counts = 0, 0.0, [0]

    def now(self) -> float:
        return self.seconds

    def draw(self, params: Mapping[str, Any], *rest: Any, **more: Any) -> Any:
        if torch.is_grad_enabled():
            self.draws += 1
            self.seconds += self.seconds_per_draw
            self.counts.append(len(params["means"]))
            self.before(self)
        return super().draw(params, *rest, **more)


def train(
    order: TrainOrder,
    rasterizer: Watched | None = None,
    stop: Stop | None = None,
    load: Callable[[View], Any] = load_image,
) -> tuple[dict[str, Any], list[JobEvent]]:
    events: list[JobEvent] = []
    drawer = rasterizer or Watched()
    clock = {"now": drawer.now} if drawer.seconds_per_draw else {}
    metrics = train_scene(
        Work(drawer, load_dataset, load, quick, **clock), order, events.append, stop or Stop()
    )
    assert metrics is not None
    return metrics, events


def read_ply(path: Path) -> dict[str, np.ndarray[Any, Any]]:
    header, body = path.read_bytes().split(b"end_header\n", 1)
    names = [line.split()[-1] for line in header.decode().splitlines() if line.startswith("property")]
    rows = np.frombuffer(body, "<f4").reshape(-1, len(names))
    return {name: rows[:, k] for k, name in enumerate(names)}


@pytest.fixture(scope="module")
def trained(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[TrainOrder, dict[str, Any], list[JobEvent], Watched]:
    folder, rasterizer = tmp_path_factory.mktemp("trained"), Watched()
    order = tiny_order(folder, preview=folder / "preview.splat", preview_seconds=0.2)
    metrics, events = train(order, rasterizer)
    return order, metrics, events, rasterizer


Trained = tuple[TrainOrder, dict[str, Any], list[JobEvent], Watched]


def test_views_never_seen_are_drawn_well_after_a_short_run(trained: Trained) -> None:
    _, metrics, events, _ = trained
    # A grey picture has 10 dB here, the first splats 11.
    assert metrics["psnrDb"] > 20
    assert metrics["ssim"] > 0.7
    losses = [event["figures"]["loss"] for event in events if "figures" in event]
    assert losses[-1] < 0.25 * losses[0]


def test_the_count_grows_to_the_cap_and_never_beyond(trained: Trained) -> None:
    _, metrics, _, rasterizer = trained
    assert rasterizer.counts[1] == 100
    assert all(
        after >= before for before, after in zip(rasterizer.counts[1:], rasterizer.counts[2:], strict=False)
    )
    assert rasterizer.counts[-1] == metrics["splats"] == 130


def test_what_is_told(trained: Trained) -> None:
    _, _, events, _ = trained
    stages = [event["stage"] for event in events if event["type"] == "stage-started"]
    assert stages == ["photos", "train", "save", "evaluate"]
    assert [event for event in events if event.get("stage") == "photos"][-1]["done"] == 17
    assert [event for event in events if event.get("stage") == "evaluate"][-1]["total"] == 3
    told = [event for event in events if "figures" in event]
    assert told[-1]["done"] == told[-1]["total"] == 150
    assert told[-1]["secondsLeft"] == 0
    assert set(told[0]["figures"]) == {
        *("splats", "widthPx", "heightPx", "loss", "trainPsnrDb", "heldOutPsnrDb", "stepsPerSecond")
    }
    assert told[-1]["figures"]["stepsPerSecond"] > 1
    assert {"type": "preview-ready"} in events


def test_every_event_is_valid_under_the_protocol(trained: Trained) -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")
    path = Path(__file__).resolve().parents[1] / "schema/trainer.schema.json"
    schema = json.loads(path.read_text("utf-8"))
    event_schema = schema["$defs"]["EventsRequest"]["properties"]["events"]["items"]["properties"]["event"]
    validator = jsonschema.Draft202012Validator(event_schema)
    assert [list(validator.iter_errors(event)) for event in trained[2]] == [[]] * len(trained[2])


def test_the_files_lie_in_the_datasets_own_frame(trained: Trained) -> None:
    order, metrics, _, _ = trained
    ply = read_ply(order.out / "scene.ply")
    means = np.stack([ply[axis] for axis in "xyz"], 1)
    assert len(means) == metrics["splats"]
    assert np.linalg.norm(np.median(means, 0) - shift) < unit
    preview = (order.preview or Path()).read_bytes()
    assert len(preview) % 32 == 0
    assert np.linalg.norm(np.array(struct.unpack_from("<3f", preview)) - shift) < 4 * unit
    assert json.loads((order.out / "metrics.json").read_text("utf-8")) == metrics


def test_the_scores_are_those_of_the_pictures_that_were_left(trained: Trained) -> None:
    order, metrics, _, _ = trained
    assert [view["name"] for view in metrics["perView"]] == ["photo 00.jpg", "photo 08.jpg", "photo 16.jpg"]
    for view in metrics["perView"]:
        name = view["name"].replace(".jpg", ".png")
        render, photo = (np.asarray(Image.open(order.out / kind / name)) for kind in ("renders", "photos"))
        np.testing.assert_array_equal(photo, _dataset.photos[int(view["name"][6:8])])
        assert scores.psnr_db(render, photo) == view["psnrDb"]
        assert scores.ssim(render, photo) == view["ssim"]
        assert view["lpips"] is None
    assert metrics["psnrDb"] == pytest.approx(np.mean([view["psnrDb"] for view in metrics["perView"]]))
    assert metrics["lpips"] is None


def test_metrics_have_the_fields_of_the_other_engine(trained: Trained) -> None:
    fields = {
        *(
            "version",
            "data",
            "widthPx",
            "heightPx",
            "trainViews",
            "heldOutViews",
            "splats",
            "shDegree",
            "steps",
            "seed",
        ),
        *("adapter", "secondsByStage", "plannedBytes", "peakGpuBytes", "psnrDb", "ssim", "perView"),
        *("poseRefinement", "exposureRefinement"),
    }
    metrics = trained[1]
    assert fields <= metrics.keys()
    assert (metrics["trainViews"], metrics["heldOutViews"], metrics["steps"]) == (14, 3, 150)
    assert set(metrics["secondsByStage"]) == {"photos", "train", "save", "evaluate"}


def stopping_at(draw: int, stop: Stop, reason: Reason) -> Watched:
    return Watched(lambda self: stop.set(reason) if self.draws == draw else None)


@pytest.mark.parametrize("preset", ["draft", "high"])
def test_a_resumed_run_ends_as_an_uninterrupted_one_bit_for_bit(tmp_path: Path, preset: str) -> None:
    more = {"preset": preset, "steps": 40}
    whole, broken = tiny_order(tmp_path / "whole", **more), tiny_order(tmp_path / "broken", **more)
    train(whole)
    for draw in (11, 16):
        stop = Stop()
        with pytest.raises(Stopped) as stopped:
            train(broken, stopping_at(draw, stop, "interrupted"), stop)
        assert stopped.value.reason == "interrupted"
        assert not (broken.out / "scene.ply").exists()
    rest = Watched()
    train(broken, rest)
    assert rest.draws == 40 - 11 - 16
    assert (broken.out / "scene.ply").read_bytes() == (whole.out / "scene.ply").read_bytes()


def test_a_finished_run_that_is_begun_again_is_only_scored(tmp_path: Path) -> None:
    order = tiny_order(tmp_path, steps=12)
    first, _ = train(order)
    again = Watched()
    second, _ = train(order, again)
    assert again.draws == 0
    assert second["perView"] == first["perView"]
    assert second["steps"] == 12


def test_of_a_job_that_nobody_wants_nothing_is_kept(tmp_path: Path) -> None:
    order, stop = tiny_order(tmp_path), Stop()
    rasterizer = stopping_at(15, stop, "cancelled")
    with pytest.raises(Stopped):
        train(order, rasterizer, stop)
    assert rasterizer.draws == 15
    assert not order.checkpoint.exists()


def test_a_checkpoint_of_another_order_is_refused(tmp_path: Path) -> None:
    train(tiny_order(tmp_path, steps=12))
    with pytest.raises(JobFailed) as refused:
        train(tiny_order(tmp_path, steps=13))
    assert refused.value.failure["code"] == "bad-file"


def test_the_checkpoint_is_written_at_intervals(tmp_path: Path) -> None:
    order = tiny_order(tmp_path, steps=40, checkpoint_seconds=10)
    seen: list[bool] = []
    train(order, Watched(lambda _: seen.append(order.checkpoint.exists()), seconds_per_draw=1.0))
    assert seen == [False] * 10 + [True] * 30


def test_a_disk_that_is_full_for_the_checkpoint_ends_no_run(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file where a folder should be")
    order = TrainOrder(
        tmp_path,
        tmp_path / "out",
        "draft",
        tmp_path / "taken/run.ckpt",
        checkpoint_seconds=0,
        steps=12,
        max_splats=120,
    )
    metrics, events = train(order)
    assert metrics["steps"] == 12
    assert [event["failure"]["code"] for event in events if event["type"] == "warning"] == ["storage-full"]


def test_a_run_without_the_time_for_all_its_steps_is_in_time_and_scored(tmp_path: Path) -> None:
    """By a clock that takes half a second a step: 150 would take 75 seconds."""
    order = tiny_order(tmp_path, seconds=50)
    rasterizer = Watched(seconds_per_draw=0.5)
    metrics, events = train(order, rasterizer)
    # Ten seconds are kept back.
    assert 76 <= metrics["steps"] <= 80
    assert rasterizer.seconds <= 40.5
    assert metrics["psnrDb"] > 14
    told = [event for event in events if "figures" in event]
    assert told[-1]["done"] == told[-1]["total"] == metrics["steps"]


def test_no_time_at_all_is_said(tmp_path: Path) -> None:
    with pytest.raises(JobFailed, match="time ran out") as end:
        train(tiny_order(tmp_path, seconds=5), Watched(seconds_per_draw=100.0))
    assert not end.value.is_retryable


class OutOfMemory(Watched):
    """A device that holds so many splats."""

    def __init__(self, most: int, kind: type[RuntimeError] = torch.cuda.OutOfMemoryError) -> None:
        super().__init__()
        self.most, self.kind = most, kind

    def draw(self, params: Mapping[str, Any], *rest: Any, **more: Any) -> Any:
        image = super().draw(params, *rest, **more)
        if len(params["means"]) > self.most:
            raise self.kind("CUDA out of memory. Tried to allocate 2.00 GiB")
        return image


@pytest.mark.parametrize("kind", [torch.cuda.OutOfMemoryError, RuntimeError])
def test_a_shortage_of_memory_costs_splats_and_not_the_run(tmp_path: Path, kind: type[RuntimeError]) -> None:
    order = tiny_order(tmp_path, steps=60)
    metrics, events = train(order, OutOfMemory(95, kind))
    assert metrics["steps"] == 60
    assert metrics["splats"] <= 95
    warnings = [event["failure"] for event in events if event["type"] == "warning"]
    # 100 splats do not fit, 75 do; the count is never above the lowered cap again.
    assert [(each["code"], "at most 75" in each["detail"]) for each in warnings] == [("out-of-memory", True)]


def test_a_device_that_holds_nothing_fails_the_job_as_out_of_memory(tmp_path: Path) -> None:
    with pytest.raises(JobFailed) as end:
        train(tiny_order(tmp_path), OutOfMemory(5))
    assert end.value.failure["code"] == "out-of-memory"
    assert end.value.is_retryable


def test_a_photo_that_cannot_be_read_is_left_out_and_said(tmp_path: Path) -> None:
    def load(view: View) -> Any:
        if view.index in (3, 8):
            raise failed("bad-file", f"The photo {view.name} cannot be read.", file=view.name)
        return load_image(view)

    metrics, events = train(tiny_order(tmp_path, steps=12), load=load)
    assert (metrics["trainViews"], metrics["heldOutViews"]) == (13, 2)
    assert [event["failure"]["file"] for event in events if event["type"] == "warning"] == [
        "photo 03.jpg",
        "photo 08.jpg",
    ]


def test_a_loss_that_is_no_number_ends_the_run(tmp_path: Path) -> None:
    class Astray(Watched):
        def draw(self, *rest: Any, **more: Any) -> Any:
            return super().draw(*rest, **more) * (float("nan") if self.draws > 3 else 1)

    with pytest.raises(JobFailed, match="astray"):
        train(tiny_order(tmp_path, steps=12), Astray())


def test_without_a_device_the_engine_says_so(tmp_path: Path) -> None:
    if torch.cuda.is_available():
        pytest.skip("there is a CUDA device")
    assert gsplat_engine.create().device() is None
    with pytest.raises(JobFailed) as end:
        gsplat_engine.create().train(tiny_order(tmp_path), lambda _: None, Stop())
    assert end.value.failure["code"] == "gpu-missing"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("CUDA out of memory. Tried to allocate 2 GiB", "out-of-memory"),
        ("CUDA error: an illegal memory access was encountered", "gpu-lost"),
        ("NCCL communicator was aborted", "gpu-lost"),
    ],
)
def test_what_the_device_does_is_a_failure_and_what_the_program_does_a_bug(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str, code: str
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError(words)

    monkeypatch.setattr(gsplat_engine, "_train", broken)
    with pytest.raises(JobFailed) as end:
        gsplat_engine.create(CpuRasterizer()).train(tiny_order(tmp_path), lambda _: None, Stop())
    assert end.value.failure["code"] == code
    assert end.value.is_retryable
    words = "shapes differ"
    with pytest.raises(RuntimeError, match="shapes differ"):
        gsplat_engine.create(CpuRasterizer()).train(tiny_order(tmp_path), lambda _: None, Stop())
