"""The real `splat` program, for tests that run it. Invariant: where it cannot run, the test is skipped and says what is missing."""

from __future__ import annotations

import os

import pytest

from trainer import splat_cli
from trainer.engines.webgpu_engine import adapter_of


def node_command() -> list[str]:
    """The command; skips the test where Node or the program is missing."""
    command = splat_cli.find_cli()
    if command is None:
        pytest.skip("Node is not on the PATH, or the repository is not around this folder.")
    return command


def drawing_command() -> list[str]:
    """The command; skips the test where it has nothing to draw on, too."""
    command = node_command()
    os.environ.setdefault("XDG_RUNTIME_DIR", "/tmp")
    if adapter_of(command) is None:
        pytest.skip("Node has no Vulkan adapter here, not even a software one.")
    return command
