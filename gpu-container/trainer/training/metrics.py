"""The figures of a run that need no measuring. Invariant: the fields of TrainMetrics in src/core/train/contract.ts, and lpips and gpus
besides."""

from __future__ import annotations

from ..engines.base import Metrics, TrainOrder
from .presets import TrainPreset
from .rasterizer import Rasterizer
from .setting import Scene
from .views import DatasetFacts

_bytes_of_float = 4
#: Value, gradient and two moments.
_copies = 4


def start_metrics(
    order: TrainOrder,
    preset: TrainPreset,
    rasterizer: Rasterizer,
    dataset: DatasetFacts,
    scene: Scene,
    cap: int,
    gpus: int,
) -> Metrics:
    """Without splats, steps, seconds, bytes and scores, which the run adds; scores are null until then.

    With several GPUs `peakGpuBytes` will be that of the first.
    """
    first = dataset.views[0]
    floats = 11 + 3 * (preset.sh_degree + 1) ** 2
    photo_bytes = sum(3 * view.width * view.height for view in dataset.views)
    return {
        "version": rasterizer.version(),
        "data": "COLMAP",
        "widthPx": first.width,
        "heightPx": first.height,
        "trainViews": len(scene.train),
        "heldOutViews": len(scene.held_out),
        "shDegree": preset.sh_degree,
        "seed": order.seed,
        "adapter": rasterizer.device_name() or "",
        "gpus": gpus,
        "plannedBytes": photo_bytes + cap * floats * _bytes_of_float * _copies,
        "psnrDb": None,
        "ssim": None,
        "lpips": None,
        "perView": [],
        "poseRefinement": None,
        "exposureRefinement": None,
    }
