"""The processes that train one scene together, one for each GPU; mostly there is one.

Invariant: what must be the same in all (how long the run is, when it ends, when something is written) is decided by the first and told
to the others, so that no process ever waits for one that has gone another way.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import torch
import torch.distributed as dist


class Team(Protocol):
    rank: int
    size: int

    def agree(self, values: Sequence[int]) -> list[int]:
        """The first process's values, in every process."""

    def collect(self, part: Mapping[str, Any]) -> list[dict[str, Any]] | None:
        """Every process's part, by rank, in the first process; None in the others."""


class Alone:
    rank = 0
    size = 1

    def agree(self, values: Sequence[int]) -> list[int]:
        return list(values)

    def collect(self, part: Mapping[str, Any]) -> list[dict[str, Any]] | None:
        return [dict(part)]


class Group:
    """Over torch.distributed, which has been begun. Parts go through files: they are large, and lie on the host."""

    def __init__(self, device: torch.device, folder: Path) -> None:
        self.rank, self.size = dist.get_rank(), dist.get_world_size()
        self._device, self._folder = device, folder

    def agree(self, values: Sequence[int]) -> list[int]:
        told = torch.tensor(list(values), dtype=torch.int64, device=self._device)
        dist.broadcast(told, 0)
        return [int(value) for value in told.tolist()]

    def collect(self, part: Mapping[str, Any]) -> list[dict[str, Any]] | None:
        self._folder.mkdir(parents=True, exist_ok=True)
        torch.save(dict(part), self._path(self.rank))
        dist.barrier()
        if self.rank == 0:
            parts = [
                torch.load(self._path(rank), map_location="cpu", weights_only=True)
                for rank in range(self.size)
            ]
            shutil.rmtree(self._folder)
        dist.barrier()
        return parts if self.rank == 0 else None

    def _path(self, rank: int) -> Path:
        return self._folder / f"part-{rank}.pt"


def own_part(items: Any, team: Team) -> Any:
    """Every size-th of a sequence or tensor, from the own rank on."""
    return items[team.rank :: team.size]


def joined_splats(parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """States of gaussians.py behind one another. The order differs from that before they were dealt out; nothing depends on it."""
    kinds = ("values", "first", "second")
    joined = {
        kind: {name: torch.cat([part[kind][name] for part in parts]) for name in parts[0][kind]}
        for kind in kinds
    }
    return {**joined, "steps": parts[0]["steps"]}


def own_splats(state: Mapping[str, Any], team: Team) -> dict[str, Any]:
    """The own part of such a state."""
    kinds = ("values", "first", "second")
    dealt = {
        kind: {name: own_part(value, team).contiguous() for name, value in state[kind].items()}
        for kind in kinds
    }
    return {**dealt, "steps": state["steps"]}


def joined_grids(parts: Sequence[Mapping[str, Any]], team_size: int) -> dict[str, Any]:
    """Rows of the views' grids in the views' order again."""
    rows = sum(len(part["steps"]) for part in parts)
    out = {name: value.new_zeros((rows, *value.shape[1:])) for name, value in parts[0].items()}
    for rank, part in enumerate(parts):
        for name, value in part.items():
            out[name][rank::team_size] = value
    return out
