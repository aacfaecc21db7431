"""One file from the line to the disk: what was announced of it is what lies there.

Invariant: a file that is not, byte for byte, the one announced is Damaged, and is told from one that the disk has no room for.
"""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from .contract import Checkpoint, ManifestImage
from .failure import JobFailed, failed
from .stop import Stop

_read_bytes = 1024 * 1024

#: A photo or a checkpoint: size, SHA-256 and an address that runs out.
Wanted = ManifestImage | Checkpoint


class Damaged(Exception):
    """Other bytes came than were announced."""


def part_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.part")


def is_right(path: Path, wanted: Wanted, stop: Stop) -> bool:
    """True when the file is there and is the one announced."""
    try:
        if path.stat().st_size != wanted["bytes"]:
            return False
        sha256 = hashlib.sha256()
        with path.open("rb") as file:
            while piece := file.read(_read_bytes):
                stop.check()
                sha256.update(piece)
    except OSError:
        return False
    return sha256.hexdigest() == wanted["sha256"]


def save(pieces: Iterator[bytes], part: Path, wanted: Wanted) -> None:
    """Streams to disk; leaves off as soon as more comes than was announced.

    :raises Damaged, OSError:
    """
    sha256, count = hashlib.sha256(), 0
    with part.open("wb") as file:
        for piece in pieces:
            count += len(piece)
            if count > wanted["bytes"]:
                raise Damaged(f"more than the {wanted['bytes']} bytes came that were announced")
            sha256.update(piece)
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    if count < wanted["bytes"]:
        raise Damaged(f"{count} bytes came, {wanted['bytes']} were announced")
    if sha256.hexdigest() != wanted["sha256"]:
        raise Damaged("its bytes are not those announced")


def disk_failure(error: OSError, what: str) -> JobFailed:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return failed("storage-full", f"There is no room on this machine's disk for {what}.")
    # Not the photo's fault.
    reason = error.strerror or type(error).__name__
    return failed("bad-file", f"{what} could not be written: {reason}.", file=what, retryable=True)
