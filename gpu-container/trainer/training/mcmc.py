"""Moving, adding and shaking splats: "3D Gaussian Splatting as Markov Chain Monte Carlo", Kheradmand et al. 2024.

Invariant: relocation keeps the count, growth never exceeds the cap, and what a splat that shares its place looks like along its axis is
kept in its integral (eq. 9), so that the picture hardly changes by either.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from .gaussians import Gaussians, covariances

#: Most splats taken to share one place; more behave as this many.
most_sharing = 51
#: The noise leaves splats alone that are more opaque than about 1 - this (their eq. 8).
_noise_slope, _noise_centre = 100.0, 0.995
_most_opacity = 1 - torch.finfo(torch.float32).eps


def _share_table() -> Tensor:
    """[n, j] = C(n, j) (-1)^(j - 1) / sqrt(j), zero for j = 0 and j > n; f64."""
    table = torch.zeros(most_sharing + 1, most_sharing + 1, dtype=torch.float64)
    for n in range(1, most_sharing + 1):
        for j in range(1, n + 1):
            table[n, j] = math.comb(n, j) * (-1) ** (j - 1) / math.sqrt(j)
    return table


_shares = _share_table()


def shared(opacities: Tensor, sharing: Tensor) -> tuple[Tensor, Tensor]:
    """What one splat becomes when it and copies of it, `sharing` in all, are to look as it did.

    Eq. 9: opacity o' = 1 - (1 - o)^(1/n), standard deviations times o / sum_i sum_k C(i - 1, k) (-1)^k o'^(k + 1) / sqrt(k + 1). By the
    sum over a column of Pascal's triangle the inner binomials add up to C(n, k + 1), which leaves one sum.

    :param opacities: [M], 0..1
    :param sharing: [M], at least 1; counts above `most_sharing` are taken as that
    :return: opacities [M] and factors of the standard deviations [M]
    """
    n = sharing.clamp(1, most_sharing)
    o = opacities.double()
    each = -torch.expm1(torch.log1p(-o.clamp(max=_most_opacity)) / n)
    powers = each[:, None] ** torch.arange(most_sharing + 1, dtype=torch.float64, device=o.device)
    total = (_shares.to(o.device)[n] * powers).sum(1)
    return each.to(opacities.dtype), (o / total).to(opacities.dtype)


def _draw(weights: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """`count` places drawn in proportion to their weights, with replacement. torch.multinomial ends at 2^24 of them."""
    sums = torch.cumsum(weights.double(), 0)
    spots = torch.rand(count, generator=generator, device=weights.device, dtype=torch.float64) * sums[-1]
    return torch.searchsorted(sums, spots, right=True).clamp(max=len(weights) - 1)


def _share_out(splats: Gaussians, chosen: Tensor, dead_opacity: float) -> None:
    """Makes every chosen splat ready to lie on its copies; `chosen` holds it once for each copy."""
    rows, copies = torch.unique(chosen, return_counts=True)
    opacities, factors = shared(splats.opacities()[rows], copies + 1)
    opacities = opacities.clamp(dead_opacity, _most_opacity)
    log_scales = splats.params["log_scales"][rows] + torch.log(factors)[:, None]
    splats.write_rows(rows, {"opacity_logits": torch.logit(opacities), "log_scales": log_scales})


def relocate(splats: Gaussians, dead_opacity: float, generator: torch.Generator) -> int:
    """Moves every dead splat onto a live one drawn by opacity. Gives back how many."""
    with torch.no_grad():
        opacities = splats.opacities()
        dead = torch.nonzero(opacities <= dead_opacity).flatten()
        live = torch.nonzero(opacities > dead_opacity).flatten()
        if len(dead) == 0 or len(live) == 0:
            return 0
        chosen = live[_draw(opacities[live], len(dead), generator)]
        _share_out(splats, chosen, dead_opacity)
        splats.write_rows(dead, {name: value[chosen] for name, value in splats.params.items()})
        return len(dead)


def grow(splats: Gaussians, cap: int, growth: float, dead_opacity: float, generator: torch.Generator) -> int:
    """Adds splats on top of others drawn by opacity: `growth` of the count, up to the cap. Gives back how many."""
    with torch.no_grad():
        added = max(0, min(cap, int(growth * splats.count)) - splats.count)
        if added == 0:
            return 0
        chosen = _draw(splats.opacities(), added, generator)
        _share_out(splats, chosen, dead_opacity)
        splats.append_copies(chosen)
        return added


def shake(splats: Gaussians, rate: float, generator: torch.Generator) -> None:
    """Langevin noise on the positions: along each splat's own shape, and only where it is nearly transparent (eq. 8).

    :param rate: the position's rate times the noise's weight
    """
    with torch.no_grad():
        params = splats.params
        means = params["means"]
        quiet = torch.sigmoid(_noise_slope * ((1 - splats.opacities()) - _noise_centre))
        random = torch.randn(means.shape, generator=generator, device=means.device, dtype=means.dtype)
        noise = rate * quiet[:, None] * random
        means += (covariances(params["log_scales"], params["quats"]) @ noise[:, :, None])[:, :, 0]
