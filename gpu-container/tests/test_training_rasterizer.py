"""The tests' rasterizer against figures from outside: PyTorch autograd of another program, finite differences, closed forms."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

from cpu_rasterizer import draw, sh_basis  # noqa: E402

from trainer.training.loss import mean_ssim, photo_loss  # noqa: E402
from trainer.training.views import Camera  # noqa: E402

pytestmark = pytest.mark.torch

#: Made by tests/fixtures/make_torch_oracle.py of the repository; the TypeScript twins are held to the same file.
_oracle_path = Path(__file__).resolve().parents[2] / "tests/fixtures/torch_oracle.npz"
_of_oracle = {
    "means": "means",
    "log_scales": "log_scales",
    "quats": "quats",
    "opacity_logits": "opacity_logits",
}


def _camera(
    R: np.ndarray, t: np.ndarray, K: tuple[float, float, float, float], width: int, height: int
) -> Camera:
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = R, t
    fx, fy, cx, cy = K
    lens = torch.tensor([[fx, 0, cx], [0, fy, cy], [0, 0, 1]], dtype=torch.float64)
    return Camera(torch.tensor(matrix), lens, width, height)


@pytest.mark.skipif(
    not _oracle_path.is_file(), reason="tests/fixtures/torch_oracle.npz of the repository is not here"
)
def test_image_loss_and_gradients_are_those_of_the_reference_trainer() -> None:
    oracle = np.load(_oracle_path)
    height, width, _ = oracle["image"].shape
    params = {name: torch.tensor(oracle[key], requires_grad=True) for name, key in _of_oracle.items()}
    sh = torch.tensor(oracle["sh"])
    params |= {
        "sh0": sh[:, :1].clone().requires_grad_(True),
        "sh_rest": sh[:, 1:].clone().requires_grad_(True),
    }
    camera = _camera(oracle["R"], oracle["t"], tuple(oracle["K"]), width, height)
    image = draw(params, camera, sh_degree=1, antialiased=False, nearest=float(oracle["near"]))
    np.testing.assert_allclose(image.detach().numpy(), oracle["image"], rtol=0, atol=1e-12)
    loss = photo_loss(image, torch.tensor(oracle["target"]), 0.2)
    assert float(loss.total.detach()) == pytest.approx(float(oracle["loss"]), rel=1e-12)
    loss.total.backward()
    for name, key in _of_oracle.items():
        np.testing.assert_allclose(params[name].grad.numpy(), oracle[f"grad_{key}"], rtol=1e-8, atol=1e-12)
    own = torch.cat([params["sh0"].grad, params["sh_rest"].grad], 1).numpy()
    np.testing.assert_allclose(own, oracle["grad_sh"], rtol=1e-8, atol=1e-12)


def _random_scene(count: int, degree: int, seed: int) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)

    def random(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    return {
        "means": 0.4 * random(count, 3) + torch.tensor([0, 0, 3.0], dtype=torch.float64),
        "log_scales": -1.5 + 0.3 * random(count, 3),
        "quats": random(count, 4),
        "opacity_logits": random(count),
        "sh0": random(count, 1, 3),
        "sh_rest": 0.2 * random(count, (degree + 1) ** 2 - 1, 3),
    }


_square = _camera(np.eye(3), np.zeros(3), (7.0, 7.0, 3.0, 3.0), 6, 6)


@pytest.mark.parametrize("antialiased", [False, True])
def test_gradients_agree_with_finite_differences(antialiased: bool) -> None:
    scene = _random_scene(2, 2, 5)
    # Colours away from the clamp at 0, for the direction counts as constant: its part is left out of the positions' gradient.
    scene["sh0"] = scene["sh0"].abs() + 1
    scene["sh_rest"] = torch.zeros_like(scene["sh_rest"])
    names = list(scene)
    values = [value.clone().requires_grad_(True) for value in scene.values()]

    def image(*values: torch.Tensor) -> torch.Tensor:
        return draw(dict(zip(names, values, strict=True)), _square, sh_degree=2, antialiased=antialiased)

    assert torch.autograd.gradcheck(image, values, eps=1e-6, atol=1e-6)


def test_spherical_harmonics_are_orthonormal() -> None:
    """Integrals over the sphere by Gauss-Legendre in z and equal steps in the angle, exact for these degrees."""
    heights, weights = np.polynomial.legendre.leggauss(8)
    angles = np.arange(16) * (2 * np.pi / 16)
    around = np.sqrt(1 - heights**2)[:, None]
    x, y = around * np.cos(angles), around * np.sin(angles)
    z = np.broadcast_to(heights[:, None], x.shape)
    basis = sh_basis(torch.tensor(np.stack([x, y, z], -1).reshape(-1, 3)), 3).numpy()
    measure = np.broadcast_to(weights[:, None] * (2 * np.pi / 16), x.shape).reshape(-1, 1)
    np.testing.assert_allclose(basis.T @ (measure * basis), np.eye(16), atol=1e-12)


@pytest.mark.parametrize("antialiased", [False, True])
def test_one_round_splat_in_closed_form(antialiased: bool) -> None:
    sigma, depth, focal, opacity = 0.05, 2.0, 12.0, 0.6
    scene = {
        "means": torch.tensor([[0.0, 0, depth]], dtype=torch.float64),
        "log_scales": torch.full((1, 3), math.log(sigma), dtype=torch.float64),
        "quats": torch.tensor([[0.3, -2, 1, 0.5]], dtype=torch.float64),
        "opacity_logits": torch.tensor([math.log(opacity / (1 - opacity))], dtype=torch.float64),
        "sh0": torch.full((1, 1, 3), 0.25 / 0.28209479177387814, dtype=torch.float64),
        "sh_rest": torch.zeros(1, 0, 3, dtype=torch.float64),
    }
    camera = _camera(np.eye(3), np.zeros(3), (focal, focal, 4.0, 4.0), 8, 8)
    image = draw(scene, camera, sh_degree=0, antialiased=antialiased).numpy()
    variance = (focal * sigma / depth) ** 2
    factor = variance / (variance + 0.3) if antialiased else 1.0
    x, y = np.meshgrid(np.arange(8) + 0.5 - 4, np.arange(8) + 0.5 - 4)
    alpha = factor * opacity * np.exp(-(x * x + y * y) / (2 * (variance + 0.3)))
    np.testing.assert_allclose(image[..., 0], 0.75 * np.where(alpha < 1 / 255, 0, alpha), atol=1e-12)


def test_an_image_is_wholly_like_itself() -> None:
    x = torch.rand(20, 20, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    assert float(mean_ssim(x, x)) == pytest.approx(1, abs=1e-12)
