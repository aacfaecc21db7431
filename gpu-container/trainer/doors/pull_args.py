"""The arguments of `python -m trainer pull`.

Invariant: the address is an origin, and the worker has a name that is the same over restarts.
"""

from __future__ import annotations

import argparse
import hashlib
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

_most_name_length = 200


@dataclass(frozen=True)
class PullCommand:
    #: Origin of the API, without a slash at the end.
    api: str
    token_file: Path
    #: Folder of the jobs under way.
    work: Path
    worker_id: str
    gpu_class: str
    engine: Literal["auto", "gsplat", "webgpu"]
    preset: Literal["draft", "standard", "high"] | None
    steps: int | None
    max_splats: int | None
    width_px: int | None
    #: None: it waits for ever.
    idle_exit_seconds: float | None
    once: bool
    json: bool


def _origin(text: str) -> str:
    try:
        url = urlsplit(text)
        is_origin = url.scheme in ("http", "https") and url.hostname and url.path in ("", "/")
        is_bare = not (url.query or url.fragment or url.username or url.password) and (url.port or 1) > 0
    except ValueError:
        is_origin = is_bare = False
    if not is_origin or not is_bare:
        raise argparse.ArgumentTypeError(f'wants an address such as http://localhost:5173, not "{text}"')
    return text.rstrip("/")


def _name(text: str) -> str:
    if not 1 <= len(text) <= _most_name_length:
        raise argparse.ArgumentTypeError(f"wants a name of 1 to {_most_name_length} characters")
    return text


def _positive(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f'wants a whole number above 0, not "{text}"')
    return int(text)


def _seconds(text: str) -> float:
    if not text.isascii() or not text.isdecimal():
        raise argparse.ArgumentTypeError(f'wants a number of seconds, not "{text}"')
    return float(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m trainer pull", description="Asks a cloud for jobs and does them."
    )
    add = parser.add_argument
    add(
        "--api",
        required=True,
        type=_origin,
        metavar="URL",
        help="origin of the cloud; calls go there whatever a job names",
    )
    add("--token-file", required=True, type=Path, metavar="FILE", help="holds the cloud's WORKER_TOKEN")
    work = Path.home() / ".cache" / "splat-trainer"
    add(
        "--work",
        type=Path,
        default=work,
        metavar="DIR",
        help="photos and results meanwhile; a folder of its own",
    )
    add(
        "--worker-id",
        type=_name,
        metavar="NAME",
        help="the same over restarts; default: machine's name and DIR",
    )
    add(
        "--gpu-class",
        type=_name,
        default="own",
        metavar="NAME",
        help="as the cloud calls the machine; default own",
    )
    add("--engine", choices=("auto", "gsplat", "webgpu"), default="auto")
    add("--preset", choices=("draft", "standard", "high"), help="in place of the one of the order")
    add("--steps", type=_positive, metavar="N", help="in place of the preset's")
    add("--max-splats", type=_positive, metavar="N", help="in place of the order's")
    add(
        "--width",
        type=_positive,
        metavar="PX",
        dest="width_px",
        help="of the photos that are trained on, at most",
    )
    add(
        "--idle-exit",
        type=_seconds,
        metavar="SECONDS",
        dest="idle_exit_seconds",
        help="leave after so long without work",
    )
    add("--once", action="store_true", help="leave after one job")
    add("--json", action="store_true", help="the jobs' events, one a line, on standard output")
    return parser


def _standard_worker_id(work: Path) -> str:
    """The same for every start on this machine with this folder, and another one for another folder."""
    place = hashlib.sha256(str(work.resolve()).encode()).hexdigest()[:8]
    return f"{socket.gethostname()[:100]}-{place}"


def parse_pull(argv: Sequence[str]) -> PullCommand:
    """:raises SystemExit: 2 for wrong arguments, whose trouble has been told; 0 for --help"""
    given = vars(_parser().parse_args(argv))
    worker_id = given.pop("worker_id") or _standard_worker_id(given["work"])
    return PullCommand(worker_id=worker_id, **given)
