"""The photos that a person names on the command line, and the COLMAP model that lies with them.

Invariant: nothing in the person's folder is changed, and nothing is written into it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .failure import failed

photo_endings = frozenset((".jpg", ".jpeg", ".png", ".webp", ".heic", ".heif", ".avif", ".tif", ".tiff"))
_model_places = ("sparse/0", "sparse", ".")
_model_files = ("cameras", "images")


@dataclass(frozen=True)
class Given:
    #: Where the photos are.
    folder: Path
    names: list[str]
    #: Folder of cameras.bin and images.bin (or .txt) that came with them; None: none.
    model: Path | None


def _photos_in(folder: Path) -> list[str]:
    files = (path for path in folder.iterdir() if path.suffix.lower() in photo_endings and path.is_file())
    return sorted(path.name for path in files if not path.name.startswith("."))


def _model_in(folder: Path) -> Path | None:
    for place in _model_places:
        for ending in ("bin", "txt"):
            if all((folder / place / f"{name}.{ending}").is_file() for name in _model_files):
                return folder / place
    return None


def find_photos(source: Path) -> Given:
    """The photos in `source`, or in its folder images/.

    :raises JobFailed: bad-file or too-few-photos
    """
    try:
        names, folder = _photos_in(source), source
        if not names and (source / "images").is_dir():
            names, folder = _photos_in(source / "images"), source / "images"
        model = _model_in(source)
    except OSError as error:
        raise failed("bad-file", f"{source} cannot be read: {error.strerror}.", file=str(source)) from None
    if not names:
        raise failed("too-few-photos", f"There is no photo in {source}.")
    return Given(folder, names, model)


def refuse_photo_folder(given: Given, folder: Path) -> None:
    """Results must not be written among the person's photos.

    :raises JobFailed: the folder is the photos' own
    """
    if folder.exists() and folder.resolve() == given.folder.resolve():
        raise failed(
            "bad-file", f"{folder} holds the photos; results would be written among them.", file=str(folder)
        )
