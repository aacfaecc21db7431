"""The pictures that go with a result: a thumbnail, and a poster that turns the scene once.

Invariant: a picture shows what was trained and nothing else; where none can be drawn there is none.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from PIL import Image

from . import splat_cli
from .camera_model import CameraModel, read_camera_model
from .stop import Stop
from .turntable import angles_of, orbit_of, pose_at

thumbnail_width_px = 640
poster_width_px = 1280
turntable_width_px = 640
#: It turns once, in less than five seconds, and then rests: what moves for longer needs a button that stops it (WCAG 2.2, 2.2.2).
turntable_pictures, turntable_picture_ms = 24, 160
most_poster_bytes = 10_000_000
_quality = 82


def first_render(out: Path) -> Path | None:
    """The first held-out view as the trainer drew it; None when none was held out."""
    return min((path for path in (out / "renders").glob("*.png")), default=None, key=lambda path: path.name)


def write_still(out: Path, path: Path, width_px: int) -> Path | None:
    """The first held-out view as WebP, never enlarged."""
    source = first_render(out)
    if source is None:
        return None
    with Image.open(source) as opened:
        _scaled(opened.convert("RGB"), width_px).save(path, "WEBP", quality=_quality, method=4)
    return path


def _scaled(picture: Image.Image, width_px: int) -> Image.Image:
    if picture.width <= width_px:
        return picture
    return picture.resize(
        (width_px, max(1, round(picture.height * width_px / picture.width))), Image.Resampling.LANCZOS
    )


def _write_cameras(model: CameraModel, folder: Path) -> bool:
    """A dataset of the turntable's cameras, with the lens of the first photo and no pixels."""
    orbit = orbit_of(model)
    if orbit is None:
        return False
    lens = next(camera for camera in model.cameras if camera["id"] == model.views[0]["cameraId"])
    (folder / "sparse/0").mkdir(parents=True)
    (folder / "images").mkdir()
    numbers = " ".join(repr(lens[key]) for key in ("fx", "fy", "cx", "cy"))
    cameras = f"1 PINHOLE {lens['widthPx']} {lens['heightPx']} {numbers}\n"
    images = []
    for index, degrees in enumerate(angles_of(orbit, turntable_pictures)):
        pose = pose_at(orbit, degrees)
        name = f"{index:03d}.png"
        images.append(f"{index + 1} {' '.join(map(repr, pose['q'] + pose['t']))} 1 {name}\n\n")
        (folder / "images" / name).touch()
    (folder / "sparse/0/cameras.txt").write_text(cameras)
    (folder / "sparse/0/images.txt").write_text("".join(images))
    return True


def draw_turntable(
    command: Sequence[str], scene: Path, model_folder: Path, work: Path, stop: Stop, until: float
) -> list[Path]:
    """Draws the turntable's pictures with `splat render`; none where there is no orbit or no adapter to draw on.

    :param model_folder: COLMAP model of PINHOLE cameras in the scene's world
    :param until: monotonic; what is not drawn then is given up, for a software adapter may take very long
    """
    model = read_camera_model(model_folder)
    shutil.rmtree(work, ignore_errors=True)
    if model is None or not _write_cameras(model, work / "cameras"):
        return []
    lens_width = max(int(camera["widthPx"]) for camera in model.cameras)
    arguments = ["render", str(scene), "--cameras", str(work / "cameras"), "--out", str(work / "drawn")]
    arguments += ["--width", str(min(turntable_width_px, lens_width))]
    end = splat_cli.run(command, arguments, wish=splat_cli.stop_wish(stop, until))
    stop.check()
    drawn = sorted((work / "drawn").glob("*.png"))
    return drawn if end.exit_code == 0 and len(drawn) == turntable_pictures else []


def write_turntable(drawn: Sequence[Path], path: Path) -> Path | None:
    """The pictures as a WebP that moves; None when they do not fit a poster."""
    frames = []
    for each in drawn:
        with Image.open(each) as opened:
            frames.append(opened.convert("RGB"))
    # Back to where it began: that is the picture it rests at.
    frames.append(frames[0])
    timing = {"duration": turntable_picture_ms, "loop": 1}
    frames[0].save(path, "WEBP", save_all=True, append_images=frames[1:], quality=70, method=2, **timing)
    return path if path.stat().st_size <= most_poster_bytes else None


def write_poster(out: Path, path: Path, draw: Callable[[], list[Path]]) -> Path | None:
    """The turntable where it can be drawn, else the first held-out view, at rest."""
    drawn = draw()
    return (write_turntable(drawn, path) if drawn else None) or write_still(out, path, poster_width_px)
