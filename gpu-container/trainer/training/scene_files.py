"""The splats so far as files in the dataset's frame. Invariant: a reader never sees half of one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from ..whole_file import write_whole
from .dot_splat import dot_splat_bytes
from .frame import SceneFrame
from .ply import World, finite, ply_bytes


def in_world(values: Mapping[str, Tensor], frame: SceneFrame) -> dict[str, Any]:
    """Arrays on the host, without splats that are not finite."""
    arrays = {name: value.detach().cpu().numpy() for name, value in values.items()}
    arrays["means"] = frame.means_in_world(arrays["means"])
    arrays["log_scales"] = frame.log_scales_in_world(arrays["log_scales"])
    return finite(arrays)


def write_scene(path: Path, world: World, *, antialiased: bool) -> None:
    """:raises OSError:"""
    write_whole(path, ply_bytes(world, antialiased=antialiased))


def write_preview(path: Path, world: World) -> None:
    """:raises OSError:"""
    write_whole(path, dot_splat_bytes(world))
