"""Several processes training one scene over gloo, with a rasterizer that exchanges splats as gsplat's distributed mode does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

from cpu_rasterizer import CpuRasterizer  # noqa: E402
from tiny_scene import tiny_dataset, tiny_order, tiny_photo  # noqa: E402

from trainer.events import JobEvent  # noqa: E402
from trainer.failure import failed  # noqa: E402
from trainer.stop import Stop, Stopped  # noqa: E402
from trainer.training import distributed  # noqa: E402
from trainer.training.distributed import train_together  # noqa: E402
from trainer.training.schedule import Hyper  # noqa: E402
from trainer.training.team import Alone, joined_grids, joined_splats, own_part, own_splats  # noqa: E402
from trainer.training.train_scene import Work, train_scene  # noqa: E402

pytestmark = [
    pytest.mark.torch,
    pytest.mark.skipif(
        not torch.distributed.is_available(), reason="PyTorch was built without torch.distributed"
    ),
]

quick = Hyper(lr_means=3e-3, lr_scales=3e-2, lr_quats=1e-2, lr_sh0=3e-2, lr_sh_rest=1e-3, noise=3e4)
work = Work(CpuRasterizer(), tiny_dataset, tiny_photo, quick)


class Member(Alone):
    def __init__(self, rank: int, size: int) -> None:
        self.rank, self.size = rank, size


def test_what_is_dealt_out_comes_together_again() -> None:
    values = {"means": torch.arange(21.0).view(7, 3), "sh0": torch.arange(7.0)}
    state = {"values": values, "first": values, "second": values, "steps": 4}
    parts = [own_splats(state, Member(rank, 3)) for rank in range(3)]
    assert [len(part["values"]["means"]) for part in parts] == [3, 2, 2]
    joined = joined_splats(parts)
    assert joined["steps"] == 4
    for name in values:
        assert sorted(joined["values"][name].flatten().tolist()) == values[name].flatten().tolist()
    # Rows stay together.
    assert torch.equal(joined["values"]["means"][:, 0], 3 * joined["values"]["sh0"])
    grids = {"grids": torch.arange(8.0).view(8, 1), "steps": torch.arange(8)}
    dealt = [{name: own_part(rows, Member(rank, 3)) for name, rows in grids.items()} for rank in range(3)]
    assert all(torch.equal(joined_grids(dealt, 3)[name], rows) for name, rows in grids.items())


def test_two_processes_train_one_scene(tmp_path: Path) -> None:
    """As many photos are looked at as alone, in half the steps; the result is nearly as good."""
    events: list[JobEvent] = []
    order = tiny_order(
        tmp_path, preset="high", steps=100, preview=tmp_path / "preview.splat", preview_seconds=0.5
    )
    metrics = train_together(2, work, order, events.append, Stop(), backend="gloo")
    assert (metrics["gpus"], metrics["steps"]) == (2, 50)
    assert 105 <= metrics["splats"] <= 130
    assert metrics["psnrDb"] > 13
    stages = [event["stage"] for event in events if event["type"] == "stage-started"]
    assert stages == ["photos", "train", "save", "evaluate"]
    assert {"type": "preview-ready"} in events
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "preview.splat", "run.ckpt"]


def test_a_stop_reaches_all_and_one_process_goes_on_from_their_checkpoint(tmp_path: Path) -> None:
    stop, order = Stop(), tiny_order(tmp_path, steps=600, preset="high")

    def emit(event: JobEvent) -> None:
        if event.get("stage") == "train" and event["type"] == "progress":
            stop.set("interrupted")

    with pytest.raises(Stopped) as stopped:
        train_together(2, work, order, emit, stop, backend="gloo")
    assert stopped.value.reason == "interrupted"
    again = Stop()
    events: list[JobEvent] = []

    def emit_once(event: JobEvent) -> None:
        events.append(event)
        if "figures" in event:
            again.set("interrupted")

    with pytest.raises(Stopped):
        train_scene(work, order, emit_once, again)
    told = next(event for event in events if "figures" in event)
    # What was left of 300 steps with two photos each is twice as many with one.
    assert 400 < told["total"] <= 600
    assert told["done"] > 1


def test_a_shortage_begins_again_with_fewer_and_a_bug_is_told_as_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends: list[tuple[Any, ...]] = [("shortage", 5_000), ("shortage", 5_000), ("bug", "line 3: shapes differ")]
    caps: list[int | None] = []

    class Told:
        def __init__(self, _: int, work: Work, *rest: object) -> None:
            caps.append(work.cap)

        def run(self, _: object) -> tuple[Any, ...]:
            return ends.pop(0)

    monkeypatch.setattr(distributed, "_Processes", Told)
    events: list[JobEvent] = []
    with pytest.raises(RuntimeError, match="shapes differ"):
        train_together(2, work, tiny_order(tmp_path, max_splats=8_000), events.append, Stop())
    assert caps == [8_000, 3_750, 2_812]
    assert [event["failure"]["code"] for event in events] == ["out-of-memory"] * 2


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (Stopped("lost"), ("stopped", "lost")),
        (failed("bad-file", "Not whole."), ("failed", {"code": "bad-file", "detail": "Not whole."}, None)),
        (RuntimeError("CUDA out of memory."), ("shortage", 130)),
    ],
)
def test_how_a_process_tells_its_end(tmp_path: Path, error: Exception, told: tuple[Any, ...]) -> None:
    assert distributed._end_of(error, tiny_order(tmp_path)) == told
    assert distributed._end_of(ValueError("x"), tiny_order(tmp_path))[0] == "bug"
