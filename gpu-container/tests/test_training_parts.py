"""The small parts of training: frame, neighbours, schedule, files, checkpoint, colours, memory."""

from __future__ import annotations

import itertools
import struct
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

from tiny_scene import shift, tiny_dataset, tiny_order, unit  # noqa: E402

from trainer.failure import JobFailed  # noqa: E402
from trainer.training import appearance  # noqa: E402
from trainer.training.checkpoint import load_checkpoint, run_facts, save_checkpoint  # noqa: E402
from trainer.training.dot_splat import dot_splat_bytes  # noqa: E402
from trainer.training.frame import camera_centres, scene_frame  # noqa: E402
from trainer.training.gaussians import Gaussians, initial_values, rotations  # noqa: E402
from trainer.training.memory import MemoryBudget, is_shortage  # noqa: E402
from trainer.training.neighbours import neighbour_distance  # noqa: E402
from trainer.training.ply import finite, ply_bytes  # noqa: E402
from trainer.training.presets import train_presets  # noqa: E402
from trainer.training.schedule import (  # noqa: E402
    Hyper,
    Pace,
    expected_step_seconds,
    hyper_for,
    refine_every,
    refines_at,
    sh_degree_at,
)
from trainer.training.views import ViewOrder  # noqa: E402

pytestmark = pytest.mark.torch


def test_the_frame_puts_the_cameras_into_the_unit_ball_and_keeps_every_projection() -> None:
    dataset = tiny_dataset()
    matrices = [view.world_to_camera for view in dataset.views]
    frame = scene_frame(matrices, dataset.xyz)
    np.testing.assert_allclose(np.linalg.norm(frame.centre - shift), 0, atol=unit)
    moved = [frame.camera(matrix) for matrix in matrices]
    assert np.linalg.norm(camera_centres(moved), axis=1).max() == pytest.approx(1 / 1.1, rel=1e-9)
    inside = frame.points(dataset.xyz)
    np.testing.assert_allclose(frame.means_in_world(inside), dataset.xyz, rtol=1e-12)
    for given, own in zip(matrices, moved, strict=True):
        there, here = dataset.xyz @ given[:3, :3].T + given[:3, 3], inside @ own[:3, :3].T + own[:3, 3]
        np.testing.assert_allclose(
            there[:, :2] / there[:, 2:], here[:, :2] / here[:, 2:], rtol=1e-7, atol=1e-9
        )


def test_cameras_in_one_place_take_the_points_for_measure() -> None:
    assert scene_frame([np.eye(4)] * 3, np.full((5, 3), 2.0)).scale == pytest.approx(2 * 3**0.5)
    assert scene_frame([np.eye(4)] * 3, np.zeros((0, 3))).scale == 1


def test_neighbours_are_nearly_always_the_nearest() -> None:
    xyz = np.random.default_rng(2).normal(size=(1500, 3)) * [1, 5, 0.2]
    squared = ((xyz[:, None] - xyz[None]) ** 2).sum(-1)
    exact = np.sqrt(np.sort(squared, 1)[:, 1:4].mean(1))
    found = neighbour_distance(xyz)
    assert (found >= exact * (1 - 1e-9)).all()
    assert np.median(found / exact) < 1.02
    assert (found / exact).mean() < 1.1
    np.testing.assert_array_equal(neighbour_distance(np.ones((1, 3))), [0])
    np.testing.assert_allclose(neighbour_distance(np.array([[0.0, 0, 0], [2, 0, 0]])), [2, 2])


def test_first_splats_of_many_points_of_none_and_of_a_stray_one() -> None:
    settings = {"sh_degree": 3, "opacity": 0.5, "scale": 1.0, "seed": 1}
    random = np.random.default_rng(1)
    xyz, rgb = random.normal(size=(500, 3)), np.full((500, 3), 255, dtype=np.uint8)
    many = initial_values(
        np.vstack([xyz, [[1e6, 0, 0]]]), np.vstack([rgb, rgb[:1]]), max_splats=600, **settings
    )
    assert many["log_scales"].max() - np.median(many["log_scales"]) == pytest.approx(np.log(10), abs=1e-3)
    np.testing.assert_allclose(0.5 + 0.28209479177387814 * many["sh0"], 1, rtol=1e-6)
    few = initial_values(xyz, rgb, max_splats=50, **settings)
    assert {len(value) for value in few.values()} == {50}
    none = initial_values(np.zeros((0, 3)), np.zeros((0, 3), dtype=np.uint8), max_splats=70, **settings)
    assert len(none["means"]) == 70
    assert np.linalg.norm(none["means"], axis=1).max() <= 3
    assert all(np.isfinite(value).all() for value in none.values())


def test_an_unhurried_run_goes_through_its_schedule_step_by_step() -> None:
    pace = Pace(7_000, 7_000)
    for _ in range(700):
        pace.advance()
    assert pace.done == pytest.approx(0.1, rel=1e-9)
    h = Hyper()
    assert [sh_degree_at(h, done, 3) for done in (0, 0.0334, 0.0667, 0.5)] == [0, 1, 2, 3]
    refinements = [step for step in range(1, 30_001) if refines_at(h, step, (step - 1) / 30_000, 30_000)]
    assert (refinements[0], refinements[-1], refinements[1] - refinements[0]) == (600, 25_000, 100)
    assert refine_every(h, 150) == 10


def test_short_runs_have_higher_rates_and_long_ones_the_published() -> None:
    assert hyper_for(7_000) == hyper_for(30_000) == Hyper()
    assert hyper_for(1) == hyper_for(500)
    assert (hyper_for(500).lr_means, hyper_for(500).initial_scale) == (2e-3, 0.8)
    runs = [hyper_for(steps) for steps in (500, 600, 1_000, 3_000, 6_999, 7_000)]
    assert all(a.lr_scales > b.lr_scales and a.lr_sh0 > b.lr_sh0 for a, b in itertools.pairwise(runs))
    # What shakes the splats is the product of the two.
    assert [h.noise * h.lr_means for h in runs] == pytest.approx([80] * len(runs))


def test_a_run_without_the_time_is_shortened_and_not_cut_off() -> None:
    """A clock that gives each step 0.1 s, and 100 s for 7,000 steps."""
    pace, seconds, dones = Pace(7_000, 7_000), 0.0, [0.0]
    while not pace.is_over:
        pace.advance()
        seconds += 0.1
        dones.append(pace.done)
        if pace.step == 20 or pace.step % 100 == 0:
            pace.plan(100 - seconds, 0.1)
    assert seconds == pytest.approx(100, abs=0.2)
    assert pace.done == 1
    steps = np.diff(dones)
    assert (steps > 0).all()
    # Once the speed is known, all steps are of one size.
    assert steps[25:].max() < 1.01 * steps[25:].min()
    pace = Pace(100, 50, step=10, done=0.1)
    pace.plan(1e9, 0.1)
    assert pace.total == 100
    pace.plan(-1, 0.1)
    assert pace.is_over


def test_growth_still_to_come_is_planned_with() -> None:
    h = Hyper()
    assert expected_step_seconds(0.02, 1_000_000, 1_000_000, 0.2, h) == 0.02
    assert expected_step_seconds(0.02, 500_000, 1_000_000, 0.9, h) == 0.02
    assert 0.02 < expected_step_seconds(0.02, 100_000, 1_000_000, 0.1, h) < 0.02 * 2.5 / 1.6


def test_every_round_visits_every_view_once_and_a_resumed_run_goes_on_in_the_same_round() -> None:
    order = ViewOrder([3, 5, 8, 9], seed=7)
    seen = [order(step) for step in range(1, 41)]
    assert all(sorted(seen[k : k + 4]) == [3, 5, 8, 9] for k in range(0, 40, 4))
    assert len({tuple(seen[k : k + 4]) for k in range(0, 40, 4)}) > 3
    assert [ViewOrder([3, 5, 8, 9], seed=7)(step) for step in (23, 11, 38)] == [seen[22], seen[10], seen[37]]


def _world(count: int = 3) -> dict[str, np.ndarray]:
    random = np.random.default_rng(5)
    return {
        "means": random.normal(size=(count, 3)),
        "log_scales": random.normal(size=(count, 3)) - 2,
        "quats": np.tile([0.0, 0, 2, 0], (count, 1)),
        "opacity_logits": np.array([-2.0, 3, 0])[:count],
        "sh0": random.normal(size=(count, 1, 3)),
        "sh_rest": np.arange(count * 45, dtype=np.float64).reshape(count, 15, 3),
    }


def test_ply_layout_byte_by_byte() -> None:
    world = _world(1)
    content = ply_bytes(world, antialiased=True)
    header, body = content.split(b"end_header\n")
    lines = header.decode().splitlines()
    assert lines[:2] == ["ply", "format binary_little_endian 1.0"]
    assert "comment SplatRenderMode: mip" in lines
    assert "element vertex 1" in lines
    properties = [line.split()[-1] for line in lines if line.startswith("property float ")]
    assert len(properties) == 62
    row = dict(zip(properties, struct.unpack("<62f", body), strict=True))
    assert row["f_dc_1"] == pytest.approx(world["sh0"][0, 0, 1], rel=1e-6)
    # Channel after channel: coefficient k of channel c lies at 15 c + k.
    assert [row["f_rest_0"], row["f_rest_1"], row["f_rest_15"], row["f_rest_44"]] == [0, 3, 1, 44]
    assert row["opacity"] == pytest.approx(-2)
    assert [row[f"rot_{k}"] for k in range(4)] == [0, 0, 1, 0]
    assert row["scale_2"] == pytest.approx(world["log_scales"][0, 2], rel=1e-6)
    assert b"mip" not in ply_bytes(world, antialiased=False)


def test_dot_splat_rows_most_important_first() -> None:
    world = _world()
    rows = dot_splat_bytes(world)
    assert len(rows) == 3 * 32
    weight = 1 / (1 + np.exp(-world["opacity_logits"])) * np.exp(world["log_scales"].sum(1))
    first = int(np.argmax(weight))
    floats = struct.unpack_from("<6f", rows)
    np.testing.assert_allclose(floats[:3], world["means"][first], rtol=1e-6)
    np.testing.assert_allclose(floats[3:], np.exp(world["log_scales"][first]), rtol=1e-6)
    colour = np.clip(np.round(255 * (0.5 + 0.28209479177387814 * world["sh0"][first, 0])), 0, 255)
    assert list(rows[24:27]) == colour.tolist()
    assert rows[27] == round(255 / (1 + np.exp(-world["opacity_logits"][first])))
    assert list(rows[28:32]) == [128, 128, 255, 128]


def test_splats_that_are_not_finite_are_left_out() -> None:
    world = _world()
    world["sh_rest"][1, 4, 2] = np.nan
    assert {len(value) for value in finite(world).values()} == {2}


def _state(count: int = 4) -> dict[str, object]:
    settings = {"max_splats": 9, "sh_degree": 3, "opacity": 0.5, "scale": 1.0, "seed": 1}
    values = initial_values(
        np.random.default_rng(1).normal(size=(count, 3)), np.zeros((count, 3), np.uint8), **settings
    )
    splats = Gaussians({name: torch.from_numpy(value) for name, value in values.items()})
    return {
        "splats": splats.state(),
        "pace": Pace(9, 9).state(),
        "cap": 9,
        "generators": [torch.zeros(3)],
        "grids": None,
    }


def test_a_checkpoint_comes_back_as_it_was_and_only_to_its_own_run(tmp_path: Path) -> None:
    dataset, order = tiny_dataset(), tiny_order(tmp_path)
    facts = run_facts(dataset, order, train_presets["draft"])
    state = _state()
    save_checkpoint(order.checkpoint, facts, state)
    assert [path.name for path in tmp_path.iterdir()] == ["run.ckpt"]
    back = load_checkpoint(order.checkpoint, facts)
    assert torch.equal(back["splats"]["values"]["means"], state["splats"]["values"]["means"])  # type: ignore[index]
    others = [
        run_facts(dataset, tiny_order(tmp_path, steps=151), train_presets["draft"]),
        run_facts(tiny_dataset(width_px=16), order, train_presets["draft"]),
    ]
    for other in others:
        with pytest.raises(JobFailed, match="other photos or other settings") as refused:
            load_checkpoint(order.checkpoint, other)
        assert refused.value.failure["code"] == "bad-file"


def test_a_damaged_checkpoint_is_refused_whatever_the_damage(tmp_path: Path) -> None:
    order = tiny_order(tmp_path)
    facts = run_facts(tiny_dataset(), order, train_presets["draft"])
    save_checkpoint(order.checkpoint, facts, _state())
    whole, random = order.checkpoint.read_bytes(), np.random.default_rng(1)
    cut = [whole[: int(len(whole) * share)] for share in (0, 0.01, 0.5, 0.99)]
    noise = [random.bytes(200), b"\x80\x02c__builtin__\neval\n.", b"PK\x03\x04" + random.bytes(99)]
    for content in [*cut, *noise]:
        order.checkpoint.write_bytes(content)
        with pytest.raises(JobFailed) as refused:
            load_checkpoint(order.checkpoint, facts)
        assert refused.value.failure["code"] == "bad-file"
    broken = _state()
    broken["splats"]["second"]["quats"] = torch.zeros(3, 4)  # type: ignore[index]
    save_checkpoint(order.checkpoint, facts, broken)
    with pytest.raises(JobFailed, match="damaged"):
        load_checkpoint(order.checkpoint, facts)


def test_a_fresh_colour_grid_changes_nothing_and_its_gradient_is_true() -> None:
    grids = appearance.BilateralGrids(2, "cpu")
    image = torch.rand(5, 7, 3, generator=torch.Generator().manual_seed(1))
    grid = grids.take(0)
    np.testing.assert_allclose(appearance.sliced(grid, image).detach().numpy(), image.numpy(), atol=1e-6)
    assert float(appearance.total_variation(grid).detach()) == 0
    small = torch.randn(
        12, 2, 3, 3, generator=torch.Generator().manual_seed(2), dtype=torch.float64, requires_grad=True
    )
    colours = (0.1 + 0.8 * image[:3, :2].double()).requires_grad_(True)
    assert torch.autograd.gradcheck(appearance.sliced, (small, colours))
    assert torch.autograd.gradcheck(appearance.total_variation, (small,))


def test_a_slice_takes_the_transform_of_its_place_and_brightness() -> None:
    grid = torch.zeros(12, 2, 2, 2, dtype=torch.float64)
    # The constant part of red: 1 in bright pixels at the right, 0 elsewhere, linear between.
    grid[3, 1, :, 1] = 1
    width, bright = 4, 0.75
    image = torch.full((1, width, 3), bright, dtype=torch.float64)
    across = (np.arange(width) + 0.5) / width
    np.testing.assert_allclose(appearance.sliced(grid, image)[0, :, 0].numpy(), bright * across, atol=1e-12)


def test_colour_grids_learn_what_differs_and_leave_the_mean_alone() -> None:
    """Two photos of one grey wall, one redder and one bluer than it by the same amount."""
    grids, wall = appearance.BilateralGrids(2, "cpu"), torch.full((8, 8, 3), 0.5)
    tint = torch.tensor([0.1, 0, -0.1])
    photos = [wall + tint, wall - tint]
    for step in range(400):
        view = step % 2
        loss = ((appearance.sliced(grids.take(view), wall) - photos[view]) ** 2).mean()
        loss.backward()
        grids.step(view, 5e-3)
    for view in (0, 1):
        seen = appearance.sliced(grids.take(view), wall).detach()
        assert float((seen - photos[view]).abs().max()) < 0.01
    mean = grids.state()["grids"].mean(0)
    np.testing.assert_allclose(appearance.sliced(mean, wall).numpy(), wall.numpy(), atol=1e-5)


def test_rotations_are_rotations() -> None:
    matrices = rotations(torch.randn(20, 4, generator=torch.Generator().manual_seed(1), dtype=torch.float64))
    np.testing.assert_allclose(
        (matrices @ matrices.transpose(1, 2)).numpy(), np.tile(np.eye(3), (20, 1, 1)), atol=1e-12
    )
    np.testing.assert_allclose(torch.linalg.det(matrices).numpy(), 1, atol=1e-12)
    quarter = rotations(torch.tensor([[1.0, 0, 0, 1]], dtype=torch.float64))[0]
    np.testing.assert_allclose(
        (quarter @ torch.tensor([1.0, 0, 0], dtype=torch.float64)).numpy(), [0, 1, 0], atol=1e-12
    )


def test_what_counts_as_a_shortage_of_memory() -> None:
    assert is_shortage(torch.cuda.OutOfMemoryError("CUDA out of memory."))
    assert is_shortage(RuntimeError("CUDA error: out of memory"))
    assert is_shortage(RuntimeError("CUBLAS_STATUS_ALLOC_FAILED when calling cublasCreate"))
    assert not is_shortage(RuntimeError("The size of tensor a must match"))
    assert not is_shortage(ValueError("out of memory"))


def test_the_cap_falls_by_a_quarter_until_it_gives_up() -> None:
    events: list[dict[str, object]] = []
    budget = MemoryBudget(1_000_000)
    caps = [budget.lower(2_000_000, events.append) for _ in range(6)]
    assert caps == [750_000, 562_500, 421_875, 316_406, 237_304, 177_978]
    assert all(event["failure"]["code"] == "out-of-memory" for event in events)  # type: ignore[index]
    with pytest.raises(JobFailed) as gave_up:
        budget.lower(100_000, events.append)
    assert gave_up.value.failure["code"] == "out-of-memory"
    assert gave_up.value.is_retryable
