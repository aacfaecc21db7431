"""Everything a run needs to go on exactly where it was, as one file.

Invariant: it is only taken up by the run it belongs to (the same photos, cameras, points and settings), and reading it runs no code:
tensors and plain values only.
"""

from __future__ import annotations

import errno
import functools
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ..engines.base import TrainOrder
from ..failure import failed
from ..whole_file import whole_file
from .presets import TrainPreset, steps_of
from .views import DatasetFacts

_format, _version = "splat-app gsplat checkpoint", 1


def run_facts(dataset: DatasetFacts, order: TrainOrder, preset: TrainPreset) -> dict[str, Any]:
    """What makes two runs the same run. Limits of time and of memory are none of it: a run may go on on a smaller machine."""
    digest = hashlib.sha256()
    for view in dataset.views:
        digest.update(json.dumps([view.name, view.width, view.height]).encode())
        digest.update(
            np.asarray(view.K, dtype="<f4").tobytes()
            + np.asarray(view.world_to_camera, dtype="<f4").tobytes()
        )
    digest.update(np.asarray(dataset.xyz, dtype="<f4").tobytes())
    return {
        "dataset": digest.hexdigest(),
        "preset": order.preset,
        "steps": steps_of(order, preset),
        "maxSplats": order.max_splats or preset.max_splats,
        "widthPx": order.width_px,
        "seed": order.seed,
        "shDegree": preset.sh_degree,
        "antialiased": preset.antialiased,
        "bilateralGrid": preset.bilateral_grid,
    }


def save_checkpoint(path: Path, facts: Mapping[str, Any], state: Mapping[str, Any]) -> None:
    """Writes it whole or not at all, without a second copy in memory.

    :param state: dicts of tensors on the host and plain values
    :raises OSError:
    """
    # As text: the safe reader of older versions of PyTorch does not know plain floats.
    kept = {**state, "pace": json.dumps(state["pace"])}
    content = {"format": _format, "version": _version, "facts": json.dumps(facts), "state": kept}
    try:
        with whole_file(path) as file:
            torch.save(content, file)
    except RuntimeError as error:
        # What PyTorch's archive writer makes of a disk that takes no more.
        raise OSError(errno.EIO, "the archive could not be written") from error


def load_checkpoint(path: Path, facts: Mapping[str, Any]) -> dict[str, Any]:
    """The state in it, on the host.

    :raises JobFailed: bad-file, when it is none, is cut short or belongs to another run
    """
    bad = functools.partial(failed, "bad-file", file=path.name)
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged file can make the reader fail in any way
        raise bad("The checkpoint cannot be read.") from error
    if (
        not isinstance(content, dict)
        or content.get("format") != _format
        or content.get("version") != _version
    ):
        raise bad("This is not a checkpoint of this version of the trainer.")
    if content.get("facts") != json.dumps(facts):
        raise bad("The checkpoint belongs to other photos or other settings.")
    state = content.get("state")
    if not isinstance(state, dict) or not _is_whole(state, int(facts["shDegree"])):
        raise bad("The checkpoint is damaged.")
    return {**state, "pace": json.loads(state["pace"])}


def _is_whole(state: Mapping[str, Any], sh_degree: int) -> bool:
    """Whether the splats in it are tensors of one count and of the shapes that this run has."""
    splats = state.get("splats")
    if not isinstance(splats, dict) or not {"pace", "cap", "generators"} <= state.keys():
        return False
    behind = {
        "means": (3,),
        "log_scales": (3,),
        "quats": (4,),
        "opacity_logits": (),
        "sh0": (1, 3),
        "sh_rest": ((sh_degree + 1) ** 2 - 1, 3),
    }
    shapes = [
        (getattr(splats.get(kind, {}).get(name), "shape", None), shape)
        for kind in ("values", "first", "second")
        for name, shape in behind.items()
    ]
    counts = {
        found[0]
        for found, shape in shapes
        if found is not None and tuple(found[1:]) == shape and len(found) > 0
    }
    return len(counts) == 1 and all(
        found is not None and tuple(found[1:]) == shape for found, shape in shapes
    )
