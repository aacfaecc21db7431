"""The repository's command line program (`splat`, Node) in a process of its own.

Invariant: the process and all that it started have ended when `run` returns, and it does not outlive this one: its standard input ends
with us, and the program's parent guard leaves then.
"""

from __future__ import annotations

import json
import math
import os
import queue
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal, get_args

from .events import JobEvent, Stage
from .failure import Failure, FailureCode, failed
from .stop import Stop

#: save: it keeps what it has. now: it is gone at once.
Wish = Literal["save", "now"]

save_seconds = 20.0
_poll_seconds = 0.1
_words_length = 2000
#: No event is longer; what is, is no event.
_line_bytes = 1 << 20


@dataclass(frozen=True)
class CliEnd:
    #: None: ended by a signal, or never begun.
    exit_code: int | None
    #: What it said was the matter; None when it did not fail, or could not say.
    failure: Failure | None
    #: How it ended, in words, for one that could not say.
    how: str
    #: The last it wrote on standard error.
    last_words: str
    seconds: float


def find_cli() -> list[str] | None:
    """The command: SPLAT_CLI (a JSON list of arguments), or that of the repository around this package; None when there is neither.

    :raises JobFailed: SPLAT_CLI is set to something else
    """
    given = os.environ.get("SPLAT_CLI")
    if given:
        return _given_cli(given)
    root = Path(__file__).resolve().parents[2]
    main, hooks, node = root / "src/cli/main.ts", root / "scripts/node-hooks.mjs", shutil.which("node")
    if node is None or not main.is_file() or not hooks.is_file():
        return None
    return [node, "--disable-warning=ExperimentalWarning", "--import", hooks.as_uri(), str(main)]


def _given_cli(text: str) -> list[str]:
    try:
        command = json.loads(text)
    except ValueError:
        command = None
    if not isinstance(command, list) or not command or not all(isinstance(part, str) for part in command):
        raise failed(
            "gpu-missing", "SPLAT_CLI is set, but not to a JSON list of the arguments that start the engine."
        )
    return command


def beside_main(command: Sequence[str], relative: str) -> Path | None:
    """A file of the program by its path from main.ts; None where the command starts something else."""
    path = Path(command[-1]).parent / relative
    return path if command[-1].endswith(("main.ts", "main.js")) and path.is_file() else None


def _guarded(command: Sequence[str]) -> list[str]:
    guard = beside_main(command, "serve/parentGuard.ts")
    return list(command) if guard is None else [*command[:-1], "--import", guard.as_uri(), command[-1]]


def event_of(line: bytes) -> JobEvent | None:
    """The event in a line of standard output; None when it holds something else."""
    try:
        event = json.loads(line)
    except ValueError:
        return None
    if not isinstance(event, dict):
        return None
    match event:
        case {"type": "stage-started", "stage": stage} if stage in get_args(Stage):
            return event
        case {"type": "progress", "stage": stage, "done": int(), "total": int()} if stage in get_args(Stage):
            return event
        case {"type": "warning" | "failed", "failure": {"code": code, "detail": str()}} if code in get_args(
            FailureCode
        ):
            return event
        case {"type": "memory-planned" | "preview-ready" | "finished"}:
            return event
    return None


class _Child:
    """The process and the two threads that read from it."""

    def __init__(self, command: Sequence[str]) -> None:
        self._lines: queue.Queue[bytes] = queue.Queue()
        self.words = b""
        pipe = subprocess.PIPE
        # A session of its own: Ctrl-C at the terminal reaches this process alone, and this one says what it means.
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True)
        self._readers = [
            threading.Thread(target=self._read_lines, args=(self.process.stdout,), daemon=True),
            threading.Thread(target=self._read_words, args=(self.process.stderr,), daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    def _read_lines(self, stream: IO[bytes]) -> None:
        while line := stream.readline(_line_bytes):
            self._lines.put(line)
        self._lines.put(b"")

    def _read_words(self, stream: IO[bytes]) -> None:
        while part := stream.read1(4096):  # type: ignore[attr-defined]
            self.words = (self.words + part)[-_words_length:]

    def next_line(self, seconds: float) -> bytes | None:
        """Waits so long for it at most. Empty: standard output has ended. None: nothing yet."""
        try:
            line = self._lines.get(timeout=seconds) if seconds > 0 else self._lines.get_nowait()
        except queue.Empty:
            return None
        if line == b"":
            self._lines.put(line)
            if seconds > 0:
                time.sleep(seconds)
        return line

    def interrupt(self) -> None:
        self.process.send_signal(signal.SIGINT)

    def kill(self) -> None:
        """Of everything that it started too."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            self.process.kill()

    def end(self) -> int:
        """Waits for it; -N where signal N ended it."""
        code = self.process.wait()
        # What it started and left behind would hold the pipes open.
        self.kill()
        for reader in self._readers:
            reader.join()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()
        return code


def _watch(
    child: _Child, on_line: Callable[[bytes], None], wish: Callable[[], Wish | None], patience_seconds: float
) -> None:
    """Until the process ends, which `wish` may hasten. One that says no more and does not end is ended."""
    kill_at: float | None = None
    is_interrupted = False
    while child.process.poll() is None:
        asked = wish()
        if asked == "now" or (kill_at is not None and time.monotonic() >= kill_at):
            child.kill()
        elif asked == "save" and not is_interrupted:
            child.interrupt()
            is_interrupted, kill_at = True, time.monotonic() + patience_seconds
        line = child.next_line(_poll_seconds)
        if line:
            on_line(line)
        elif line == b"" and kill_at is None:
            kill_at = time.monotonic() + save_seconds


def run(
    command: Sequence[str],
    arguments: Sequence[str],
    on_event: Callable[[JobEvent], None] = lambda event: None,
    wish: Callable[[], Wish | None] = lambda: None,
    patience_seconds: float = save_seconds,
) -> CliEnd:
    """Runs `splat ...arguments --json` to its end, in the calling thread.

    :param wish: asked ten times a second and more
    :param patience_seconds: so long it may take to save what it has
    """
    start = time.monotonic()
    try:
        child = _Child([*_guarded(command), *arguments, "--json"])
    except OSError as error:
        return CliEnd(None, None, error.strerror or type(error).__name__, "", 0.0)
    failures: list[Failure] = []

    def take(line: bytes) -> None:
        event = event_of(line)
        if event is None:
            return
        if event["type"] == "failed":
            failures.append(event["failure"])
        on_event(event)

    try:
        _watch(child, take, wish, patience_seconds)
    finally:
        if child.process.poll() is None:
            child.kill()
        code = child.end()
    while line := child.next_line(0):
        take(line)
    how = f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"
    words = child.words.decode("utf-8", "replace").strip()
    seconds = time.monotonic() - start
    return CliEnd(code if code >= 0 else None, failures[-1] if failures else None, how, words, seconds)


def stop_wish(stop: Stop, until: float = math.inf) -> Callable[[], Wish | None]:
    """What a stopped job wishes of a process that has nothing worth keeping. `until`: monotonic; it has no longer."""
    return lambda: "now" if stop.is_set or time.monotonic() >= until else None
