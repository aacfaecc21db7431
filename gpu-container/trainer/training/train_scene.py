"""One run from the dataset to the scored scene, in one process or as one of several.

Invariant: the scene and the checkpoint are on disk before scoring begins, so that whatever ends the scoring loses no training.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from ..engines.base import Metrics, TrainOrder
from ..events import Emit, stage_started, warning
from ..failure import JobFailed, failed
from ..stop import Stop
from ..whole_file import write_whole
from .checkpoint import load_checkpoint, run_facts
from .evaluate import mean_scores, score_views
from .figures import Clock
from .frame import scene_frame
from .gaussians import from_state, initial_values
from .loop import Training
from .memory import MemoryBudget, free_unused, is_shortage
from .metrics import start_metrics
from .presets import steps_of, train_presets
from .rasterizer import Rasterizer
from .scene_files import in_world, write_scene
from .schedule import Hyper, hyper_for, reserve_seconds
from .setting import Scene, Setting, first_state
from .team import Alone, Team, own_part
from .views import DatasetFacts, LoadImage, PhotoStore, camera_of

#: Fewest photos that can carry a scene, besides those held out.
_fewest_views = 2


@dataclass(frozen=True)
class Work:
    """What a process needs besides the order. All of it can be sent to another process."""

    rasterizer: Rasterizer
    load_dataset: Callable[..., DatasetFacts]
    load_image: LoadImage
    #: None: as hyper_for() has it for the steps of the order.
    hyper: Hyper | None = None
    now: Clock = time.monotonic
    #: Of memory, found out by an earlier try; None: none.
    cap: int | None = None


def train_scene(
    work: Work, order: TrainOrder, emit: Emit, stop: Stop, team: Team | None = None
) -> Metrics | None:
    """See engines.base.Engine.train. The metrics in the first process; None in the others.

    :raises JobFailed, Stopped:
    :raises RuntimeError: the device's; a shortage of memory only from a team
    """
    run = _Run(work, order, emit, stop, team or Alone())
    device = work.rasterizer.device()
    if device is None:
        raise failed("gpu-missing", "There is no CUDA device here that gsplat could use.")
    # The variances in SSIM are differences of nearly equal numbers: ten bits are not enough for them.
    torch.backends.cudnn.allow_tf32 = False
    return run.do(device)


class _Run:
    def __init__(self, work: Work, order: TrainOrder, emit: Emit, stop: Stop, team: Team) -> None:
        self.work, self.order, self.stop, self.team = work, order, stop, team
        self.emit: Emit = emit if team.rank == 0 else lambda _: None
        self.preset = train_presets[order.preset]
        self.start = self.mark = work.now()
        self.seconds: dict[str, float] = {}

    def _stage_done(self, name: str) -> None:
        now = self.work.now()
        self.seconds[name] = self.seconds.get(name, 0.0) + now - self.mark
        self.mark = now

    def do(self, device: torch.device) -> Metrics | None:
        dataset = self.work.load_dataset(self.order.dataset, width_px=self.order.width_px)
        scene = self._scene(dataset, device)
        self._stage_done("photos")
        self.emit(stage_started("train"))
        final = self._train(self._setting(dataset, device), scene, dataset)
        self._stage_done("train")
        # The others go on to their end; the first has everything now.
        return None if final is None else self._finish(final, scene, dataset, device)

    def _scene(self, dataset: DatasetFacts, device: torch.device) -> Scene:
        """Cameras of all, photos of the own part and, in the first process, of those held out."""
        self.emit(stage_started("photos"))
        frame = scene_frame([view.world_to_camera for view in dataset.views], dataset.xyz)
        photos = PhotoStore(device)
        wanted = [
            *own_part(list(dataset.train), self.team),
            *(dataset.held_out if self.team.rank == 0 else []),
        ]
        bad = photos.load(dataset, wanted, self.work.load_image, self.emit, self.stop)
        for error in bad:
            if self.team.size > 1:
                raise error
            self.emit(warning(error.failure))
        # In a team each process has read its own part only, and all of it.
        train = [index for index in dataset.train if self.team.size > 1 or index in photos]
        if len(train) < max(_fewest_views, self.team.size):
            detail = f"{len(train)} usable photos are left to train on; at least {_fewest_views} are needed."
            raise failed("too-few-photos", detail)
        cameras = {index: camera_of(view, frame, device) for index, view in enumerate(dataset.views)}
        held_out = [index for index in dataset.held_out if index in photos]
        return Scene(cameras, photos, train, held_out, frame)

    def _setting(self, dataset: DatasetFacts, device: torch.device) -> Setting:
        limit = self.order.seconds
        until = None if limit is None else self.start + limit - reserve_seconds(limit)
        facts = run_facts(dataset, self.order, self.preset)
        return Setting(
            *(self.order, self.preset, facts, self.work.rasterizer, device, self.team, self.emit, self.stop),
            train_until=until,
            hyper=self.work.hyper or hyper_for(steps_of(self.order, self.preset)),
            now=self.work.now,
        )

    def _train(self, setting: Setting, scene: Scene, dataset: DatasetFacts) -> dict[str, Any] | None:
        """The whole scene's state after the last step, in the first process."""
        if self.order.checkpoint.exists():
            state = load_checkpoint(self.order.checkpoint, setting.facts)
        else:
            state = self._first_state(setting, scene, dataset)
        state["cap"] = min(state["cap"], self.work.cap or state["cap"])
        training = _opened(scene, setting, state)
        del state
        training.run()
        if training.pace.step == 0:
            raise failed(
                "cloud-failed", "The time ran out before there was a splat to save.", retryable=False
            )
        return training.keep()

    def _first_state(self, setting: Setting, scene: Scene, dataset: DatasetFacts) -> dict[str, Any]:
        h, cap = setting.hyper, self.order.max_splats or self.preset.max_splats
        values = initial_values(
            scene.frame.points(dataset.xyz),
            dataset.rgb,
            max_splats=cap,
            sh_degree=self.preset.sh_degree,
            opacity=h.initial_opacity,
            scale=h.initial_scale,
            seed=self.order.seed,
        )
        return first_state(values, setting, cap)

    def _finish(
        self, final: Mapping[str, Any], scene: Scene, dataset: DatasetFacts, device: torch.device
    ) -> Metrics:
        free_unused()
        self.emit(stage_started("save"))
        world = in_world(final["splats"]["values"], scene.frame)
        if len(world["means"]) == 0:
            raise failed("cloud-failed", "Training went astray: no splat is left.", retryable=True)
        _saved(lambda: write_scene(self.order.out / "scene.ply", world, antialiased=self.preset.antialiased))
        self._stage_done("save")
        metrics = {
            **start_metrics(
                self.order,
                self.preset,
                self.work.rasterizer,
                dataset,
                scene,
                int(final["cap"]),
                self.team.size,
            ),
            "splats": len(world["means"]),
            "steps": int(final["pace"]["step"]),
            **self._measured(device),
        }
        _saved(lambda: _write_metrics(self.order.out, metrics))
        if not scene.held_out:
            return metrics
        self.emit(stage_started("evaluate"))
        params = {name: value.to(device) for name, value in final["splats"]["values"].items()}
        per_view = self._scores(params, scene, dataset, device)
        self._stage_done("evaluate")
        scored = {**metrics, **mean_scores(per_view), "perView": per_view, **self._measured(device)}
        _saved(lambda: _write_metrics(self.order.out, scored))
        return scored

    def _scores(
        self, params: Mapping[str, Any], scene: Scene, dataset: DatasetFacts, device: torch.device
    ) -> list[dict[str, Any]]:
        limit, work = self.order.seconds, self.work

        def draw(index: int) -> torch.Tensor:
            degree = self.preset.sh_degree
            camera = scene.cameras[index]
            return work.rasterizer.draw(params, camera, sh_degree=degree, antialiased=self.preset.antialiased)

        def is_late() -> bool:
            return limit is not None and work.now() >= self.start + limit

        names = {index: view.name for index, view in enumerate(dataset.views)}
        shown = (scene.held_out, names, draw, scene.photos)
        try:
            return score_views(*shown, self.order.out, self.emit, self.stop, device, is_late)
        except OSError as error:
            raise _unwritten(error) from error

    def _measured(self, device: torch.device) -> dict[str, Any]:
        peak = torch.cuda.max_memory_allocated(device) if device.type == "cuda" else 0
        return {"secondsByStage": dict(self.seconds), "peakGpuBytes": int(peak)}


def _opened(scene: Scene, setting: Setting, state: dict[str, Any]) -> Training:
    """The run at that state; with fewer splats when the device does not hold them.

    :raises JobFailed: out-of-memory
    """
    while True:
        try:
            return Training(scene, setting, state)
        except RuntimeError as error:
            if not is_shortage(error) or setting.team.size > 1:
                raise
        free_unused()
        splats = from_state(state["splats"], "cpu")
        budget = MemoryBudget(int(state["cap"]), int(state["shortages"]))
        splats.keep_most_opaque(budget.lower(splats.count, setting.emit))
        state.update(splats=splats.state(), cap=budget.cap, shortages=budget.shortages)


def _unwritten(error: OSError) -> JobFailed:
    return failed("storage-full", f"The result could not be written ({error.strerror}).")


def _saved(write: Callable[[], None]) -> None:
    """:raises JobFailed: storage-full"""
    try:
        write()
    except OSError as error:
        raise _unwritten(error) from error


def _write_metrics(out: Path, metrics: Metrics) -> None:
    write_whole(out / "metrics.json", json.dumps(metrics, indent=2) + "\n")
