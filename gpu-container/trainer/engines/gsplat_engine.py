"""The CUDA engine: own training loop, gsplat as a library that draws.

Invariant: this module can be imported without PyTorch; what is missing is found out by device().
"""

from __future__ import annotations

import importlib.util
import re
from typing import TYPE_CHECKING, Any

from ..events import Emit
from ..failure import JobFailed, failed
from ..stop import Stop
from .base import Metrics, TrainOrder

if TYPE_CHECKING:
    from ..training.rasterizer import Rasterizer

#: How PyTorch words that the device, not the program, is at fault.
_device_words = re.compile(
    r"cuda error|cuda driver|nccl|cudnn_status|cublas_status|device-side|no kernel image", re.I
)


class GsplatEngine:
    """See base.Engine. `rasterizer`: another than gsplat, for tests."""

    name = "gsplat"

    def __init__(self, rasterizer: Rasterizer | None = None) -> None:
        self._given = rasterizer

    def _rasterizer(self) -> Rasterizer | None:
        if self._given is not None or importlib.util.find_spec("torch") is None:
            return self._given
        from ..training.rasterizer import GsplatRasterizer

        return GsplatRasterizer()

    def device(self) -> str | None:
        rasterizer = self._rasterizer()
        return None if rasterizer is None else rasterizer.device_name()

    def train(self, order: TrainOrder, emit: Emit, stop: Stop) -> Metrics:
        """See base.Engine. On all CUDA devices that there are when every photo has one size, else on the first."""
        rasterizer = self._rasterizer()
        if rasterizer is None:
            raise failed("gpu-missing", "PyTorch is not installed here.")
        try:
            return _train(rasterizer, order, emit, stop, may_share=self._given is None)
        except RuntimeError as error:
            raise _as_failure(error) from error


def _train(rasterizer: Rasterizer, order: TrainOrder, emit: Emit, stop: Stop, *, may_share: bool) -> Metrics:
    from ..dataset import load_dataset, load_image
    from ..training.train_scene import Work, train_scene

    work = Work(rasterizer, load_dataset, load_image)
    size = _gpus() if may_share else 1
    if size > 1 and _have_one_size(load_dataset(order.dataset, width_px=order.width_px)):
        from ..training.distributed import train_together

        return train_together(size, work, order, emit, stop)
    metrics = train_scene(work, order, emit, stop)
    assert metrics is not None
    return metrics


def _gpus() -> int:
    import torch

    return int(torch.cuda.device_count())


def _have_one_size(dataset: Any) -> bool:
    """gsplat's processes cull all cameras by the size of their own."""
    return len({(view.width, view.height) for view in dataset.views}) == 1


def _as_failure(error: RuntimeError) -> Exception:
    """What the device did as a failure; a bug stays what it is."""
    from ..training.memory import is_shortage

    if isinstance(error, JobFailed):
        return error
    if is_shortage(error):
        return failed("out-of-memory", "The GPU's memory does not hold the photos or the model.")
    if _device_words.search(str(error)):
        return failed("gpu-lost", "The GPU or its driver failed in the middle of the work.")
    return error


def create(rasterizer: Rasterizer | None = None) -> GsplatEngine:
    return GsplatEngine(rasterizer)
