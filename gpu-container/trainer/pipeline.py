"""From photos on disk to a trained scene: what every door has in between.

Invariant: what is there already of the same photos and the same order is gone on from; a checkpoint of another order is not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .engines.base import Engine, Metrics, TrainOrder
from .engines.choose import choose
from .events import Emit, warning
from .given_model import given_solve
from .job_folder import JobFolder
from .kept_solve import keep_solve, kept_solve
from .order_facts import Wanted
from .photo_check import PhotoReport, check_photos
from .solve import Solved, solve
from .stop import Stop
from .undistort import undistort


@dataclass(frozen=True)
class Tools:
    """The parts that do the work; others stand in for them in tests."""

    check_photos: Callable[..., PhotoReport] = check_photos
    solve: Callable[..., Solved] = solve
    choose: Callable[[str, Callable[[str], None]], Engine] = choose
    undistort: Callable[[Path, Path, Path, Stop], Path] = undistort


@dataclass(frozen=True)
class Bench:
    """A folder to work in, and whom to tell."""

    folder: JobFolder
    tools: Tools
    emit: Emit
    stop: Stop
    note: Callable[[str], None]


def tell_solved(bench: Bench, solved: Solved, how: str = "") -> None:
    words = f"Cameras: {solved.registered} of {solved.total} photos, {solved.points:,} points"
    bench.note(f"{words}, mean reprojection error {solved.mean_reprojection_error_px:.2f} px{how}.")


def find_cameras(bench: Bench, photos_key: str, photos: Path, engine: Engine, seed: int) -> Solved:
    """The cameras of the photos in a folder; those that were found before when they are of the same photos.

    :raises JobFailed, Stopped, OSError:
    """
    folder = bench.folder
    kept = kept_solve(folder.solve, photos_key)
    if kept is not None:
        tell_solved(bench, kept, ", as found before")
        return kept
    folder.solve.mkdir(parents=True, exist_ok=True)
    use_gpu = engine.name == "gsplat"
    solved = bench.tools.solve(photos, folder.solve, bench.emit, bench.stop, seed=seed, use_gpu=use_gpu)
    keep_solve(folder.solve, photos_key, solved)
    tell_solved(bench, solved)
    return solved


def take_cameras(bench: Bench, key: str, photos: Path, model: Path) -> Solved:
    """The cameras of a COLMAP model that came with the photos. `key`: of the photos and of the model.

    :raises JobFailed: bad-file; too-few-photos of the folder are in the model
    :raises Stopped, OSError:
    """
    folder = bench.folder
    kept = kept_solve(folder.solve, key)
    if kept is not None:
        return kept
    folder.solve.mkdir(parents=True, exist_ok=True)
    dataset = bench.tools.undistort(photos, model, folder.solve, bench.stop)
    solved = given_solve(dataset, sorted(path.name for path in photos.iterdir()))
    keep_solve(folder.solve, key, solved)
    tell_solved(bench, solved, ", as they came with the photos")
    if solved.unplaced:
        detail = f"The model has no poses of {len(solved.unplaced)} of {solved.total} photos."
        bench.emit(warning({"code": "partial", "detail": detail, "photos": solved.unplaced}))
    return solved


def train(
    bench: Bench, engine: Engine, solved: Solved, wanted: Wanted, seconds: float | None, has_preview: bool
) -> Metrics:
    """Trains, scores and saves, in the folder's `out`. `seconds`: as TrainOrder has them.

    :raises JobFailed, Stopped:
    """
    folder = bench.folder
    order = TrainOrder(
        dataset=solved.dataset,
        out=folder.out,
        preset=wanted.preset,
        checkpoint=folder.checkpoint,
        preview=folder.preview if has_preview else None,
        steps=wanted.steps,
        max_splats=wanted.max_splats,
        width_px=wanted.width_px,
        seconds=seconds,
        seed=wanted.seed,
    )
    return engine.train(order, bench.emit, bench.stop)
