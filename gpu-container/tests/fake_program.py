"""The command that starts fake_splat.py in place of `splat`."""

import sys
from pathlib import Path

fake_splat = [sys.executable, str(Path(__file__).resolve().parent / "fake_splat.py")]
