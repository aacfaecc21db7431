"""The flags of `python -m trainer pull` from the environment, for machines that are rented with it and not with flags (Vast.ai).

Names as cloud/providers/vast.ts sets them. Invariant: the token is in a file that only we read, and in no environment that a child of
this process inherits.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import MutableMapping, Sequence

_flags = {
    "SPLAT_API_BASE": "--api",
    "SPLAT_WORKER_ID": "--worker-id",
    "SPLAT_GPU_CLASS": "--gpu-class",
    "SPLAT_WORK": "--work",
}
_token = "SPLAT_WORKER_TOKEN"  # noqa: S105 - its name


def _token_file(token: str) -> str:
    with tempfile.NamedTemporaryFile("w", prefix="splat-worker-", delete=False) as file:
        file.write(token)
        return file.name


def with_environment(argv: Sequence[str], environment: MutableMapping[str, str] = os.environ) -> list[str]:
    """`argv` with what the environment says in front, so that a flag that is given goes before it."""
    flags = [
        part for name, flag in _flags.items() if environment.get(name) for part in (flag, environment[name])
    ]
    token = environment.pop(_token, "")
    if token:
        flags += ["--token-file", _token_file(token)]
    return [*flags, *argv]
