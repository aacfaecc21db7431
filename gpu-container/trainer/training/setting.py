"""What a run is about, and the state that it begins or goes on with.

Invariant: a state is of the whole scene, however many processes made it and will take it up.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ..engines.base import TrainOrder
from ..events import Emit
from ..stop import Stop
from .figures import Clock
from .frame import SceneFrame
from .gaussians import Gaussians
from .presets import TrainPreset, steps_of
from .rasterizer import Rasterizer
from .schedule import Hyper, Pace
from .team import Team
from .views import Camera, PhotoStore


@dataclass(frozen=True)
class Scene:
    """What is trained on. Cameras and photos by their places in the dataset's views."""

    cameras: Mapping[int, Camera]
    photos: PhotoStore
    train: list[int]
    held_out: list[int]
    frame: SceneFrame


@dataclass(frozen=True)
class Setting:
    """How, and with what."""

    order: TrainOrder
    preset: TrainPreset
    facts: Mapping[str, Any]
    rasterizer: Rasterizer
    device: torch.device
    team: Team
    emit: Emit
    stop: Stop
    hyper: Hyper
    #: By this clock, when the last step must be done; None: no limit.
    train_until: float | None = None
    now: Clock = time.monotonic


def wanted_steps(setting: Setting) -> int:
    """Together each step looks at several photos, so that there are fewer of them."""
    return max(1, -(-steps_of(setting.order, setting.preset) // setting.team.size))


def pace_of(setting: Setting, start: Mapping[str, Any]) -> Pace:
    """Where the run is; what is left of it is dealt out anew when the number of processes or the time is another than before."""
    pace = Pace(wanted_steps(setting), **start["pace"])
    before = len(start["generators"])
    if pace.is_over:
        return pace
    if before not in (0, setting.team.size):
        pace.total = pace.step + max(1, (pace.total - pace.step) * before // setting.team.size)
        pace.wanted = pace.total
    elif setting.train_until is None:
        pace.total = max(pace.total, pace.wanted)
    return pace


def first_state(values: Mapping[str, Any], setting: Setting, cap: int) -> dict[str, Any]:
    """State before the first step, of splats as gaussians.initial_values gives them."""
    splats = Gaussians({name: torch.from_numpy(value) for name, value in values.items()})
    steps = wanted_steps(setting)
    pace = Pace(steps, steps).state()
    return {
        "splats": splats.state(),
        "generators": [],
        "grids": None,
        "pace": pace,
        "cap": cap,
        "shortages": 0,
    }


def generator_of(setting: Setting, states: list[Tensor]) -> torch.Generator:
    """The random numbers go on where they were; with another number of processes they begin anew."""
    team = setting.team
    generator = torch.Generator(device=setting.device)
    generator.manual_seed(setting.order.seed * 1_000_003 + team.rank)
    if len(states) == team.size:
        generator.set_state(states[team.rank])
    return generator
