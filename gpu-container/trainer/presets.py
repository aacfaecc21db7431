"""What a preset means to the headless engine, and what of a cloud's order becomes of it.

Invariant: steps and splats are those of training/presets.py; a limit lowers what a preset aims at and never raises it.
"""

from __future__ import annotations

from .contract import CloudPreset
from .engines.base import Preset
from .training.presets import train_presets

cloud_presets: dict[CloudPreset, Preset] = {"preview": "draft", "full": "standard"}

_least_splats = 20_000


def webgpu_flags(preset: Preset, steps: int | None, max_splats: int | None) -> list[str]:
    """The flags of `splat train` nearest to a preset. A gain and a bias for each photo stand for the bilateral grid."""
    aim = train_presets[preset]
    flags = [
        "--preset",
        "full",
        "--steps",
        str(steps or aim.steps),
        "--max-splats",
        str(max_splats or aim.max_splats),
    ]
    flags += ["--sh-degree", str(aim.sh_degree)]
    flags += ["--antialiased"] if aim.antialiased else []
    return flags + (["--refine-exposure", "on"] if aim.bilateral_grid else [])


def splat_budget(preset: Preset, steps: int | None, limit: int = 0) -> int | None:
    """The splats to aim at with so many steps (None: the preset's) under a limit (0: none); None: the preset's own number.

    In a run much shorter than its preset splats in proportion: those that come late see too few steps, and the picture is the worse for it
    (fountain, 1080 px wide, after 270 of 500 steps: 17.5 dB on the photos trained on with 264,000 splats, 20.6 dB with 28,500).
    """
    aim = train_presets[preset]
    share = 1.0 if steps is None else min(1.0, steps / aim.steps)
    budget = min(aim.max_splats, max(_least_splats, round(aim.max_splats * share)))
    budget = min(budget, limit) if limit > 0 else budget
    return budget if budget < aim.max_splats else None
