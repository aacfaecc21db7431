"""A COLMAP model that came with the photos, as what the solver would have found. Invariant: its figures are its own; nothing is solved."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from .failure import failed
from .solve import Solved

_least_photos = 3
_model_names = ("cameras", "images", "points3D")


def model_key(model: Path) -> str:
    """SHA-256 over the files of a model.

    :raises OSError:
    """
    whole = hashlib.sha256()
    for path in sorted(model.iterdir()):
        if path.stem in _model_names and path.suffix in (".bin", ".txt"):
            whole.update(f"{path.name} {path.stat().st_size}\n".encode() + path.read_bytes())
    return whole.hexdigest()


def given_solve(dataset: Path, photos: Sequence[str]) -> Solved:
    """What there is to say of a dataset made of a given model. `photos`: the names of all photos.

    :raises JobFailed: too-few-photos
    """
    import pycolmap

    model = pycolmap.Reconstruction(str(dataset / "sparse/0"))
    placed = {image.name for image in model.images.values() if image.has_pose}
    unplaced = [name for name in photos if name not in placed]
    if len(placed) < _least_photos:
        detail = f"The model has poses of {len(placed)} of the photos; at least {_least_photos} are needed."
        raise failed("too-few-photos", detail)
    return Solved(
        dataset=dataset,
        registered=len(placed),
        total=len(photos),
        mean_reprojection_error_px=float(model.compute_mean_reprojection_error()),
        points=len(model.points3D),
        unplaced=unplaced,
        mapper="given",
        seconds={},
    )
