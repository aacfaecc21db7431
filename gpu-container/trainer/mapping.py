"""From matches to cameras: COLMAP's global mapper, and its incremental one where that places too few.

Invariant: the database of matches is only read; of all models that came about the one with most photos is taken, and the others are told.
"""

from __future__ import annotations

import contextlib
import sqlite3
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pycolmap

from .solve_database import opened
from .solve_options import SolveOptions

Mapper = Literal["global", "incremental"]

#: Below this share of the photos the other mapper has a try.
enough_share = 0.7
least_photos = 3


@dataclass
class Mapped:
    mapper: Mapper
    #: pycolmap.Reconstruction, the largest first.
    models: list[Any]
    #: Photos that each mapper has placed in its largest model.
    tried: dict[str, int] = field(default_factory=dict)

    @property
    def placed(self) -> int:
        return int(self.models[0].num_reg_images()) if self.models else 0


def _copy(source: Path, target: Path) -> None:
    """With what is still in the log beside it."""
    target.unlink(missing_ok=True)
    with (
        contextlib.closing(sqlite3.connect(source)) as old,
        contextlib.closing(sqlite3.connect(target)) as new,
    ):
        old.backup(new)


def _calibrated(options: SolveOptions) -> Path:
    """The database to map from: where EXIF does not tell a focal length, a copy with those that the fundamental matrices agree on, without
    which the global mapper has little to go by (Sweeney et al. 2015, "Optimizing the viewing graph for structure-from-motion")."""
    path = options.database
    with opened(path) as database:
        if all(camera.has_prior_focal_length for camera in database.read_all_cameras()):
            return path
    copy = options.work_folder / "database.calibrated.db"
    _copy(path, copy)
    calibration = pycolmap.ViewGraphCalibrationOptions()
    calibration.random_seed = options.seed
    return copy if pycolmap.calibrate_view_graph(str(copy), calibration) else path


def _global(options: SolveOptions, database: Path, told: Callable[[int], None]) -> list[Any]:
    asked = pycolmap.GlobalPipelineOptions()
    asked.random_seed, asked.num_threads, asked.min_model_size = (
        options.seed,
        options.num_threads,
        least_photos,
    )
    asked.image_path = str(options.photos_folder)
    asked.mapper.bundle_adjustment.ceres.use_gpu = options.use_gpu
    asked.mapper.global_positioning.use_gpu = options.use_gpu
    manager = pycolmap.ReconstructionManager()
    with opened(database) as matches:
        pipeline = pycolmap.GlobalPipeline(asked, matches, manager)

        def update() -> None:
            told(max((manager.get(i).num_reg_images() for i in range(manager.size())), default=0))

        pipeline.add_callback(pycolmap.GlobalPipelineCallback.MODEL_UPDATE_CALLBACK, update)
        pipeline.run()
    return [manager.get(i) for i in range(manager.size())]


def _incremental(options: SolveOptions, database: Path, told: Callable[[int], None]) -> list[Any]:
    asked = pycolmap.IncrementalPipelineOptions()
    asked.random_seed, asked.num_threads, asked.min_model_size = (
        options.seed,
        options.num_threads,
        least_photos,
    )
    placed = 0

    def add(photos: int) -> None:
        nonlocal placed
        placed += photos
        told(placed)

    # COLMAP writes every model too; the one that is used is written with the dataset.
    with tempfile.TemporaryDirectory(dir=options.work_folder) as folder:
        models = pycolmap.incremental_mapping(
            str(database),
            str(options.photos_folder),
            folder,
            asked,
            initial_image_pair_callback=lambda: add(2),
            next_image_callback=lambda: add(1),
        )
    return list(models.values())


def _sorted(models: list[Any]) -> list[Any]:
    there = [model for model in models if model.num_reg_images() >= least_photos]
    return sorted(there, key=lambda model: (-model.num_reg_images(), -model.num_points3D()))


def map_cameras(options: SolveOptions, photos: int, told: Callable[[int], None]) -> Mapped:
    """`told`: how many photos are placed so far, by the mapper that is at work."""
    pycolmap.set_random_seed(options.seed)
    database = _calibrated(options)
    try:
        return _map(options, database, photos, told)
    finally:
        if database != options.database:
            database.unlink(missing_ok=True)


def _map(options: SolveOptions, database: Path, photos: int, told: Callable[[int], None]) -> Mapped:
    first = Mapped("global", _sorted(_global(options, database, told)))
    first.tried["global"] = first.placed
    if first.placed >= enough_share * photos:
        return first
    second = Mapped("incremental", _sorted(_incremental(options, database, told)))
    second.tried = {**first.tried, "incremental": second.placed}
    if second.placed > first.placed:
        return second
    first.tried = second.tried
    return first
