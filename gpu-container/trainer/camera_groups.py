"""Which photos were taken by the same camera at the same zoom, and so share one lens: as src/core/sfm/cameraGroups.ts groups them.

Invariant: every photo is in one group or among the unreadable; photos of different size never share a group. COLMAP's own grouping gives
every photo without EXIF a camera of its own, which is too little to know a lens by.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import ExifTags, Image

from .photo_check_child import max_pixels, max_side_px

#: What COLMAP reads; everything else was re-written as JPEG before. JPEG stands for MPO too, which Pillow cannot be asked for by name.
_formats = ("JPEG", "PNG", "TIFF")
#: Fewer photos do not tell a second coefficient of radial distortion from noise.
_least_for_radial = 6


@dataclass
class CameraGroup:
    #: For people: maker, model, focal length, size.
    name: str
    #: Names of its photos, in order.
    photos: list[str] = field(default_factory=list)

    @property
    def lens(self) -> str:
        """COLMAP's name of the camera model: f, k1, k2 as our own solver has them. OPENCV's other four parameters (a second focal length,
        k2 apart, two of tangential distortion) made poses worse on a set of eleven photos: AUC at one degree 62.3 instead of 66.0."""
        return "RADIAL" if len(self.photos) >= _least_for_radial else "SIMPLE_RADIAL"


def _number(value: Any) -> str:
    try:
        return f"{round(float(value), 2):g}" if value else ""
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return ""


def _text(value: Any) -> str:
    return value.replace("\0", "").strip()[:80] if isinstance(value, str) else ""


def _key_of(path: Path) -> tuple[str, ...] | None:
    """Size and what EXIF says of the camera; None when the head of the file cannot be read, or promises too much."""
    try:
        with warnings.catch_warnings(), Image.open(path, formats=_formats) as image:
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            width_px, height_px = image.size
            exif = image.getexif()
            inner = exif.get_ifd(ExifTags.IFD.Exif)
    except Exception:  # noqa: BLE001 (whatever Pillow makes of a damaged head)
        return None
    if max(width_px, height_px) > max_side_px or width_px * height_px > max_pixels:
        return None
    base = ExifTags.Base
    words = [_text(exif.get(base.Make)), _text(exif.get(base.Model)), _text(inner.get(base.LensModel))]
    focal = [_number(inner.get(base.FocalLength)), _number(inner.get(base.FocalLengthIn35mmFilm))]
    return (*words, _text(inner.get(base.BodySerialNumber)), *focal, f"{width_px}x{height_px}")


def _name_of(key: tuple[str, ...]) -> str:
    make, model, _, _, focal, _, size = key
    repeats = model.lower().startswith(make.lower().split(" ")[0]) if make else True
    camera = (model if repeats else f"{make} {model}").strip() or "Unknown camera"
    return ", ".join([camera, *([f"{focal} mm"] if focal else []), size])


def group_cameras(folder: Path, names: Sequence[str]) -> tuple[list[CameraGroup], list[str]]:
    """The groups in the order of their first photos, and the names of those that cannot be read."""
    groups: dict[tuple[str, ...], CameraGroup] = {}
    unreadable = []
    for name in names:
        key = _key_of(folder / name)
        if key is None:
            unreadable.append(name)
        else:
            groups.setdefault(key, CameraGroup(_name_of(key))).photos.append(name)
    return list(groups.values()), unreadable
