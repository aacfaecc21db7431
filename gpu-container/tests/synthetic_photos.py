"""A small scene with known cameras, photographed: two walls, a floor and three boxes under a fine pattern, by ray casting.

Invariant: deterministic; the camera is an exact pinhole with its principal point in the middle, and poses are world-to-camera with
OpenCV axes (x right, y down, z ahead). The pattern differs from face to face, so that nothing repeats.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image

Array = NDArray[np.float64]

_tile_px = 512
#: Of the pattern, per unit of length.
_pattern_px = 150.0
_no_hit = 1e9


@dataclass(frozen=True)
class Shot:
    name: str
    #: 3 x 3, world to camera.
    rotation: Array
    #: In the world.
    centre: Array


@dataclass(frozen=True)
class PhotoSet:
    folder: Path
    shots: list[Shot]
    focal_px: float
    width_px: int
    height_px: int


@dataclass(frozen=True)
class Box:
    """Axis-parallel; y points down."""

    low: tuple[float, float, float]
    high: tuple[float, float, float]


boxes = (
    Box((-4.0, 1.0, -4.0), (4.0, 1.2, 3.0)),  # floor
    Box((-4.0, -3.0, 2.0), (4.0, 1.2, 2.2)),  # wall behind
    Box((-2.6, -3.0, -4.0), (-2.4, 1.2, 3.0)),  # wall at the left
    Box((-1.4, 0.0, -0.4), (-0.5, 1.0, 0.5)),
    Box((-0.1, -0.6, 0.2), (0.6, 1.0, 0.9)),
    Box((0.8, 0.3, -0.8), (1.5, 1.0, 0.0)),
)


@cache
def _pattern(seed: int) -> Array:
    """[512, 512, 3] in 0..1: noise of several sizes, which tiles."""
    random = np.random.default_rng(seed)
    total = np.zeros((_tile_px, _tile_px, 3))
    for cell_px, weight in ((8, 1.3), (16, 1.1), (64, 0.7)):
        n = _tile_px // cell_px
        small = random.random((n, n, 3)) * (0.5 + 0.5 * random.random((n, n, 1)))
        image = Image.fromarray((255 * small).astype(np.uint8)).resize(
            (_tile_px, _tile_px), Image.Resampling.BICUBIC
        )
        total += weight * (np.asarray(image, np.float64) / 255 - 0.37)
    return np.clip(0.5 + 0.55 * total, 0, 1)


def _look_up(pattern: Array, u: Array, v: Array) -> Array:
    """Bilinear, in a pattern that repeats."""
    x, y = u * _pattern_px, v * _pattern_px
    x0, y0 = np.floor(x).astype(int), np.floor(y).astype(int)
    fx, fy = (x - x0)[:, None], (y - y0)[:, None]
    rows, columns = (y0 % _tile_px, (y0 + 1) % _tile_px), (x0 % _tile_px, (x0 + 1) % _tile_px)
    upper = (1 - fx) * pattern[rows[0], columns[0]] + fx * pattern[rows[0], columns[1]]
    lower = (1 - fx) * pattern[rows[1], columns[0]] + fx * pattern[rows[1], columns[1]]
    return np.asarray((1 - fy) * upper + fy * lower)


def _enter(box: Box, origin: Array, inverse: list[Array]) -> tuple[Array, NDArray[np.intp]]:
    """Distance to the box along each ray (their directions are given by axis, inverted), and the axis of the face that is hit."""
    near, far = np.full_like(inverse[0], -_no_hit), np.full_like(inverse[0], _no_hit)
    side = np.zeros(len(near), np.intp)
    for axis, per_unit in enumerate(inverse):
        a, b = (box.low[axis] - origin[axis]) * per_unit, (box.high[axis] - origin[axis]) * per_unit
        enters = np.minimum(a, b)
        side[enters > near] = axis
        near, far = np.maximum(near, enters), np.minimum(far, np.maximum(a, b))
    return np.where((near < far) & (near > 0), near, _no_hit), side


def _cast(origin: Array, rays: Array, scene: int) -> Array:
    """[n, 3] in 0..1."""
    inverse = [1 / np.where(np.abs(along) < 1e-12, 1e-12, along) for along in rays.T]
    hits = [_enter(box, origin, inverse) for box in boxes]
    nearest = np.stack([t for t, _ in hits]).argmin(axis=0)
    colour = np.full((len(rays), 3), 0.6)
    for k, (t, axis) in enumerate(hits):
        for side in range(3):
            chosen = np.flatnonzero((nearest == k) & (axis == side) & (t < _no_hit))
            if len(chosen) > 0:
                points = origin + t[chosen, None] * rays[chosen]
                u, v = np.delete(points, side, axis=1).T
                colour[chosen] = (0.7 + 0.15 * side) * _look_up(_pattern(1000 * scene + 10 * k + side), u, v)
    return colour


def look_at(centre: Array, target: Array) -> Array:
    """World-to-camera rotation, level."""
    z = (target - centre) / np.linalg.norm(target - centre)
    x = np.cross([0.0, 1.0, 0.0], z)
    x /= np.linalg.norm(x)
    return np.stack([x, np.cross(z, x), z])


def shots_on_arc(count: int) -> list[Shot]:
    """Seven degrees apart, at changing heights and distances."""
    shots = []
    for k in range(count):
        angle = np.radians(7.0 * (k - (count - 1) / 2))
        radius = 3.6 + 0.25 * np.sin(2.1 * k)
        centre = np.array([radius * np.sin(angle), -0.5 + 0.35 * np.cos(1.7 * k), -radius * np.cos(angle)])
        target = np.array([0.1 * np.sin(k), 0.2, 0.3])
        shots.append(Shot(f"{k + 1:06d}.jpg", look_at(centre, target), centre))
    return shots


def draw(shot: Shot, focal_px: float, width_px: int, height_px: int, scene: int = 0) -> Image.Image:
    """One ray through the middle of each pixel; the pattern has nothing finer. `scene`: another pattern on the same things."""
    x, y = np.meshgrid(np.arange(width_px) + 0.5, np.arange(height_px) + 0.5)
    in_camera = np.stack([x - width_px / 2, y - height_px / 2, np.full_like(x, focal_px)], axis=-1).reshape(
        -1, 3
    )
    pixels = _cast(shot.centre, in_camera @ shot.rotation, scene).reshape(height_px, width_px, 3)
    return Image.fromarray(np.round(255 * pixels).astype(np.uint8))


def exif_of(focal_px: float, width_px: int, height_px: int, model: str = "Pinhole 1") -> Image.Exif:
    """Of a camera whose 35 mm focal length is measured over the diagonal, as COLMAP and src/core/sfm/exif.ts read it."""
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "Synthetic"
    exif[ExifTags.Base.Model] = model
    focal_35mm = round(focal_px * 43.27 / float(np.hypot(width_px, height_px)))
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.FocalLengthIn35mmFilm] = focal_35mm
    return exif


def make_photos(
    folder: Path, count: int = 12, width_px: int = 320, height_px: int = 240, *, with_exif: bool = False
) -> PhotoSet:
    """JPEGs 000001.jpg and so on, and how they were taken."""
    folder.mkdir(parents=True, exist_ok=True)
    focal_px = 0.9 * width_px
    options: dict[str, Any] = {"exif": exif_of(focal_px, width_px, height_px)} if with_exif else {}
    shots = shots_on_arc(count)
    for shot in shots:
        draw(shot, focal_px, width_px, height_px).save(folder / shot.name, quality=95, **options)
    return PhotoSet(folder, shots, focal_px, width_px, height_px)


def make_noise(path: Path, seed: int = 7, width_px: int = 320, height_px: int = 240) -> None:
    """A photo that shows nothing that any other shows."""
    random = np.random.default_rng(seed)
    small = random.integers(0, 256, (height_px // 3, width_px // 3, 3), np.uint8)
    Image.fromarray(small).resize((width_px, height_px), Image.Resampling.BICUBIC).save(path, quality=95)


def make_plain(path: Path, width_px: int = 320, height_px: int = 240) -> None:
    """A photo of a white wall."""
    Image.new("RGB", (width_px, height_px), (214, 212, 208)).save(path, quality=95)
