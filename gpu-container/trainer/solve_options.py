"""What the camera solver is asked, as it is handed to the process that solves.

Invariant: plain data that survives JSON; two that differ in `kept_by` share no features.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class SolveOptions:
    photos: str
    work: str
    seed: int
    #: None: as many as there are cores.
    threads: int | None
    use_gpu: bool
    features: int
    #: Longer side of the image that features are found in.
    working_side_px: int
    #: With more photos not every pair is compared.
    exhaustive_most: int
    #: File of COLMAP's vocabulary tree.
    vocab_tree: str | None

    @property
    def photos_folder(self) -> Path:
        return Path(self.photos)

    @property
    def work_folder(self) -> Path:
        return Path(self.work)

    @property
    def database(self) -> Path:
        return self.work_folder / "database.db"

    @property
    def num_threads(self) -> int:
        """COLMAP's -1: all."""
        return -1 if self.threads is None else self.threads

    def kept_by(self) -> dict[str, Any]:
        return {
            "features": self.features,
            "workingSidePx": self.working_side_px,
            "gpu": self.use_gpu,
            "seed": self.seed,
        }

    def for_report(self) -> dict[str, Any]:
        """Without the paths of this machine."""
        tree = Path(self.vocab_tree).name if self.vocab_tree else None
        return {
            **self.kept_by(),
            "threads": self.threads,
            "exhaustiveMost": self.exhaustive_most,
            "vocabularyTree": tree,
        }

    def to_json(self) -> str:
        return json.dumps(dataclasses.asdict(self))

    @staticmethod
    def from_json(text: str) -> SolveOptions:
        return SolveOptions(**json.loads(text))
