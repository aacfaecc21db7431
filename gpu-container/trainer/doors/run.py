"""`python -m trainer run PHOTOS -o OUT`: photos on this machine become a splat on this machine, with no cloud.

Invariant: what OUT holds at the end is whole; a run that was stopped is gone on from by the same command.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import shutil
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from .. import export
from ..ends import end_of
from ..engines.base import Engine, Metrics, Preset
from ..events import JobEvent, finished
from ..given_model import model_key
from ..given_photos import Given, find_photos, refuse_photo_folder
from ..job_folder import JobFolder
from ..kept_solve import photos_key
from ..made_file import MadeFile
from ..order_facts import Wanted, drop_unfit_checkpoint, order_facts
from ..pipeline import Bench, Tools, find_cameras, take_cameras, train
from ..presets import splat_budget
from ..progress_lines import ProgressLines, failure_text, write_event
from ..results import seconds_by_stage, write_metrics
from ..signals import interrupted_code, stopping_on_signals
from ..solve import Solved
from ..stop import Stop
from ..undistort import photos_model

_epilog = "Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted but kept. Ctrl-C stops and keeps the checkpoint in the work folder."
#: Beside the files of export.py.
_pictures = ("renders", "photos")


@dataclass(frozen=True)
class Command:
    photos: Path
    out: Path
    engine: str
    wanted: Wanted
    work: Path
    keep_work: bool
    json: bool


def _number(lowest: int, highest: int) -> Callable[[str], int]:
    def whole_number(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not lowest <= int(text) <= highest:
            raise argparse.ArgumentTypeError(
                f'wants a whole number from {lowest:,} to {highest:,}, not "{text}"'
            )
        return int(text)

    return whole_number


def parse(argv: Sequence[str]) -> Command:
    """Leaves the program with code 2 on wrong usage, and with 0 after --help."""
    parser = argparse.ArgumentParser(
        prog="python -m trainer run",
        description="Photos become a 3D Gaussian splat.",
        epilog=_epilog,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("photos", type=Path, help="folder of photos, or of photos with their COLMAP model (sparse/0)")
    add("-o", "--out", type=Path, required=True, help="where the results go (made when missing)")
    add(
        "--engine",
        choices=("auto", "gsplat", "webgpu"),
        default="auto",
        help="gsplat: CUDA; webgpu: any Vulkan adapter",
    )
    add(
        "--preset",
        choices=get_args(Preset),
        default="standard",
        help="draft: 7,000 steps; standard and high: 30,000",
    )
    add("--steps", type=_number(1, 10_000_000), help="optimiser steps; the preset's when not given")
    add(
        "--max-splats", type=_number(1, 20_000_000), help="splat budget; the preset's, fewer with fewer steps"
    )
    add("--width", type=_number(16, 8192), metavar="PX", help="width that photos are trained at")
    add("--seed", type=_number(0, 2**31 - 1), default=0, help="start of the random numbers (default 0)")
    add("--work", type=Path, help="where what is under way lies (default OUT/work)")
    add("--keep-work", action="store_true", help="leave the work folder when it is done")
    add("--json", action="store_true", help="one event a line on standard output")
    given = parser.parse_args(argv)
    splats = given.max_splats or splat_budget(given.preset, given.steps)
    wanted = Wanted(given.preset, given.steps, splats, given.width, given.seed)
    work = given.work or given.out / "work"
    return Command(given.photos, given.out, given.engine, wanted, work, given.keep_work, given.json)


def main(argv: Sequence[str], tools: Tools | None = None) -> int:
    """:return: the exit code"""
    command = parse(argv)
    lines = ProgressLines(sys.stderr)
    stop = Stop()
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    with stopping_on_signals(stop, lines.note):
        try:
            _Run(command, tools or Tools(), lines, stop).do()
            return 0
        except Exception as error:  # noqa: BLE001 (what is no failure is told as a bug)
            return _failed(error, stop, command, lines)
        finally:
            lines.close()


def _failed(error: Exception, stop: Stop, command: Command, lines: ProgressLines) -> int:
    end = end_of(error, stop.reason, 0)
    if end.kind == "interrupted":
        lines.note(f"Stopped. The same command goes on from what is kept in {command.work}.")
        return interrupted_code
    assert end.failure is not None
    if command.json:
        write_event({"type": "failed", "failure": end.failure.failure})
    lines.note(failure_text("Error", end.failure.failure))
    for words in getattr(error, "__notes__", []):
        lines.note(words)
    if "The trainer broke off" in end.detail:
        logging.getLogger(__name__).error("A bug ended the run.", exc_info=error)
    return 1


class _Run:
    def __init__(self, command: Command, tools: Tools, lines: ProgressLines, stop: Stop) -> None:
        self.command, self.tools, self.lines, self.stop = command, tools, lines, stop
        # A folder of its own in there: this one is removed in the end.
        self.folder = JobFolder(command.work.resolve() / "splat-run")
        self.bench = Bench(self.folder, tools, self._emit, stop, lines.note)

    def _emit(self, event: JobEvent) -> None:
        if self.command.json:
            write_event(event)
        self.lines.emit(event)

    def do(self) -> None:
        command = self.command
        given = find_photos(command.photos)
        for name in ("", *_pictures):
            refuse_photo_folder(given, command.out / name)
        engine = self.tools.choose(command.engine, self.lines.note)
        command.out.mkdir(parents=True, exist_ok=True)
        self.folder.make()
        start = time.monotonic()
        solved, seconds = self._cameras(engine, given, start)
        metrics = train(self.bench, engine, solved, command.wanted, None, has_preview=False)
        files = self._files(engine, solved, metrics, seconds, len(given.names))
        self._hand_over(files, solved)
        self._emit(finished())

    def _cameras(self, engine: Engine, given: Given, start: float) -> tuple[Solved, dict[str, float]]:
        key = photos_key(given.folder, given.names, self.stop)
        if given.model is not None:
            key = f"{key} {model_key(given.model)}"
        report = self.tools.check_photos(given.folder, self._emit, self.stop, into=self.folder.checked)
        seconds = {"read": time.monotonic() - start}
        solved = self._solve(key, given, report.folder, engine)
        drop_unfit_checkpoint(self.folder, order_facts(key, engine.name, self.command.wanted))
        return solved, {**seconds, **solved.seconds}

    def _solve(self, key: str, given: Given, photos: Path, engine: Engine) -> Solved:
        if given.model is None:
            return find_cameras(self.bench, key, photos, engine, self.command.wanted.seed)
        return take_cameras(self.bench, key, photos, given.model)

    def _files(
        self, engine: Engine, solved: Solved, metrics: Metrics, seconds: Mapping[str, float], photos: int
    ) -> list[MadeFile]:
        out, start = self.folder.out, time.monotonic()
        result = export.Result(
            out,
            solved.dataset / "sparse/0",
            photos_model(solved.dataset),
            self.folder.path / "export",
            self.stop,
        )
        kinds = [kind for kind in export.all_kinds if kind != "metrics"]
        files = export.make_files(kinds, result, self._emit, self.lines.note)
        more = {
            "engine": engine.name,
            "preset": self.command.wanted.preset,
            "photos": photos,
            "registered": solved.registered,
        }
        by_stage = seconds_by_stage(seconds, metrics, time.monotonic() - start)
        whole = write_metrics(out, metrics, **more, secondsByStage=by_stage)
        self._tell(whole)
        return files

    def _tell(self, metrics: Metrics) -> None:
        self.lines.note(f"{metrics['splats']:,} splats after {metrics['steps']:,} steps.")
        if metrics["psnrDb"] is not None and metrics["ssim"] is not None:
            views = len(metrics["perView"])
            self.lines.note(
                f"Held out: PSNR {metrics['psnrDb']:.2f} dB, SSIM {metrics['ssim']:.4f} ({views} photos)."
            )

    def _hand_over(self, files: Sequence[MadeFile], solved: Solved) -> None:
        """The results to where they are wanted; then the work folder goes."""
        out = self.command.out
        report = solved.dataset.parent / "solve.json"
        for path in [*(file.path for file in files), self.folder.out / "metrics.json", report]:
            if path.is_file():
                shutil.copy2(path, out / path.name)
        for name in _pictures:
            if (self.folder.out / name).is_dir():
                shutil.copytree(self.folder.out / name, out / name, dirs_exist_ok=True)
        if not self.command.keep_work:
            self.folder.remove()
            with contextlib.suppress(OSError):
                self.command.work.rmdir()
        total = sum(file.bytes for file in files)
        self.lines.note(f"Saved {len(files)} files in {out} ({total / 1e6:.1f} MB).")
