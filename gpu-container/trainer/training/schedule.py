"""What changes with the progress of a run: rates, SH degree, refinements; and how many steps the time allows.

Invariant: rates and degrees follow from the share of the run that is done, 0..1, never from the step alone, so that a run that was
shortened to fit its time goes through the whole schedule and is not cut off.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True)
class Hyper:
    """Those of 3DGS-MCMC (Kheradmand et al. 2024, section 4 and appendix) as gsplat's benchmark of it runs them. Lengths in frame units."""

    lr_means: float = 1.6e-4
    #: Share of it that is left at the end; falls exponentially.
    lr_means_final: float = 0.01
    lr_scales: float = 5e-3
    lr_quats: float = 1e-3
    lr_opacities: float = 5e-2
    lr_sh0: float = 2.5e-3
    lr_sh_rest: float = 2.5e-3 / 20
    ssim_weight: float = 0.2
    #: Weights of the mean opacity and of the mean standard deviation in the loss (their eq. 10).
    opacity_weight: float = 0.01
    scale_weight: float = 0.01
    initial_opacity: float = 0.5
    #: Of the distance to the neighbours.
    initial_scale: float = 0.1
    #: Langevin noise in units of the position's rate (their lambda_noise).
    noise: float = 5e5
    #: Splats at or below it are dead and moved.
    dead_opacity: float = 0.005
    #: Growth by each refinement.
    growth: float = 1.05
    #: Steps between refinements; fewer in runs so short that there would be under 50.
    refine_every: int = 100
    refine_from: float = 500 / 30_000
    refine_until: float = 25_000 / 30_000
    #: Share of the run after which each further SH degree is switched on.
    sh_every: float = 1_000 / 30_000
    lr_grid: float = 2e-3
    lr_grid_final: float = 0.01
    #: Of the total variation of a bilateral grid (Wang et al. 2024, section 4.1).
    grid_smoothness: float = 10.0


#: Of a run of hundreds of steps, which has no time for small ones: the headless engine's (docs/decisions/0002-rates-for-short-runs.md). The
#: noise is as strong as with the rates of long runs.
_short_run = {
    "lr_means": 2e-3,
    "lr_means_final": 0.05,
    "lr_scales": 3e-2,
    "lr_quats": 2e-2,
    "lr_sh0": 2e-2,
    "lr_sh_rest": 2e-3,
    "initial_opacity": 0.3,
    "initial_scale": 0.8,
    "noise": 4e4,
}
_short_steps, _long_steps = 500, 7_000


def hyper_for(steps: int) -> Hyper:
    """For a run of so many steps, each looking at one photo: the published figures from 7,000 on, and the higher rates the shorter it is.

    fox, 44 px wide, 1,000 splats, 500 steps, on the CPU rasterizer of the tests, held out: 25.1 dB; 17.7 dB with the published figures.
    The headless engine at the same settings: 25.6 dB.
    """
    long = Hyper()
    share = min(1.0, max(0.0, math.log(max(1, steps) / _short_steps) / math.log(_long_steps / _short_steps)))
    between = {
        name: short ** (1 - share) * getattr(long, name) ** share for name, short in _short_run.items()
    }
    return replace(long, **between) if share < 1 else long


def refine_every(h: Hyper, total: int) -> int:
    return max(10, min(h.refine_every, total // 50))


def refines_at(h: Hyper, step: int, done: float, total: int) -> bool:
    """True when splats are moved and added after this 1-based step; `done`: share of the run."""
    return step % refine_every(h, total) == 0 and h.refine_from <= done <= h.refine_until


def sh_degree_at(h: Hyper, done: float, highest: int) -> int:
    return min(highest, int(done / h.sh_every + 1e-9))


def mean_rate(h: Hyper, done: float) -> float:
    """Rate of the positions; also the measure of the noise."""
    return float(h.lr_means * h.lr_means_final**done)


def grid_rate(h: Hyper, done: float) -> float:
    return float(h.lr_grid * h.lr_grid_final**done)


def rates(h: Hyper, done: float) -> dict[str, float]:
    """Rate of each parameter by its name in gaussians.py."""
    return {
        "means": mean_rate(h, done),
        "log_scales": h.lr_scales,
        "quats": h.lr_quats,
        "opacity_logits": h.lr_opacities,
        "sh0": h.lr_sh0,
        "sh_rest": h.lr_sh_rest,
    }


@dataclass
class Pace:
    """How far a run is. With a time limit the number of steps is planned anew as its speed becomes known.

    `done` grows by an equal share of what is left, so that it is 1 with the last step however often that was planned anew, and step / total
    when it never was.
    """

    wanted: int
    total: int
    step: int = 0
    done: float = 0.0

    @property
    def is_over(self) -> bool:
        return self.step >= self.total

    def advance(self) -> None:
        left = self.total - self.step
        self.step += 1
        self.done = 1.0 if left <= 1 else self.done + (1.0 - self.done) / left

    def plan(self, seconds_left: float, seconds_per_step: float) -> None:
        """Sets the total to what the time allows: never more than wanted, never a step already taken back."""
        affordable = int(max(0.0, seconds_left) / max(seconds_per_step, 1e-9))
        self.total = max(self.step, min(self.wanted, self.step + affordable))

    def state(self) -> dict[str, Any]:
        return {"total": self.total, "step": self.step, "done": self.done}


def reserve_seconds(limit: float) -> float:
    """What of a time limit is kept back for scoring and saving; as the other engine does."""
    return min(120.0, max(10.0, 0.1 * limit))


#: A step costs as much as this many splats besides those it has: gsplat's published times with 1, 2 and 3 million splats (15.4, 21.8 and
#: 27.6 minutes) lie on such a line.
_fixed_cost_splats = 1_500_000


def expected_step_seconds(measured: float, count: int, cap: int, done: float, h: Hyper) -> float:
    """Mean seconds of the steps that are left, from those of the last ones, when the count goes on growing to the cap."""
    if count >= cap or done >= h.refine_until:
        return measured
    growing = (h.refine_until - done) / (1.0 - done)
    mean_count = cap - (cap - count) * growing * 0.5
    return measured * (_fixed_cost_splats + mean_count) / (_fixed_cost_splats + count)
