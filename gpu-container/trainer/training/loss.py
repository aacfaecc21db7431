"""The loss of a render against its photo: 0.8 L1 + 0.2 (1 - SSIM), as src/core/train/loss.ref.ts (Kerbl et al. 2023, eq. 7).

Invariant: SSIM's blur is zero padded, so that every pixel counts, those at the border too.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

_c1, _c2 = 0.01**2, 0.03**2
_radius, _sigma = 5, 1.5


def _blur(images: Tensor) -> Tensor:
    """Gaussian mean of [N, 1, H, W], zero outside."""
    offsets = torch.arange(-_radius, _radius + 1, dtype=images.dtype, device=images.device)
    taps = torch.exp(-(offsets**2) / (2 * _sigma**2))
    taps = taps / taps.sum()
    rows = F.conv2d(images, taps.view(1, 1, 1, -1), padding=(0, _radius))
    return F.conv2d(rows, taps.view(1, 1, -1, 1), padding=(_radius, 0))


def mean_ssim(render: Tensor, photo: Tensor) -> Tensor:
    """Structural similarity (Wang et al. 2004) of [H, W, 3] images of 0..1, mean over all pixels and channels."""
    x, y = (image.permute(2, 0, 1)[:, None] for image in (render, photo))
    mx, my, xx, yy, xy = _blur(torch.cat([x, y, x * x, y * y, x * y])).split(3)
    covariance, vx, vy = xy - mx * my, xx - mx * mx, yy - my * my
    return (
        (2 * mx * my + _c1) * (2 * covariance + _c2) / ((mx * mx + my * my + _c1) * (vx + vy + _c2))
    ).mean()


@dataclass(frozen=True)
class Loss:
    total: Tensor
    #: Mean square error, without gradient: for the figures.
    mse: Tensor


def photo_loss(render: Tensor, photo: Tensor, ssim_weight: float) -> Loss:
    """:param render: [H, W, 3], not clamped; `photo`: the same, 0..1"""
    difference = render - photo
    total = (1 - ssim_weight) * difference.abs().mean()
    if ssim_weight > 0:
        total = total + ssim_weight * (1 - mean_ssim(render, photo))
    return Loss(total, (difference.detach() ** 2).mean())
