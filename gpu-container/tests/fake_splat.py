"""Stands in for the `splat` program: a small process that answers as the test has written in FAKE_SPLAT.

Invariant: it writes what the real one writes, by name and by form, and nothing of it is computed.
"""

from __future__ import annotations

import json
import os
import signal
import struct
import sys
import time
import zlib
from pathlib import Path
from typing import Any

plan: dict[str, Any] = json.loads(os.environ.get("FAKE_SPLAT", "{}"))
stopped: list[int] = []


def keep(path: Path, content: bytes) -> None:
    """Whole or not at all, as the engine writes it."""
    part = path.with_name(f"{path.name}.part")
    part.write_bytes(content)
    part.replace(path)


def say(event: dict[str, Any]) -> None:
    print(json.dumps(event), flush=True)


def flag(name: str) -> str:
    return sys.argv[sys.argv.index(name) + 1]


def png(width: int, height: int, shade: int) -> bytes:
    """Greyscale (RFC 2083)."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + bytes([shade]) * width) * height
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def save(out: Path, is_scored: bool, steps: int) -> None:
    (out / "scene.ply").write_bytes(b"ply\nformat binary_little_endian 1.0\nend_header\n")
    scores = {"psnrDb": 21.5, "ssim": 0.75} if is_scored else {"psnrDb": None, "ssim": None}
    metrics = {
        **{"version": "0.1.0", "adapter": "fake adapter", "splats": 1000, "steps": steps, "perView": []},
        **{"widthPx": 32, "heightPx": 24, "secondsByStage": {"read": 0.1, "train": 0.2, "save": 0.1}},
    }
    (out / "metrics.json").write_text(json.dumps({**metrics, **scores}))
    if is_scored:
        for name, shade in (("renders", 90), ("photos", 100)):
            (out / name).mkdir(exist_ok=True)
            (out / name / "000001.png").write_bytes(png(32, 24, shade))


def train() -> int:
    out, checkpoint = Path(flag("--out")), Path(flag("--checkpoint"))
    if len(plan.get("runs", [])) > 0:
        count = out.parent / "starts"
        started = int(count.read_text()) if count.exists() else 0
        count.write_text(str(started + 1))
        plan.update(plan["runs"][min(started, len(plan["runs"]) - 1)])
    say({"type": "stage-started", "stage": "read"})
    for line in plan.get("garbage", []):
        sys.stdout.write(line + "\n")
    sys.stdout.write("x" * plan.get("long", 0) + "\n")
    if failure := plan.get("failure"):
        say({"type": "failed", "failure": failure})
        return 1
    for stage in ("photos", "train"):
        say({"type": "stage-started", "stage": stage})
    if "--preview" in sys.argv:
        Path(flag("--preview")).write_bytes(b"\0" * 64)
        say({"type": "preview-ready"})
    for step in range(plan.get("steps", 5)):
        if plan.get("crash") == step:
            print("driver: segmentation fault", file=sys.stderr, flush=True)
            os.kill(os.getpid(), signal.SIGKILL)
        if stopped:
            keep(checkpoint, b"checkpoint")
            save(out, False, step)
            say({"type": "warning", "failure": {"code": "cancelled", "detail": "Stopped after step 1 of 5."}})
            say({"type": "finished"})
            return 130
        keep(checkpoint, b"checkpoint so far")
        say(
            {
                "type": "progress",
                "stage": "train",
                "done": step + 1,
                "total": 5,
                "unit": "steps",
                "secondsLeft": 1,
            }
        )
        time.sleep(plan.get("pause", 0.0))
    save(out, not plan.get("unscored", False), 5)
    say({"type": "stage-started", "stage": "evaluate"})
    say({"type": "finished"})
    return 0


def convert() -> int:
    source, target = Path(sys.argv[2]), Path(sys.argv[3])
    if target.suffix[1:] in plan.get("cannot", []):
        say({"type": "failed", "failure": {"code": "bad-file", "detail": "It cannot be converted."}})
        return 1
    target.write_bytes(f"{target.suffix} of {len(source.read_bytes())}".encode())
    return 0


def render() -> int:
    if not plan.get("draws", True):
        say({"type": "failed", "failure": {"code": "gpu-missing", "detail": "No GPU adapter was found."}})
        return 1
    drawn = Path(flag("--out"))
    drawn.mkdir(parents=True, exist_ok=True)
    images = Path(flag("--cameras")) / "images"
    names = sorted(path.stem for path in images.iterdir())
    for index, name in enumerate(names[:: int(flag("--holdout")) if "--holdout" in sys.argv else 1]):
        (drawn / f"{name}.png").write_bytes(png(32, 24, 30 + 8 * index % 220))
    return 0


if __name__ == "__main__":
    signal.signal(
        signal.SIGINT, signal.SIG_IGN if plan.get("deaf") else lambda number, frame: stopped.append(number)
    )
    if log := plan.get("log"):
        with Path(log).open("a", encoding="utf-8") as file:
            file.write(json.dumps(sys.argv[1:]) + "\n")
    sys.exit({"train": train, "convert": convert, "render": render}[sys.argv[1]]())
