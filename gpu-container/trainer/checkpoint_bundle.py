"""A checkpoint as the next attempt, on another machine, can go on from it: with the cameras that it was trained on.

Without them it is worth nothing: cameras found anew lie in another frame. The photos come with the job.
Invariant: only files of the names below are ever taken out, into places chosen here; a bundle of other photos gives nothing.
"""

from __future__ import annotations

import io
import json
import shutil
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_facts_name = "bundle.json"
_version = 1
_most_facts_bytes = 1 << 20


def pack(path: Path, facts: Mapping[str, Any], files: Mapping[str, Path]) -> None:
    """Writes a tar of the files by name, and the facts in front; each file as it is when it is opened.

    :raises OSError:
    """
    part = path.with_name(f"{path.name}.part")
    with tarfile.open(part, "w", format=tarfile.PAX_FORMAT) as tar:
        text = json.dumps({"v": _version, **facts}).encode()
        info = tarfile.TarInfo(_facts_name)
        info.size = len(text)
        tar.addfile(info, io.BytesIO(text))
        for name, source in files.items():
            with source.open("rb") as file:
                info = tarfile.TarInfo(name)
                info.size = file.seek(0, io.SEEK_END)
                file.seek(0)
                tar.addfile(info, file)
    part.replace(path)


def read_facts(path: Path) -> dict[str, Any] | None:
    """What pack() was told; None for what is no bundle."""
    try:
        with tarfile.open(path, "r:") as tar:
            first = tar.next()
            if (
                first is None
                or first.name != _facts_name
                or not first.isfile()
                or first.size > _most_facts_bytes
            ):
                return None
            file = tar.extractfile(first)
            facts = json.loads(file.read()) if file else None
    except (OSError, ValueError, tarfile.TarError):
        return None
    return facts if isinstance(facts, dict) and facts.get("v") == _version else None


def unpack(path: Path, places: Mapping[str, Path]) -> bool:
    """Takes out the files named in `places`; false when one of them is not there. Others are left where they are.

    :raises OSError: the disk is full
    """
    left = dict(places)
    try:
        with tarfile.open(path, "r:") as tar:
            for info in tar:
                target = left.pop(info.name, None) if info.isfile() else None
                source = tar.extractfile(info) if target else None
                if target is None or source is None:
                    continue
                target.parent.mkdir(parents=True, exist_ok=True)
                with target.open("wb") as file:
                    shutil.copyfileobj(source, file, 1 << 20)
    except (ValueError, tarfile.TarError):
        return False
    return not left
