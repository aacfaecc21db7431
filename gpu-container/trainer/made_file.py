"""A file of a result with what is announced of it. Invariant: size and hash are of the bytes as they lie on disk when it was made."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from .contract import OutputFile, OutputKind


@dataclass(frozen=True)
class MadeFile:
    kind: OutputKind
    path: Path
    bytes: int
    sha256: str

    @property
    def announced(self) -> OutputFile:
        return {"kind": self.kind, "bytes": self.bytes, "sha256": self.sha256}


def made_file(kind: OutputKind, path: Path) -> MadeFile:
    """:raises OSError: it cannot be read"""
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        return MadeFile(kind, path, file.tell(), sha256)
