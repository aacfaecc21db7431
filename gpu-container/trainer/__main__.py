"""`python -m trainer DOOR ...`: how a job comes in. Invariant: a door's libraries are loaded only when that door is used."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

#: Modules of doors/, each with main(argv) -> exit code.
_doors = {
    "run": "run",
    "pull": "pull",
    "runpod": "runpod_door",
    "modal": "modal_door",
    "replicate": "replicate_door",
}

_usage = """Photos become a 3D Gaussian splat.

  python -m trainer run PHOTOS -o OUT   photos on this machine, with no cloud
  python -m trainer pull ...            ask a cloud of Splat App for jobs, one after another
  python -m trainer runpod              as a RunPod serverless worker
  python -m trainer modal               as a Modal function
  python -m trainer replicate           as a Replicate prediction

Each explains its flags: python -m trainer run --help
Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted but kept."""


def main(argv: Sequence[str]) -> int:
    if not argv or argv[0] in ("-h", "--help"):
        print(_usage)
        return 0 if argv else 2
    name = _doors.get(argv[0])
    if name is None:
        print(f'trainer: there is no door called "{argv[0]}".\n\n{_usage}', file=sys.stderr)
        return 2
    door = importlib.import_module(f"trainer.doors.{name}")
    code: int = door.main(list(argv[1:]))
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
