"""COLMAP's database of features and matches: begun, filled and gone on from.

Invariant: a database is gone on from only for the same photos (names and sizes), the same options and the same COLMAP; what is in it
already is not computed again.
"""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pycolmap

from .camera_groups import CameraGroup
from .pairs import PairPlan, alike_options, sequential_options
from .solve_options import SolveOptions
from .undistort import given_model_name
from .whole_file import write_whole

#: Of the longer side, as our own solver guesses: the median of seven sets from phones is 0.74. COLMAP's guess is 1.2.
_focal_without_exif = 0.8


def open_folder(options: SolveOptions, names: Sequence[str]) -> bool:
    """Makes the work folder ready. True: there is a database to go on from.

    :raises OSError:
    """
    stamp, path = options.work_folder / "database.json", options.database
    sizes = [[name, (options.photos_folder / name).stat().st_size] for name in names]
    text = json.dumps({"colmap": pycolmap.__version__, "options": options.kept_by(), "photos": sizes})
    with contextlib.suppress(OSError, ValueError):
        if stamp.read_text("utf-8") == text and path.is_file():
            return True
    for old in options.work_folder.glob("database.*"):
        old.unlink()
    for name in ("dataset", "dataset.part", given_model_name):
        shutil.rmtree(options.work_folder / name, ignore_errors=True)
    (options.work_folder / "solve.json").unlink(missing_ok=True)
    options.work_folder.mkdir(parents=True, exist_ok=True)
    write_whole(stamp, text)
    return False


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Any]:
    database = pycolmap.Database.open(str(path))
    try:
        yield database
    finally:
        database.close()


def _device(options: SolveOptions) -> Any:
    return pycolmap.Device.cuda if options.use_gpu else pycolmap.Device.cpu


def extract(options: SolveOptions, groups: Sequence[CameraGroup]) -> None:
    """SIFT features of every photo; one camera for each group."""
    path = options.database
    extraction = pycolmap.FeatureExtractionOptions()
    extraction.use_gpu, extraction.num_threads = options.use_gpu, options.num_threads
    extraction.max_image_size = options.working_side_px
    # Affine shape and domain-size pooling stay off: either makes COLMAP find features on the CPU.
    extraction.sift.max_num_features = options.features
    for group in groups:
        reader = pycolmap.ImageReaderOptions()
        reader.camera_model, reader.default_focal_length_factor = group.lens, _focal_without_exif
        known = _camera_of(path, group)
        if known is not None:
            reader.existing_camera_id = known
        pycolmap.extract_features(
            str(path),
            str(options.photos_folder),
            image_names=group.photos,
            camera_mode=pycolmap.CameraMode.SINGLE,
            reader_options=reader,
            extraction_options=extraction,
            device=_device(options),
        )


def _camera_of(path: Path, group: CameraGroup) -> int | None:
    """Of a group that was begun before."""
    with opened(path) as database:
        images = {image.name: image.camera_id for image in database.read_all_images()}
    return next((int(images[name]) for name in group.photos if name in images), None)


def match(options: SolveOptions, plan: PairPlan) -> None:
    """Compares the pairs and verifies what they have in common."""
    path = str(options.database)
    matching = pycolmap.FeatureMatchingOptions()
    matching.use_gpu, matching.num_threads = options.use_gpu, options.num_threads
    # A second look along the epipolar lines; on the CPU it takes ten times as long as all the rest.
    matching.guided_matching = options.use_gpu
    verification = pycolmap.TwoViewGeometryOptions()
    verification.ransac.random_seed = options.seed
    common: dict[str, Any] = {"matching_options": matching, "verification_options": verification}
    common["device"] = _device(options)
    if plan.way == "exhaustive":
        pycolmap.match_exhaustive(path, **common)
        return
    for pairing in sequential_options():
        pycolmap.match_sequential(path, pairing_options=pairing, **common)
    if options.vocab_tree is not None:
        pycolmap.match_vocabtree(path, pairing_options=alike_options(options.vocab_tree), **common)
