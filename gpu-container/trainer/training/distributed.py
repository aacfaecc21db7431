"""Training on several GPUs: one process for each, each with a part of the splats and of the photos (Zhao et al. 2024, "On Scaling Up 3D
Gaussian Splatting Training", which gsplat's distributed mode follows).

Invariant: when this returns or raises, none of the processes lives any more.

What the tests run: all of this over gloo on the CPU, with a rasterizer that exchanges splats itself; and gsplat's own exchange, by
itself. What has never run: NCCL, and both on CUDA.
"""

from __future__ import annotations

import queue
import tempfile
import threading
import time
import traceback
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import torch
import torch.distributed as dist
import torch.multiprocessing as mp

from ..engines.base import Metrics, TrainOrder
from ..events import Emit
from ..failure import JobFailed, failed
from ..stop import Reason, Stop, Stopped
from .memory import MemoryBudget, is_shortage
from .presets import train_presets
from .team import Group
from .train_scene import Work, train_scene

#: As numbers that a process can be told through shared memory.
_reasons: tuple[Reason | None, ...] = (None, "cancelled", "interrupted", "lost", "out-of-time")
_poll_seconds = 0.1
#: After one has told its end, the others have so long for theirs.
_grace_seconds = 30.0

#: ("event", event), ("done", metrics), ("stopped", reason), ("failed", failure, retryable), ("shortage", splats) or ("bug", stack).
_Message = tuple[Any, ...]


def train_together(
    size: int, work: Work, order: TrainOrder, emit: Emit, stop: Stop, backend: str = "nccl"
) -> Metrics:
    """As train_scene, in `size` processes. All photos must have one size.

    A device that runs out of memory ends all processes; they are begun again from the last checkpoint with a lower cap.

    :raises JobFailed, Stopped:
    """
    budget = MemoryBudget(order.max_splats or train_presets[order.preset].max_splats)
    start = time.monotonic()
    while True:
        left = None if order.seconds is None else max(0.0, order.seconds - (time.monotonic() - start))
        end = _Processes(
            size, replace(work, cap=budget.cap), replace(order, seconds=left), stop, backend
        ).run(emit)
        if end[0] == "done":
            metrics: Metrics = end[1]
            return metrics
        if end[0] != "shortage":
            _raise(end)
        budget.lower(int(end[1]), emit)


def _raise(end: _Message) -> NoReturn:
    if end[0] == "stopped":
        raise Stopped(end[1])
    if end[0] == "failed":
        raise JobFailed(end[1], end[2])
    raise RuntimeError(f"A training process broke off:\n{end[1]}")


class _Processes:
    def __init__(self, size: int, work: Work, order: TrainOrder, stop: Stop, backend: str) -> None:
        context = mp.get_context("spawn")
        self._stop = stop
        self._told: Any = context.Queue()
        self._reason = context.Value("i", 0)
        self._folder = tempfile.TemporaryDirectory(prefix="team-", dir=order.out.parent)
        shared = (size, work, order, backend, self._folder.name, self._told, self._reason)
        self._processes = [
            context.Process(target=_member, args=(rank, *shared), daemon=True) for rank in range(size)
        ]

    def run(self, emit: Emit) -> _Message:
        """Starts them and hands their events on. The first end that says anything."""
        try:
            for process in self._processes:
                process.start()
            end = self._listen(emit)
            self._join(_grace_seconds if end[0] in ("done", "stopped") else 0)
            return end
        finally:
            self._join(0)
            self._folder.cleanup()

    def _listen(self, emit: Emit) -> _Message:
        while True:
            self._reason.value = _reasons.index(self._stop.reason)
            are_gone = not any(process.is_alive() for process in self._processes)
            try:
                message: _Message = self._told.get(timeout=_poll_seconds)
            except queue.Empty:
                if not are_gone:
                    continue
                codes = ", ".join(str(process.exitcode) for process in self._processes)
                return (
                    "failed",
                    failed("gpu-lost", f"The training processes ended without a word ({codes}).").failure,
                    None,
                )
            if message[0] != "event":
                return message
            emit(message[1])

    def _join(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        for process in self._processes:
            if process.pid is None:
                continue
            process.join(max(0.0, until - time.monotonic()))
            if process.is_alive():
                process.kill()
                process.join()


def _member(
    rank: int, size: int, work: Work, order: TrainOrder, backend: str, folder: str, told: Any, reason: Any
) -> None:
    """One process of the team."""
    stop = Stop()
    threading.Thread(target=_follow, args=(reason, stop), daemon=True).start()
    try:
        if backend == "nccl":
            torch.cuda.set_device(rank)
        dist.init_process_group(backend, init_method=f"file://{folder}/meeting", rank=rank, world_size=size)
        device = work.rasterizer.device() or torch.device("cpu")
        team = Group(device, Path(folder) / "parts")
        metrics = train_scene(work, order, lambda event: told.put(("event", event)), stop, team)
        dist.barrier()
        dist.destroy_process_group()
        if metrics is not None:
            told.put(("done", metrics))
    except Exception as error:  # noqa: BLE001 - told to the first process, whatever it is
        told.put(_end_of(error, order))
    told.close()
    told.join_thread()


def _follow(reason: Any, stop: Stop) -> None:
    while not stop.is_set:
        wanted = _reasons[reason.value]
        if wanted is not None:
            stop.set(wanted)
        time.sleep(_poll_seconds)


def _end_of(error: Exception, order: TrainOrder) -> _Message:
    if isinstance(error, Stopped):
        return ("stopped", error.reason)
    if isinstance(error, JobFailed):
        return ("failed", error.failure, error.retryable)
    if is_shortage(error):
        return ("shortage", order.max_splats or train_presets[order.preset].max_splats)
    return ("bug", "".join(traceback.format_exception(error)))
