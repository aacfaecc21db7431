"""When the device has no memory left: fewer splats, and on from where the run is.

Invariant: after every shortage the cap is lower than before, so that a run comes to fit or ends with `out-of-memory`.
"""

from __future__ import annotations

import gc

import torch

from ..events import Emit, warning
from ..failure import JobFailed, failed
from .gaussians import Gaussians

#: Left of the cap after each shortage.
_kept = 0.75
_most_shortages = 6
#: No scene worth looking at has fewer.
_least_splats = 1_000


def is_shortage(error: BaseException) -> bool:
    """Whether an exception says that the device's memory is used up. Older versions and cuBLAS say it in a RuntimeError's words."""
    if isinstance(error, torch.cuda.OutOfMemoryError):
        return True
    words = str(error).lower()
    return isinstance(error, RuntimeError) and (
        "out of memory" in words or "cublas_status_alloc_failed" in words
    )


def free_unused() -> None:
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


class MemoryBudget:
    """How many splats there may be. Told to the person when it has to be lowered."""

    def __init__(self, cap: int, shortages: int = 0) -> None:
        self.cap = cap
        self.shortages = shortages

    def lower(self, count: int, emit: Emit) -> int:
        """After a shortage with `count` splats: the new cap.

        :raises JobFailed: out-of-memory, when it was lowered too often or too far
        """
        self.shortages += 1
        lowered = int(_kept * min(self.cap, count))
        if self.shortages > _most_shortages or lowered < min(_least_splats, count // 2):
            raise gave_up(count)
        self.cap = lowered
        detail = f"The GPU's memory does not hold {count} splats of these photos; the model goes on with at most {lowered}."
        emit(warning({"code": "out-of-memory", "detail": detail}))
        return lowered

    def make_room(self, splats: Gaussians, emit: Emit) -> None:
        """Drops the least opaque splats down to a lower cap.

        :raises JobFailed: as lower()
        """
        splats.forget_gradients()
        free_unused()
        splats.keep_most_opaque(self.lower(splats.count, emit))
        free_unused()


def gave_up(count: int) -> JobFailed:
    return failed(
        "out-of-memory",
        f"The GPU's memory does not hold {count} splats of these photos, nor fewer after several tries.",
    )
