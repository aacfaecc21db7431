"""The training loop: draw, compare, step, move splats; and what it keeps on the way.

Invariant: the state after n steps follows from the dataset and the order alone, whether the run was interrupted or not; a change of the
cap or of the time left changes it, and both are kept in the checkpoint.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from ..events import preview_ready
from ..stop import Reason, Stopped
from . import mcmc
from .appearance import BilateralGrids, sliced, total_variation
from .checkpoint import save_checkpoint
from .chores import Chore
from .figures import Figures
from .gaussians import from_state
from .loss import photo_loss
from .memory import MemoryBudget, is_shortage
from .scene_files import in_world, write_preview
from .schedule import (
    expected_step_seconds,
    grid_rate,
    mean_rate,
    rates,
    refine_every,
    refines_at,
    sh_degree_at,
)
from .setting import Scene, Setting, generator_of, pace_of
from .team import joined_grids, joined_splats, own_part, own_splats
from .views import Camera, ViewOrder

_reasons: tuple[Reason | None, ...] = (None, "cancelled", "interrupted", "lost", "out-of-time")


class Training:
    """One run in one process. With several, each has a part of the splats and of the photos."""

    def __init__(self, scene: Scene, setting: Setting, start: Mapping[str, Any]) -> None:
        """:param start: the state to go on from, as state() gives it, of the whole scene"""
        self._scene, self._setting = scene, setting
        team = setting.team
        self._own = own_part(scene.train, team)
        self._views = ViewOrder(self._own, setting.order.seed)
        self._place = {index: place for place, index in enumerate(self._own)}
        self.splats = from_state(own_splats(start["splats"], team), setting.device, team.size)
        self.pace = pace_of(setting, start)
        self.budget = MemoryBudget(int(start["cap"]), int(start.get("shortages", 0)))
        self._grids = (
            BilateralGrids(len(self._own), setting.device) if setting.preset.bilateral_grid else None
        )
        if self._grids is not None and start.get("grids") is not None:
            self._grids.load({name: own_part(rows, team) for name, rows in start["grids"].items()})
        self._generator = generator_of(setting, start["generators"])
        self._figures = Figures(setting.now)
        self._keeping = Chore(setting.order.checkpoint_seconds, setting.now)
        self._previewing = Chore(setting.order.preview_seconds, setting.now)

    def run(self) -> None:
        """Trains to the end.

        :raises Stopped: after the checkpoint was written, or without one when nobody wants the job any more
        :raises JobFailed: out-of-memory; or training went astray
        """
        self.splats.keep_most_opaque(self._own_cap)
        self._figures.mark(self.pace.step)
        self._plan()
        while True:
            self._heed()
            if self.pace.is_over:
                return
            if not self._try_step():
                self.budget.make_room(self.splats, self._setting.emit)
                continue
            self._plan()
            self._tell()

    @property
    def _own_cap(self) -> int:
        return -(-self.budget.cap // self._setting.team.size)

    def _heed(self) -> None:
        """Does what the first process says is due: the end, the files, another number of steps."""
        setting = self._setting
        wishes = [
            _reasons.index(setting.stop.reason),
            int(self._keeping.is_due),
            int(setting.order.preview is not None and self._previewing.is_due),
            self.pace.total,
        ]
        stopping, keeping, previewing, self.pace.total = setting.team.agree(wishes)
        reason = _reasons[stopping]
        if reason == "cancelled":
            raise Stopped(reason)
        if keeping or reason is not None:
            self.keep()
        if reason is not None:
            raise Stopped(reason)
        if previewing:
            self._preview()

    def _try_step(self) -> bool:
        """False: the device had no memory for it. The frames of the step are gone when this returns, and what they held with them."""
        try:
            self._step()
        except RuntimeError as error:
            # Together nobody can drop splats alone: all are begun again with fewer.
            if not is_shortage(error) or self._setting.team.size > 1:
                raise
            return False
        return True

    def _step(self) -> None:
        setting, pace, h = self._setting, self.pace, self._setting.hyper
        index = self._views(pace.step + 1)
        photo = self._scene.photos.photo(index)
        image = self._draw(self._scene.cameras[index])
        loss = self._loss(image, photo, index)
        loss.backward()
        self.splats.step(rates(h, pace.done))
        if self._grids is not None:
            self._grids.step(self._place[index], grid_rate(h, pace.done))
        if refines_at(h, pace.step + 1, pace.done, pace.total):
            mcmc.relocate(self.splats, h.dead_opacity, self._generator)
            mcmc.grow(self.splats, self._own_cap, h.growth, h.dead_opacity, self._generator)
        noise = mean_rate(h, pace.done) * h.noise * setting.team.size**0.5
        mcmc.shake(self.splats, noise, self._generator)
        pace.advance()

    def _draw(self, camera: Camera) -> Tensor:
        setting = self._setting
        degree = sh_degree_at(setting.hyper, self.pace.done, setting.preset.sh_degree)
        return setting.rasterizer.draw(
            self.splats.params,
            camera,
            sh_degree=degree,
            antialiased=setting.preset.antialiased,
            together=setting.team.size > 1,
        )

    def _loss(self, image: Tensor, photo: Tensor, index: int) -> Tensor:
        h, params = self._setting.hyper, self.splats.params
        grid = self._grids.take(self._place[index]) if self._grids is not None else None
        seen = image if grid is None else sliced(grid, image)
        loss = photo_loss(seen, photo, h.ssim_weight)
        self._figures.add(loss.total, loss.mse)
        total = loss.total
        if grid is not None:
            total = total + h.grid_smoothness * total_variation(grid)
        total = total + h.opacity_weight * torch.sigmoid(params["opacity_logits"]).mean()
        return total + h.scale_weight * torch.exp(params["log_scales"]).mean()

    def _plan(self) -> None:
        """Fits the number of steps to the time, at the end of every stretch of steps, and soon after the beginning."""
        setting, pace = self._setting, self.pace
        if setting.train_until is not None and setting.now() >= setting.train_until:
            pace.total = pace.step
        if pace.step % refine_every(setting.hyper, pace.wanted) != 0 and pace.step != 20:
            return
        seconds = self._step_seconds()
        if setting.train_until is not None and seconds is not None and not pace.is_over:
            pace.plan(setting.train_until - setting.now(), seconds)
        self._figures.mark(pace.step)

    def _step_seconds(self) -> float | None:
        """Expected mean of the steps that are left."""
        measured = self._figures.seconds_per_step(self.pace.step)
        if measured is None or self.pace.is_over:
            return measured
        own = self.splats.count
        return expected_step_seconds(
            measured, own, max(own, self._own_cap), self.pace.done, self._setting.hyper
        )

    def _tell(self) -> None:
        setting = self._setting
        if setting.team.rank != 0:
            return
        seconds = self._step_seconds()
        left = None if seconds is None else seconds * (self.pace.total - self.pace.step)
        camera = self._scene.cameras[self._views(self.pace.step)]
        count = self.splats.count * setting.team.size
        event = self._figures.event(self.pace, count, camera.width, camera.height, left)
        if event is not None:
            setting.emit(event)

    def state(self) -> dict[str, Any] | None:
        """The whole scene's, on the host, in the first process; None in the others. All of them call it at once."""
        part = {
            "splats": self.splats.state(),
            "generator": self._generator.get_state(),
            "grids": self._grids.state() if self._grids is not None else None,
        }
        parts = self._setting.team.collect(part)
        if parts is None:
            return None
        has_grids = parts[0]["grids"] is not None
        return {
            "splats": joined_splats([each["splats"] for each in parts]),
            "generators": [each["generator"] for each in parts],
            "grids": joined_grids([each["grids"] for each in parts], len(parts)) if has_grids else None,
            "pace": self.pace.state(),
            "cap": self.budget.cap,
            "shortages": self.budget.shortages,
        }

    def keep(self) -> dict[str, Any] | None:
        """Writes the checkpoint and gives back what is in it, as state() does. All processes call it at once."""
        setting, start = self._setting, self._setting.now()
        state = self.state()
        if state is not None:
            path = setting.order.checkpoint
            self._keeping.do(
                lambda: save_checkpoint(path, setting.facts, state), setting.emit, "checkpoint", start
            )
        return state

    def _preview(self) -> None:
        setting, start, path = self._setting, self._setting.now(), self._setting.order.preview
        parts = setting.team.collect(
            {name: value.detach().cpu() for name, value in self.splats.params.items()}
        )
        if parts is None or path is None:
            return
        values = {name: torch.cat([part[name] for part in parts]) for name in parts[0]}
        world = in_world(values, self._scene.frame)
        if self._previewing.do(lambda: write_preview(path, world), setting.emit, "preview", start):
            setting.emit(preview_ready())
