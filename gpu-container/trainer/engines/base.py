"""What an engine is given and what it leaves.

Invariant: the same order, in whichever engine, is trained on the same photos and scored on the same held-out views.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from ..events import Emit
from ..stop import Stop

Preset = Literal["draft", "standard", "high"]

#: As the headless engine writes it to metrics.json (TrainMetrics in src/core/train/contract.ts), keys in camel case.
Metrics = dict[str, Any]


@dataclass(frozen=True)
class TrainOrder:
    #: COLMAP model with PINHOLE cameras and the photos that belong to it: images/, sparse/0/{cameras,images,points3D}.bin
    dataset: Path
    #: Left there: scene.ply, metrics.json, and of every held-out view renders/NAME.png and photos/NAME.png
    out: Path
    preset: Preset
    #: Written when the run is stopped and every `checkpoint_seconds`; gone on from when it exists.
    checkpoint: Path
    #: The splats so far, as .splat, every `preview_seconds`; None: none.
    preview: Path | None = None
    checkpoint_seconds: float = 60
    preview_seconds: float = 30
    #: The preset's when None.
    steps: int | None = None
    max_splats: int | None = None
    width_px: int | None = None
    #: Training ends in time to be scored and saved within so many seconds; None: no limit.
    seconds: float | None = None
    seed: int = 0


class Engine(Protocol):
    name: str

    def device(self) -> str | None:
        """Name of what it would run on; None: it cannot run here."""

    def train(self, order: TrainOrder, emit: Emit, stop: Stop) -> Metrics:
        """Trains, scores and saves. Tells the stages photos, train, evaluate and save.

        :raises JobFailed: what the person is told
        :raises Stopped: after the checkpoint was written
        """
