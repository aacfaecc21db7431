"""What an attempt took and made, for the person's page and the operator's accounts.

Invariant: every figure is one that was measured; what was not is null.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path

from .contract import TrainerMetrics
from .engines.base import Metrics
from .whole_file import write_whole

_name_length = 100
_device_length = 200


def _finite(value: object) -> float | None:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if is_number and isinstance(value, (int, float)) else None


def seconds_by_stage(
    before: Mapping[str, float], metrics: Metrics, export_seconds: float
) -> dict[str, float]:
    """Of the whole job. `before`: of the stages that the engine did not see; saving is the engine's and the export's."""
    engine = {str(stage): _finite(value) or 0.0 for stage, value in dict(metrics["secondsByStage"]).items()}
    saved = engine.get("save", 0.0) + export_seconds
    return {**engine, **{stage: float(value) for stage, value in before.items()}, "save": saved}


def read_metrics(
    engine: str,
    metrics: Metrics,
    *,
    photos: int,
    registered: int,
    gpu_seconds: float,
    seconds: Mapping[str, float],
) -> TrainerMetrics:
    """The figures that the cloud keeps.

    :param engine: its name; its version is put behind it where metrics.json has one
    :param photos: of the order, also those that could not be used
    """
    return {
        "engine": f"{engine} {metrics.get('version', '')}".strip()[:_name_length],
        "device": str(metrics["adapter"])[:_device_length],
        "photos": photos,
        "registered": registered,
        "splats": int(metrics["splats"]),
        "steps": int(metrics["steps"]),
        "psnrDb": _finite(metrics["psnrDb"]),
        "ssim": _finite(metrics["ssim"]),
        "gpuSeconds": max(0.0, gpu_seconds),
        "secondsByStage": {stage[:50]: max(0.0, value) for stage, value in seconds.items()},
    }


def write_metrics(out: Path, metrics: Metrics, **more: object) -> Metrics:
    """metrics.json once more, with what the engine did not know. Gives back what is in it.

    :raises OSError:
    """
    whole = {**metrics, **more}
    write_whole(out / "metrics.json", json.dumps(whole, indent=2) + "\n")
    return whole
