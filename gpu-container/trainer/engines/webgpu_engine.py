"""The project's own engine (Node, Dawn) as a child process: any GPU that Vulkan drives, or a software adapter.

Invariant: this process never opens a GPU; a driver that falls over takes the child with it and nothing else.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NoReturn

from .. import splat_cli
from ..events import Emit, JobEvent
from ..failure import JobFailed, failed
from ..late_scores import score_renders
from ..presets import webgpu_flags
from ..splat_cli import CliEnd, Wish
from ..stop import Stop
from ..training.presets import train_presets
from .base import Metrics, TrainOrder

_ask_seconds = 60
#: Of a time limit, what is kept back for scoring and saving.
_reserve_share, _least_reserve_seconds, _most_reserve_seconds = 0.1, 10.0, 120.0
#: How often a run that does not fit the GPU is begun again with half the splats.
_most_halvings = 3

_ask_adapter = (
    "const { openNodeGpu } = await import(process.env.SPLAT_NODE_GPU);"
    "const gpu = await openNodeGpu();"
    "process.stdout.write(gpu.ok ? 'adapter ' + gpu.value.adapterName + '\\n' : '');"
    "process.exit(0);"
)


def adapter_of(command: Sequence[str]) -> str | None:
    """Name of the adapter that the engine would choose; None when it finds none, or cannot be started."""
    module = splat_cli.beside_main(command, "nodeGpu.ts")
    if module is None:
        return None
    ask = [*command[:-1], "--input-type=module", "--eval", _ask_adapter]
    environment = {**os.environ, "SPLAT_NODE_GPU": module.as_uri()}
    try:
        asked = subprocess.run(
            ask,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_ask_seconds,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    lines = asked.stdout.decode("utf-8", "replace").splitlines()
    return next((line[len("adapter ") :].strip() for line in lines if line.startswith("adapter ")), None)


def train_arguments(order: TrainOrder) -> list[str]:
    """`splat train` with the flags of an order. The same order gives the same flags, so that a checkpoint is gone on from."""
    arguments = ["train", str(order.dataset), "--out", str(order.out), "--renders", "--seed", str(order.seed)]
    arguments += webgpu_flags(order.preset, order.steps, order.max_splats)
    if order.width_px is not None:
        arguments += ["--width", str(order.width_px)]
    every = str(_whole_seconds(order.checkpoint_seconds))
    arguments += ["--checkpoint", str(order.checkpoint), "--checkpoint-every", every]
    if order.preview is not None:
        every = str(_whole_seconds(order.preview_seconds))
        arguments += ["--preview", str(order.preview), "--preview-every", every]
    return arguments


def _whole_seconds(seconds: float) -> int:
    return max(1, math.ceil(seconds))


def reserve_seconds(limit: float) -> float:
    """What of a time limit is kept back for scoring and saving."""
    return min(_most_reserve_seconds, max(_least_reserve_seconds, _reserve_share * limit))


def _patience_seconds(order: TrainOrder) -> float:
    """For saving, once it was asked to stop: a scene of millions of splats takes its time, which a time limit has kept back."""
    reserve = 0.0 if order.seconds is None else reserve_seconds(order.seconds)
    return max(splat_cli.save_seconds, reserve)


@dataclass
class _Run:
    """One training run: what its process is told, and what is heard of it."""

    emit: Emit
    stop: Stop
    #: Monotonic: training is to end then, and all of it then.
    train_until: float
    until: float
    is_out_of_time: bool = False
    is_training: bool = False

    def take(self, event: JobEvent) -> None:
        kind = event["type"]
        if kind == "stage-started":
            self.is_training = event["stage"] in ("photos", "train")
        # Its reading of the dataset is no stage of the job; how it ends is told by what train() returns or raises.
        if kind in ("finished", "failed") or event.get("stage") == "read":
            return
        if kind == "warning" and event["failure"]["code"] == "cancelled":
            return
        self.emit(event)

    def wish(self) -> Wish | None:
        if self.stop.is_set:
            # Of a job that nobody wants nothing is kept.
            return "now" if self.stop.reason == "cancelled" else "save"
        if time.monotonic() >= (self.train_until if self.is_training else self.until):
            self.is_out_of_time = True
        return "save" if self.is_out_of_time else None


class WebGpuEngine:
    """See base.Engine. `command` and `adapter` are for tests; in earnest they are found."""

    name = "webgpu"

    def __init__(
        self,
        command: Sequence[str] | None = None,
        adapter: Callable[[Sequence[str]], str | None] = adapter_of,
    ) -> None:
        self._command = command
        self._adapter = adapter

    def _find(self) -> Sequence[str] | None:
        return self._command or splat_cli.find_cli()

    def device(self) -> str | None:
        command = self._find()
        return None if command is None else self._adapter(command)

    def train(self, order: TrainOrder, emit: Emit, stop: Stop) -> Metrics:
        """See base.Engine. Steps that the time does not allow are left out; the scores are then taken from pictures drawn afterwards."""
        command = self._find()
        if command is None:
            raise failed(
                "gpu-missing", "The WebGPU engine is not here: Node or the program it runs was not found."
            )
        start = time.monotonic()
        limit = math.inf if order.seconds is None else order.seconds
        run = _Run(emit, stop, start + limit - reserve_seconds(limit), start + limit)
        end, order = self._run_to_end(command, order, run)
        stop.check()
        if end.exit_code != 0 and not (run.is_out_of_time and end.exit_code == 130):
            _raise_end(end, run)
        metrics = read_metrics(order.out)
        if run.is_out_of_time and metrics["psnrDb"] is None:
            metrics = score_renders(command, order, metrics, emit, stop, run.until - time.monotonic())
        return metrics

    def _run_to_end(self, command: Sequence[str], order: TrainOrder, run: _Run) -> tuple[CliEnd, TrainOrder]:
        """Runs it, and again where another start may help: without a checkpoint that does not fit, with fewer splats."""
        halvings = 0
        while True:
            order.out.mkdir(parents=True, exist_ok=True)
            end = splat_cli.run(command, train_arguments(order), run.take, run.wish, _patience_seconds(order))
            code = end.failure["code"] if end.failure and not run.stop.is_set else None
            if code == "bad-file" and order.checkpoint.exists():
                order.checkpoint.unlink()
            elif code == "out-of-memory" and halvings < _most_halvings:
                halvings += 1
                splats = order.max_splats or train_presets[order.preset].max_splats
                order = replace(order, max_splats=max(1000, splats // 2))
                order.checkpoint.unlink(missing_ok=True)
            else:
                return end, order


def _raise_end(end: CliEnd, run: _Run) -> NoReturn:
    if run.is_out_of_time:
        raise failed("cloud-failed", "The time ran out before there was a splat to save.", retryable=False)
    if end.failure is not None:
        raise JobFailed(end.failure)
    broken = failed("cloud-failed", f"The engine broke off ({end.how}).", retryable=True)
    # For whoever looks at this machine; the cloud is not told.
    broken.add_note(end.last_words or "It said nothing.")
    raise broken


def read_metrics(out: Path) -> dict[str, Any]:
    """metrics.json as the engine has left it.

    :raises JobFailed: there is none, or it is not whole
    """
    try:
        metrics = json.loads((out / "metrics.json").read_text("utf-8"))
    except (OSError, ValueError):
        metrics = None
    wanted = ("adapter", "splats", "steps", "psnrDb", "ssim", "secondsByStage", "perView")
    if not isinstance(metrics, dict) or any(key not in metrics for key in wanted):
        raise failed("cloud-failed", "The engine left no whole result.", retryable=True)
    return metrics
