"""How near a render is to its photo: PSNR and SSIM as src/core/image/metrics.ts takes them, and LPIPS.

Invariant: both pictures are 8-bit RGB of one size, so that a figure is the same whichever engine drew it. All sums are in f64.
"""

from __future__ import annotations

import functools
import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]

#: Identical pictures have no noise to measure; this stands for them.
identical_db = 99.0

_window_px, _sigma_px = 11, 1.5
_c1, _c2 = 0.01**2, 0.03**2
_offsets = np.arange(_window_px) - (_window_px - 1) / 2
_raw_taps = np.exp(-(_offsets**2) / (2 * _sigma_px**2))
_taps = _raw_taps / _raw_taps.sum()

#: Folder with the weights of LPIPS: torchvision's AlexNet (alexnet*.pth) and the linear layers of version 0.1 (alex.pth).
lpips_folder_variable = "SPLAT_LPIPS_DIR"


def to_pixels(image: NDArray[np.floating[Any]]) -> Pixels:
    """Colours 0..1 to 8 bits, clamped and rounded half up as JavaScript's Math.round does."""
    pixels: Pixels = np.floor(np.clip(image, 0.0, 1.0) * 255.0 + 0.5).astype(np.uint8)
    return pixels


def _check(a: Pixels, b: Pixels) -> None:
    for picture in (a, b):
        if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3:
            raise ValueError(
                f"A picture is uint8 [height, width, 3], not {picture.dtype} {list(picture.shape)}."
            )
    if a.shape != b.shape:
        raise ValueError(f"Pictures of {a.shape[:2]} and {b.shape[:2]} px cannot be compared.")


def psnr_db(a: Pixels, b: Pixels) -> float:
    """Peak signal-to-noise ratio in dB over all pixels and channels, peak 255; 99 for identical pictures.

    :raises ValueError: the pictures are not uint8 [height, width, 3] of one size
    """
    _check(a, b)
    difference = a.astype(np.int64) - b.astype(np.int64)
    total = int((difference * difference).sum())
    return identical_db if total == 0 else float(-10 * np.log10(total / (a.size * 255.0 * 255.0)))


def _window_mean(image: NDArray[np.float64]) -> NDArray[np.float64]:
    """Gaussian mean where the window lies inside: [H, W] -> [H - 10, W - 10]."""
    height, width = (side - _window_px + 1 for side in image.shape)
    rows = sum(tap * image[:, k : k + width] for k, tap in enumerate(_taps))
    return np.asarray(sum(tap * rows[k : k + height] for k, tap in enumerate(_taps)))


def _channel_ssim(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    mx, my = _window_mean(x), _window_mean(y)
    vx, vy = _window_mean(x * x) - mx * mx, _window_mean(y * y) - my * my
    covariance = _window_mean(x * y) - mx * my
    likeness = (2 * mx * my + _c1) * (2 * covariance + _c2) / ((mx * mx + my * my + _c1) * (vx + vy + _c2))
    return float(likeness.mean())


def ssim(a: Pixels, b: Pixels) -> float:
    """Structural similarity (Wang et al. 2004): mean over the windows inside the picture and the three channels; Gaussian, 11 px, sigma
    1.5.

    :raises ValueError: as psnr_db, or a side is under 11 px
    """
    _check(a, b)
    if min(a.shape[:2]) < _window_px:
        raise ValueError(f"SSIM needs {_window_px} px on each side, not {a.shape[1]} x {a.shape[0]}.")
    x, y = a.astype(np.float64) / 255, b.astype(np.float64) / 255
    return sum(_channel_ssim(x[..., c], y[..., c]) for c in range(3)) / 3


#: Of AlexNet's convolutions: place in torchvision's `features`, stride, padding, and whether a pool of 3 px, stride 2 goes before.
_layers = ((0, 4, 2, False), (3, 1, 2, True), (6, 1, 1, True), (8, 1, 1, False), (10, 1, 1, False))
_shift = (-0.030, -0.088, -0.188)
_spread = (0.458, 0.448, 0.450)
#: The deepest layer needs one pixel left.
_least_lpips_px = 63


def lpips(a: Pixels, b: Pixels, device: str = "cpu") -> float | None:
    """Learned perceptual distance (Zhang et al. 2018, version 0.1, AlexNet), 0 for equal pictures; None without weights or under 63 px.

    :raises ValueError: as psnr_db
    """
    _check(a, b)
    folder = os.environ.get(lpips_folder_variable)
    weights = _lpips_weights(folder, device) if folder and min(a.shape[:2]) >= _least_lpips_px else None
    if weights is None:
        return None
    import torch

    with torch.no_grad():
        distance = 0.0
        for x, y, (_, _, linear) in zip(
            _features(a, weights, device), _features(b, weights, device), weights, strict=True
        ):
            distance += float((linear.view(1, -1, 1, 1) * (x - y) ** 2).sum(1).mean())
    return distance


def _features(picture: Pixels, weights: list[tuple[Any, Any, Any]], device: str) -> list[Any]:
    """Activations of AlexNet's five convolutions, every pixel of unit length over the channels."""
    import torch
    from torch.nn import functional as F

    x = torch.from_numpy(picture.astype(np.float32) / 127.5 - 1).permute(2, 0, 1)[None].to(device)
    x = (x - x.new_tensor(_shift).view(1, 3, 1, 1)) / x.new_tensor(_spread).view(1, 3, 1, 1)
    found = []
    for (_, stride, padding, pooled), (kernel, bias, _) in zip(_layers, weights, strict=True):
        x = F.max_pool2d(x, 3, 2) if pooled else x
        x = F.relu(F.conv2d(x, kernel, bias, stride=stride, padding=padding))
        found.append(x / (x.pow(2).sum(1, keepdim=True).sqrt() + 1e-10))
    return found


@functools.lru_cache(maxsize=2)
def _lpips_weights(folder: str, device: str) -> list[tuple[Any, Any, Any]] | None:
    """(kernel, bias, linear) of the five layers; None when a file is not there."""
    networks, linears = sorted(Path(folder).glob("alexnet*.pth")), Path(folder) / "alex.pth"
    if not networks or not linears.is_file():
        return None
    import torch

    network = torch.load(networks[0], map_location=device, weights_only=True)
    linear = torch.load(linears, map_location=device, weights_only=True)
    return [
        (
            network[f"features.{at}.weight"],
            network[f"features.{at}.bias"],
            linear[f"lin{k}.model.1.weight"].flatten(),
        )
        for k, (at, *_) in enumerate(_layers)
    ]
