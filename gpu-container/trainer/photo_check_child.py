"""The process that decodes photos of strangers: one JSON line in for each photo, one out.

Invariant: it lives under limits of memory, time and file size that it cannot lift; what it says of a photo holds no path. A photo that
breaks it costs the process and nothing else.
"""

from __future__ import annotations

import io
import json
import os
import resource
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from PIL import ExifTags, Image, ImageCms, ImageOps, UnidentifiedImageError

max_pixels = 100_000_000
max_side_px = 20_000
memory_bytes = 3 << 30
cpu_seconds_each = 60
_largest_file_bytes = 1 << 30
#: Kinds that a camera or a phone makes; Pillow knows many more, which nobody needs and anybody may attack.
_formats = ["JPEG", "PNG", "WEBP", "HEIF", "AVIF", "TIFF"]
#: What COLMAP reads as it is, by Pillow's names of kind and mode.
_as_it_is = {("JPEG", "RGB"), ("JPEG", "L"), ("MPO", "RGB"), ("PNG", "RGB"), ("PNG", "L")}
_kept_tags = (ExifTags.Base.Make, ExifTags.Base.Model)
_kept_exif_tags = (
    ExifTags.Base.FocalLength,
    ExifTags.Base.FocalLengthIn35mmFilm,
    ExifTags.Base.BodySerialNumber,
    ExifTags.Base.LensModel,
)


class BadPhoto(Exception):
    """Its words are for the person."""


def limit_all() -> None:
    for which, most in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_FSIZE, _largest_file_bytes),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(which)[1]
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(which, (least, least))


def allow_seconds(seconds: float) -> None:
    """So much more time on the CPU, whatever was used so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime + seconds) + 1, hard))


def read_more_kinds() -> None:
    """HEIC where pillow-heif is installed."""
    try:
        import pillow_heif
    except ImportError:
        return
    pillow_heif.register_heif_opener()


def _opened(path: Path) -> Image.Image:
    try:
        image = Image.open(path, formats=[kind for kind in _formats if kind in Image.OPEN])
    except UnidentifiedImageError:
        raise BadPhoto(_unknown(path)) from None
    width_px, height_px = image.size
    if max(width_px, height_px) > max_side_px or width_px * height_px > max_pixels:
        size = f"It has {width_px} x {height_px} pixels"
        raise BadPhoto(
            f"{size}; at most {max_side_px} along a side and {max_pixels // 10**6} million in all are read."
        )
    return image


def _unknown(path: Path) -> str:
    with path.open("rb") as file:
        start = file.read(16)
    if not start:
        return "It is empty."
    if start[4:8] == b"ftyp":
        return "HEIC and AVIF photos of this kind cannot be read here; JPEG can."
    return "It is not a photo, or of a kind that is not read."


def _other_colours(image: Image.Image) -> ImageCms.ImageCmsProfile | None:
    """The file's colour profile (ICC.1) where it is another than sRGB; None too where it is none that can be read."""
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
        return None if "srgb" in ImageCms.getProfileDescription(profile).lower() else profile
    except (KeyError, TypeError, OSError, ImageCms.PyCMSError):
        return None


def _in_srgb(image: Image.Image, profile: ImageCms.ImageCmsProfile | None) -> Image.Image:
    """In the colours that the person sees. A profile that does not fit the picture is passed over, as browsers do."""
    if profile is None:
        return image
    if image.mode == "P":
        image = image.convert("RGBA")
    try:
        intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
        srgb = ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(image, profile, srgb, intent, outputMode="RGB") or image
    except ImageCms.PyCMSError:
        return image


def _eight_bits(image: Image.Image) -> Image.Image:
    """RGB. Photos of 16 bits keep their upper eight; what is transparent shows its colour."""
    if image.mode.startswith(("I", "F")):
        grey = np.asarray(image).astype(np.float64)
        image = Image.fromarray(np.clip(grey / 256, 0, 255).astype(np.uint8))
    return image.convert("RGBA").convert("RGB") if image.mode == "P" else image.convert("RGB")


def _exif_without_place(exif: Image.Exif) -> Image.Exif:
    """Camera and focal length, which the solver wants; nothing else of what the file says."""
    kept = Image.Exif()
    kept.update({tag: exif[tag] for tag in _kept_tags if tag in exif})
    inner = exif.get_ifd(ExifTags.IFD.Exif)
    kept.get_ifd(ExifTags.IFD.Exif).update({tag: inner[tag] for tag in _kept_exif_tags if tag in inner})
    return kept


def check(photo: Path, target: Path) -> dict[str, Any]:
    """Decodes the whole photo. Writes it upright and in sRGB to `target` unless COLMAP reads it as it is.

    :raises BadPhoto, OSError, ValueError, SyntaxError, MemoryError: as Pillow does
    """
    with _opened(photo) as image:
        image.load()
        exif = image.getexif()
        is_upright = exif.get(ExifTags.Base.Orientation, 1) in (0, 1)
        profile = _other_colours(image)
        if is_upright and profile is None and (image.format, image.mode) in _as_it_is:
            return {"ok": True, "written": False}
        upright = _eight_bits(_in_srgb(ImageOps.exif_transpose(image), profile))
        part = target.with_name(f"{target.name}.part")
        upright.save(part, "JPEG", quality=96, subsampling=0, exif=_exif_without_place(exif))
        part.replace(target)
    return {"ok": True, "written": True}


def answer(request: dict[str, str]) -> dict[str, Any]:
    allow_seconds(cpu_seconds_each)
    try:
        return check(Path(request["photo"]), Path(request["target"]))
    except BadPhoto as error:
        return {"ok": False, "why": str(error)}
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return {"ok": False, "why": f"It is larger than {max_pixels // 10**6} million pixels."}
    except MemoryError:
        return {"ok": False, "why": "It needs more memory than a photo may."}
    except OSError as error:
        if error.errno is not None:
            return {"ok": False, "errno": error.errno, "why": os.strerror(error.errno)}
        return {"ok": False, "why": "It is damaged or cut short."}
    except Exception:  # noqa: BLE001 (a decoder met with what its author had not thought of)
        return {"ok": False, "why": "It is damaged."}


def main() -> None:
    limit_all()
    # Kinds are known by name only when all have been loaded.
    Image.init()
    Image.MAX_IMAGE_PIXELS = max_pixels
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    read_more_kinds()
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
