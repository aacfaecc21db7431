"""The splats as PyTorch parameters with their Adam moments, and the changes of their number.

Invariant: all tensors have one row for each splat, before and after every method, also when memory runs out in the middle of one: what
is new is made in full before it replaces what was there. Activations as in src/core/scene/splats.ts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .neighbours import neighbour_distance

#: Shapes behind the count: means [3], log_scales [3], quats [4] wxyz, opacity_logits [], sh0 [1, 3], sh_rest [K - 1, 3].
names = ("means", "log_scales", "quats", "opacity_logits", "sh0", "sh_rest")
_sh0 = 0.28209479177387814
_betas, _epsilon = (0.9, 0.999), 1e-15
#: Points made up when the solver has found none.
_random_start = 10_000


def initial_values(
    xyz: NDArray[np.float64],
    rgb: NDArray[np.uint8],
    *,
    max_splats: int,
    sh_degree: int,
    opacity: float,
    scale: float,
    seed: int,
) -> dict[str, NDArray[np.float32]]:
    """One splat for each point, or for a random part of them when they are more than allowed.

    :param xyz: [N, 3] in the frame of the scene; without any, grey ones between the cameras' unit ball and three times as far
    :param rgb: [N, 3]
    :param scale: of the distance to the neighbours
    """
    random = np.random.default_rng(seed)
    if len(xyz) == 0:
        way = random.normal(size=(min(_random_start, max_splats), 3))
        xyz = 3 * random.random((len(way), 1)) ** (1 / 3) * way / np.linalg.norm(way, axis=1, keepdims=True)
        rgb = np.full(xyz.shape, 128, dtype=np.uint8)
    if len(xyz) > max_splats:
        chosen = np.sort(random.permutation(len(xyz))[:max_splats])
        xyz, rgb = xyz[chosen], rgb[chosen]
    count = len(xyz)
    distance = neighbour_distance(xyz.astype(np.float64))
    median = float(np.median(distance)) or 0.01
    # A lone stray point would otherwise start as a splat that covers the whole scene.
    log_scale = np.log(scale * np.clip(distance, 1e-3 * median, 10 * median))
    values = {
        "means": xyz,
        "log_scales": np.repeat(log_scale[:, None], 3, 1),
        "quats": np.tile([1.0, 0, 0, 0], (count, 1)),
        "opacity_logits": np.full(count, np.log(opacity / (1 - opacity))),
        "sh0": ((rgb.astype(np.float64) / 255 - 0.5) / _sh0)[:, None],
        "sh_rest": np.zeros((count, (sh_degree + 1) ** 2 - 1, 3)),
    }
    return {name: np.ascontiguousarray(value, dtype=np.float32) for name, value in values.items()}


class Gaussians:
    """Parameters and moments on one device. `views`: photos that each step learns from, one of each GPU."""

    def __init__(
        self, values: Mapping[str, Tensor], moments: Mapping[str, Any] | None = None, views: int = 1
    ) -> None:
        """:param moments: as `state()` gives them; None: none yet"""
        #: With several photos a step the rates and memories of Adam are those of one photo each (Malladi et al. 2022, SDE scaling).
        self._rate_factor = views**0.5
        self._betas = (1 - views * (1 - _betas[0]), 1 - views * (1 - _betas[1]))
        start = {name: torch.zeros_like(values[name]) for name in names}
        first = moments["first"] if moments else start
        second = moments["second"] if moments else {name: value.clone() for name, value in start.items()}
        self._install(dict(values), first, second, int(moments["steps"]) if moments else 0)

    def _install(
        self,
        values: Mapping[str, Tensor],
        first: Mapping[str, Tensor],
        second: Mapping[str, Tensor],
        steps: int,
    ) -> None:
        params = {name: values[name].detach().requires_grad_(True) for name in names}
        device = params["means"].device
        fused = {"fused": True} if device.type == "cuda" else {}
        groups = [{"params": [params[name]], "lr": 0.0, "name": name} for name in names]
        adam = torch.optim.Adam(groups, lr=0.0, betas=self._betas, eps=_epsilon / self._rate_factor, **fused)
        for name in names:
            at = device if fused else "cpu"
            state = {"step": torch.tensor(float(steps), dtype=torch.float32, device=at)}
            adam.state[params[name]] = {**state, "exp_avg": first[name], "exp_avg_sq": second[name]}
        self.params, self._adam = params, adam

    @property
    def count(self) -> int:
        return int(self.params["means"].shape[0])

    @property
    def device(self) -> torch.device:
        return torch.device(self.params["means"].device)

    @property
    def _steps(self) -> int:
        return int(self._adam.state[self.params["means"]]["step"].item())

    def _moments(self, which: str) -> dict[str, Tensor]:
        return {name: self._adam.state[self.params[name]][which] for name in names}

    def opacities(self) -> Tensor:
        return torch.sigmoid(self.params["opacity_logits"])

    def step(self, rates: Mapping[str, float]) -> None:
        """One Adam step (Kingma and Ba 2015) by the gradients that the parameters have."""
        for group in self._adam.param_groups:
            group["lr"] = rates[group["name"]] * self._rate_factor
        self._adam.step()
        self.forget_gradients()

    def forget_gradients(self) -> None:
        for parameter in self.params.values():
            parameter.grad = None

    def write_rows(self, rows: Tensor, values: Mapping[str, Tensor]) -> None:
        """Overwrites splats and takes their moments back to zero."""
        with torch.no_grad():
            for name, value in values.items():
                self.params[name][rows] = value
            for which in ("exp_avg", "exp_avg_sq"):
                for moment in self._moments(which).values():
                    moment[rows] = 0

    def _replace(self, change: Callable[[Tensor], Tensor], change_moment: Callable[[Tensor], Tensor]) -> None:
        with torch.no_grad():
            values = {name: change(parameter) for name, parameter in self.params.items()}
            first = {name: change_moment(moment) for name, moment in self._moments("exp_avg").items()}
            second = {name: change_moment(moment) for name, moment in self._moments("exp_avg_sq").items()}
            self._install(values, first, second, self._steps)

    def append_copies(self, rows: Tensor) -> None:
        """Adds a copy of each of these splats behind the others, without moments."""
        self._replace(
            lambda value: torch.cat([value, value[rows]]),
            lambda moment: torch.cat([moment, moment.new_zeros((len(rows), *moment.shape[1:]))]),
        )

    def keep_most_opaque(self, most: int) -> None:
        """Drops the least opaque until there are `most`. Goes through the host, for it is called when the device has no memory left."""
        if self.count <= most:
            return
        self.forget_gradients()
        logits = self.params["opacity_logits"].detach().cpu()
        kept = torch.sort(torch.argsort(logits, descending=True, stable=True)[:most]).values
        state = self.state()
        for kind in ("values", "first", "second"):
            state[kind] = {name: value[kept] for name, value in state[kind].items()}
        device, steps = self.device, self._steps
        # The old ones go first: there may be no room for both. The host has them all.
        self._adam.state.clear()
        self.params = {}
        moved = {
            kind: {name: value.to(device) for name, value in state[kind].items()}
            for kind in ("values", "first", "second")
        }
        self._install(moved["values"], moved["first"], moved["second"], steps)

    def state(self) -> dict[str, Any]:
        """Copies on the host: values, first and second moments by name, and the steps taken."""
        return {
            "values": {name: value.detach().cpu().clone() for name, value in self.params.items()},
            "first": {name: value.cpu().clone() for name, value in self._moments("exp_avg").items()},
            "second": {name: value.cpu().clone() for name, value in self._moments("exp_avg_sq").items()},
            "steps": self._steps,
        }


def from_state(state: Mapping[str, Any], device: torch.device | str, views: int = 1) -> Gaussians:
    moved = {
        kind: {name: state[kind][name].to(device) for name in names} for kind in ("values", "first", "second")
    }
    return Gaussians(
        moved["values"], {"first": moved["first"], "second": moved["second"], "steps": state["steps"]}, views
    )


def covariances(log_scales: Tensor, quats: Tensor) -> Tensor:
    """R diag(s^2) R^T of every splat (Kerbl et al. 2023, eq. 6), [N, 3, 3]; quaternions wxyz of any length."""
    axes = rotations(quats) * torch.exp(log_scales)[:, None, :]
    return axes @ axes.transpose(1, 2)


def rotations(quats: Tensor) -> Tensor:
    """Rotation matrices [N, 3, 3] of quaternions wxyz [N, 4] of any length."""
    w, x, y, z = torch.nn.functional.normalize(quats, dim=1).unbind(1)
    rows = [
        1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y),
        2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x),
        2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y),
    ]  # fmt: skip
    return torch.stack(rows, 1).view(-1, 3, 3)
