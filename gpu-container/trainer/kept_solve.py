"""The cameras that a job has found, so that the same job taken up again does not look for them again.

Invariant: they are taken up only for the same photos, byte for byte; damaged ones are none.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from .solve import Solved
from .stop import Stop
from .whole_file import write_whole

_name = "kept.json"


def photos_key(folder: Path, names: Sequence[str], stop: Stop) -> str:
    """SHA-256 over names and bytes of the photos, in the order of their names.

    :raises OSError, Stopped:
    """
    whole = hashlib.sha256()
    for name in sorted(names):
        stop.check()
        with (folder / name).open("rb") as file:
            whole.update(f"{name}\n{hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
    return whole.hexdigest()


def keep_solve(folder: Path, key: str, solved: Solved) -> None:
    """:raises OSError:"""
    fields = {**dataclasses.asdict(solved), "dataset": str(solved.dataset.relative_to(folder))}
    write_whole(folder / _name, json.dumps({"key": key, "solved": fields}))


def kept_solve(folder: Path, key: str) -> Solved | None:
    """What was kept of these photos; None where there is nothing, or not the whole of it."""
    try:
        kept = json.loads((folder / _name).read_text("utf-8"))
        if kept["key"] != key:
            return None
        fields = kept["solved"]
        solved = Solved(**{**fields, "dataset": folder / fields["dataset"]})
    except (OSError, ValueError, KeyError, TypeError):
        return None
    names = ("cameras.bin", "images.bin", "points3D.bin")
    return solved if all((solved.dataset / "sparse/0" / name).is_file() for name in names) else None
