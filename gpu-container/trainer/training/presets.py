"""What a preset aims at, on either engine. Invariant: this module needs no PyTorch; presets.py reads it for the other engine."""

from __future__ import annotations

from dataclasses import dataclass

from ..engines.base import Preset, TrainOrder


@dataclass(frozen=True)
class TrainPreset:
    steps: int
    max_splats: int
    #: Opacity-compensated low-pass of Mip-Splatting; said in the file, so that viewers draw it the same way.
    antialiased: bool
    #: Colours of each photo corrected by a bilateral grid while training.
    bilateral_grid: bool
    sh_degree: int = 3


train_presets: dict[Preset, TrainPreset] = {
    "draft": TrainPreset(7_000, 500_000, antialiased=False, bilateral_grid=False),
    "standard": TrainPreset(30_000, 1_000_000, antialiased=True, bilateral_grid=False),
    "high": TrainPreset(30_000, 3_000_000, antialiased=True, bilateral_grid=True),
}


def steps_of(order: TrainOrder, preset: TrainPreset) -> int:
    """Photos that a run looks at: those of the order, else the preset's."""
    return order.steps or preset.steps
