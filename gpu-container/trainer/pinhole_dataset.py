"""The dataset that is trained on: the placed photos as an ideal pinhole would have taken them.

Invariant: the dataset is there whole or not at all: images/ and sparse/0/{cameras,images,points3D}.bin.
"""

from __future__ import annotations

import contextlib
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

_poll_seconds = 0.25
#: Photos are coded anew; the score is measured against what is left of them.
_jpeg_quality = 97


@contextlib.contextmanager
def _counting(folder: Path, told: Callable[[int], None]) -> Iterator[None]:
    ended = threading.Event()

    def count() -> None:
        while not ended.wait(_poll_seconds):
            with contextlib.suppress(OSError):
                told(sum(1 for _ in folder.iterdir()))

    thread = threading.Thread(target=count, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def write_pinhole_dataset(
    photos: Path, model: Path, target: Path, told: Callable[[int], None], threads: int = -1
) -> None:
    """Undistorts every photo of a COLMAP model. `told`: how many are written.

    :raises OSError: and RuntimeError, ValueError of COLMAP
    """
    import pycolmap

    part, written = (
        target.with_name(f"{target.name}.part"),
        target.with_name(f"{target.name}.part") / "written",
    )
    shutil.rmtree(part, ignore_errors=True)
    written.mkdir(parents=True)
    with _counting(written / "images", told):
        pycolmap.undistort_images(
            str(written), str(model), str(photos), jpeg_quality=_jpeg_quality, num_threads=threads
        )
    # COLMAP writes sparse/*.bin; our readers look in sparse/0. What it leaves for dense reconstruction is not wanted.
    (part / "sparse").mkdir()
    (written / "sparse").rename(part / "sparse" / "0")
    (written / "images").rename(part / "images")
    shutil.rmtree(written)
    shutil.rmtree(target, ignore_errors=True)
    part.rename(target)
