"""How a module of this package is started as a process of its own, and heard.

Invariant: the process runs this interpreter and this package wherever it was started from; its standard input ends when we do.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
from pathlib import Path


def start_child(module: str, *arguments: str, errors: int | None = None) -> subprocess.Popen[bytes]:
    """Starts `python -m trainer.MODULE`, in a process group of its own. `errors`: a file descriptor, of its standard error.

    :raises OSError:
    """
    root = str(Path(__file__).resolve().parents[1])
    path = os.pathsep.join(part for part in (root, os.environ.get("PYTHONPATH")) if part)
    return subprocess.Popen(
        [sys.executable, "-m", f"trainer.{module}", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors if errors is not None else subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": path},
        start_new_session=True,
    )


def kill_child(process: subprocess.Popen[bytes]) -> int:
    """Ends it and all that it started, now. How it ended: -N by signal N."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()
    return process.wait()


class ChildLines:
    """What a child says, line by line."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        self._output = process.stdout.fileno()
        self._unread = b""
        self.has_ended = False

    def next(self, seconds: float) -> bytes | None:
        """A line without its end; None: nothing for so long, or nothing more."""
        if (
            b"\n" not in self._unread
            and not self.has_ended
            and select.select([self._output], [], [], seconds)[0]
        ):
            part = os.read(self._output, 1 << 16)
            self._unread += part
            self.has_ended = not part
        if b"\n" not in self._unread:
            return None
        line, _, self._unread = self._unread.partition(b"\n")
        return line


def leave_with_parent() -> None:
    """For a thread of a child: ends the process when its standard input does, which is when its parent ends."""
    # Not by sys.stdin: its lock, held by a waiting thread, would turn an exception's end into a crash.
    while os.read(0, 1 << 12):
        pass
    os._exit(1)
