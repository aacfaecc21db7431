"""PSNR and SSIM against figures of the TypeScript implementation and closed forms; LPIPS against what any distance must fulfil.

The literal figures were printed by psnrDb() and ssim() of src/core/image/metrics.ts under Node 24 for the pictures of `picture()`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from trainer import scores
from trainer.scores import Pixels

_width, _height = 23, 17


def picture(value: Callable[[int, int, int], int]) -> Pixels:
    made = np.zeros((_height, _width, 3), dtype=np.uint8)
    for y in range(_height):
        for x in range(_width):
            for c in range(3):
                made[y, x, c] = value(x, y, c) % 256
    return made


a = picture(lambda x, y, c: 7 * x + 13 * y + 50 * c + x * y % 11)
b = picture(lambda x, y, c: 7 * x + 13 * y + 50 * c + x * y * (c + 1) % 17 + 3)
other = picture(lambda x, y, c: 3 * x * x + 5 * y)


@pytest.mark.parametrize(
    ("against", "psnr", "ssim"),
    [
        (b, 15.799428884737459, 0.7023398578684538),
        (other, 7.553894235372546, 0.027782532702998616),
        (a, 99, 1),
    ],
)
def test_the_figures_are_those_of_the_typescript_implementation(
    against: Pixels, psnr: float, ssim: float
) -> None:
    assert scores.psnr_db(a, against) == pytest.approx(psnr, rel=1e-12)
    assert scores.ssim(a, against) == pytest.approx(ssim, rel=1e-10)


def test_one_level_everywhere_is_twenty_log_255() -> None:
    grey = np.full((16, 16, 3), 100, dtype=np.uint8)
    assert scores.psnr_db(grey, grey + 1) == pytest.approx(20 * np.log10(255), rel=1e-12)


def test_flat_pictures_are_alike_by_their_means_alone() -> None:
    x, y = 0.2, 0.8
    flat = [np.full((12, 13, 3), round(value * 255), dtype=np.uint8) for value in (x, y)]
    assert scores.ssim(*flat) == pytest.approx((2 * x * y + 1e-4) / (x * x + y * y + 1e-4), rel=1e-9)


def test_pictures_that_cannot_be_compared_are_refused() -> None:
    with pytest.raises(ValueError, match="cannot be compared"):
        scores.psnr_db(a, a[:-1])
    with pytest.raises(ValueError, match="uint8"):
        scores.psnr_db(a.astype(np.float32), a)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="11 px"):
        scores.ssim(a[:10], a[:10])


def test_rounding_is_that_of_javascript() -> None:
    colours = np.array([-1, 0, 0.5 / 255, 2.5 / 255, 254.4 / 255, 1, 2])
    assert scores.to_pixels(colours).tolist() == [0, 0, 1, 3, 254, 255, 255]


def _weights(folder: Path) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    torch.manual_seed(1)
    shapes = {
        0: (64, 3, 11, 11),
        3: (192, 64, 5, 5),
        6: (384, 192, 3, 3),
        8: (256, 384, 3, 3),
        10: (256, 256, 3, 3),
    }
    network = {
        f"features.{at}.weight": torch.randn(shape) / np.prod(shape[1:]) ** 0.5
        for at, shape in shapes.items()
    }
    network |= {f"features.{at}.bias": torch.randn(shape[0]) * 0.1 for at, shape in shapes.items()}
    linear = {
        f"lin{k}.model.1.weight": torch.full((1, shape[0], 1, 1), 0.1)
        for k, shape in enumerate(shapes.values())
    }
    torch.save(network, folder / "alexnet-test.pth")
    torch.save(linear, folder / "alex.pth")


@pytest.mark.torch
def test_lpips_is_a_distance_that_grows_with_the_noise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _weights(tmp_path)
    monkeypatch.setenv(scores.lpips_folder_variable, str(tmp_path))
    random = np.random.default_rng(3)
    clean = random.integers(40, 215, (70, 64, 3)).astype(np.uint8)
    noisy = [
        np.clip(clean + random.normal(0, sigma, clean.shape), 0, 255).astype(np.uint8) for sigma in (5, 40)
    ]
    little, much = (scores.lpips(clean, each) for each in noisy)
    assert scores.lpips(clean, clean) == 0
    assert little is not None
    assert much is not None
    assert 0 < little < much
    assert scores.lpips(noisy[1], clean) == pytest.approx(much, rel=1e-6)
    # Five layers of unit vectors, each channel weighing 0.1: no two pictures are further apart than 5 * 0.1 * 2.
    assert much < 1


def test_lpips_is_none_without_its_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(scores.lpips_folder_variable, raising=False)
    assert scores.lpips(a, b) is None
    monkeypatch.setenv(scores.lpips_folder_variable, str(tmp_path))
    assert scores.lpips(a, b) is None
