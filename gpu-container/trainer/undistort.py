"""The dataset of cameras that are known already: photos as an ideal pinhole would have taken them.

Invariant: the dataset is there whole or not at all; COLMAP runs in a process of its own, which ends when the job is stopped.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import threading
import traceback
from pathlib import Path

from .failure import failed
from .pinhole_dataset import write_pinhole_dataset
from .python_child import kill_child, leave_with_parent, start_child
from .stop import Stop

_poll_seconds = 0.1
_words_length = 500
given_model_name = "photos-model"


def photos_model(dataset: Path) -> Path:
    """The model of the photos as they came, with their lens, of a dataset that lies beside it; the dataset's own where there is none."""
    given = dataset.parent / given_model_name
    return given if given.is_dir() else dataset / "sparse/0"


def undistort(photos: Path, model: Path, work: Path, stop: Stop) -> Path:
    """Writes work/dataset: images/ and sparse/0/*.bin, with PINHOLE cameras; and beside it the model as it was given, in binary form.
    Photos of the model that are not in the folder are left out.

    :raises JobFailed: bad-file: COLMAP cannot read the model
    :raises Stopped, OSError:
    """
    with tempfile.TemporaryFile() as errors:
        process = start_child("undistort", str(photos), str(model), str(work), errors=errors.fileno())
        try:
            while process.poll() is None:
                stop.wait(_poll_seconds)
                stop.check()
        finally:
            code = kill_child(process)
        errors.seek(0)
        words = errors.read().decode("utf-8", "replace").strip()
    if code != 0:
        text = "The camera poses cannot be used: COLMAP cannot read them, or cannot undistort the photos by them."
        failure = failed("bad-file", text)
        failure.add_note(words[-_words_length:])
        raise failure
    return work / "dataset"


def _child(photos: Path, model: Path, work: Path) -> None:
    import pycolmap

    reconstruction = pycolmap.Reconstruction(str(model))
    for image in list(reconstruction.images.values()):
        if image.has_pose and not (photos / image.name).is_file():
            reconstruction.deregister_frame(image.frame_id)
    if reconstruction.num_reg_images() == 0:
        raise ValueError("None of the model's photos is in the folder.")
    given = work / given_model_name
    shutil.rmtree(given, ignore_errors=True)
    given.mkdir(parents=True)
    reconstruction.write(str(given))
    write_pinhole_dataset(photos, given, work / "dataset", lambda count: None)


def main() -> None:
    threading.Thread(target=leave_with_parent, daemon=True).start()
    code = 0
    try:
        _child(*map(Path, sys.argv[1:4]))
    except Exception:  # noqa: BLE001 (whatever it is: the parent is given its words)
        traceback.print_exc()
        code = 1
    sys.stderr.flush()
    # The thread that waits for the parent would be in the way of a quiet end.
    os._exit(code)


if __name__ == "__main__":
    main()
