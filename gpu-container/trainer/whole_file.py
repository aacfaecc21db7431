"""A file that a reader never sees half of. Invariant: it appears under its name only when all its bytes are on disk."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A file to write to, beside the target; renamed over it when the block ends well, else removed. Makes the folder when missing.

    :raises OSError:
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def write_whole(path: Path, content: bytes | str) -> None:
    """:raises OSError:"""
    with whole_file(path) as file:
        file.write(content.encode("utf-8") if isinstance(content, str) else content)
