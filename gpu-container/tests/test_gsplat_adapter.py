"""The adapter and gsplat's own Python against the tests' rasterizer, on a CPU: gsplat's plain PyTorch twins stand in for its kernels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
pytest.importorskip("gsplat", reason="gsplat is not installed")

import torch.distributed as dist  # noqa: E402
import torch.multiprocessing as mp  # noqa: E402
from cpu_gsplat import CpuGsplat  # noqa: E402
from cpu_rasterizer import CpuRasterizer  # noqa: E402
from tiny_scene import true_splats  # noqa: E402

from trainer.training.views import Camera  # noqa: E402

pytestmark = pytest.mark.torch

Params = dict[str, torch.Tensor]
_names = ("means", "log_scales", "quats", "opacity_logits", "sh0", "sh_rest")


def _camera(angle: float, width: int, height: int) -> Camera:
    """Turned and moved in all directions, of an uneven lens off the middle; the splats of true_splats are in front of it."""
    c, s = np.cos(angle), np.sin(angle)
    tilt = np.array([[1, 0, 0], [0, 0.96, -0.28], [0, 0.28, 0.96]])
    matrix = np.eye(4)
    matrix[:3, :3] = tilt @ np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])
    matrix[:3, 3] = [0.1, -0.15, 3]
    K = torch.tensor([[41.0, 0, 0.48 * width], [0, 37.0, 0.53 * height], [0, 0, 1]])
    return Camera(torch.tensor(matrix, dtype=torch.float32), K, width, height)


def _params(harmonics: float) -> Params:
    values = true_splats()
    random = np.random.default_rng(2)
    values["sh_rest"] = torch.tensor(
        random.normal(0, harmonics, (len(values["means"]), 15, 3)), dtype=torch.float32
    )
    return {name: values[name].requires_grad_(True) for name in _names}


def _weights(camera: Camera, seed: int) -> torch.Tensor:
    random = np.random.default_rng(seed)
    return torch.tensor(random.normal(size=(camera.height, camera.width, 3)), dtype=torch.float32)


def _close(found: torch.Tensor, wanted: torch.Tensor, name: str) -> None:
    error = float((found - wanted).norm() / wanted.norm())
    assert error < 2e-3, f"{name}: {error:.2e}"


@pytest.mark.parametrize("antialiased", [False, True])
@pytest.mark.parametrize("degree", [0, 1, 2, 3])
def test_images_agree(antialiased: bool, degree: int) -> None:
    params, camera = _params(0.2), _camera(0.7, 45, 34)
    with torch.no_grad():
        images = [
            each.draw(params, camera, sh_degree=degree, antialiased=antialiased)
            for each in (CpuGsplat(), CpuRasterizer())
        ]
    assert images[0].shape == (34, 45, 3)
    assert float(images[1].mean()) > 0.1
    np.testing.assert_allclose(images[0].numpy(), images[1].numpy(), rtol=0, atol=2e-4)


@pytest.mark.parametrize("antialiased", [False, True])
def test_gradients_agree(antialiased: bool) -> None:
    """Without harmonics in the values, for the tests' rasterizer takes the directions as constant."""
    found: list[Params] = []
    for rasterizer in (CpuGsplat(), CpuRasterizer()):
        params, camera = _params(0), _camera(-0.4, 45, 34)
        image = rasterizer.draw(params, camera, sh_degree=3, antialiased=antialiased)
        (image * _weights(camera, 1)).sum().backward()
        found.append({name: params[name].grad for name in _names})
    for name in _names:
        _close(found[0][name], found[1][name], name)


def test_a_camera_that_sees_nothing_gets_a_black_image() -> None:
    params, camera = _params(0.2), _camera(0, 20, 20)
    away = Camera(camera.world_to_camera.clone(), camera.K, 20, 20)
    away.world_to_camera[2, 3] = -9
    image = CpuGsplat().draw(params, away, sh_degree=1, antialiased=True)
    assert float(image.abs().max()) == 0


def _member(rank: int, folder: str) -> None:
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{folder}/meeting", rank=rank, world_size=2)
    params = {
        name: value.detach()[rank::2].clone().requires_grad_(True) for name, value in _params(0).items()
    }
    camera = _camera(0.7 * rank, 30, 22)
    image = CpuGsplat().draw(params, camera, sh_degree=2, antialiased=True, together=True)
    (image * _weights(camera, rank)).sum().backward()
    torch.save(
        {"image": image.detach(), **{name: params[name].grad for name in _names}}, f"{folder}/{rank}.pt"
    )
    dist.destroy_process_group()


@pytest.mark.skipif(not dist.is_available(), reason="PyTorch was built without torch.distributed")
def test_together_each_draws_all_splats_and_learns_from_all_cameras(tmp_path: Path) -> None:
    """gsplat's distributed mode in two processes, each with half of the splats and a camera of its own."""
    mp.spawn(_member, (str(tmp_path),), nprocs=2)
    params = _params(0)
    total = torch.zeros(())
    for rank in range(2):
        camera = _camera(0.7 * rank, 30, 22)
        image = CpuRasterizer().draw(params, camera, sh_degree=2, antialiased=True)
        total = total + (image * _weights(camera, rank)).sum()
        told = torch.load(tmp_path / f"{rank}.pt")
        np.testing.assert_allclose(told["image"].numpy(), image.detach().numpy(), rtol=0, atol=2e-4)
    total.backward()
    for rank in range(2):
        told = torch.load(tmp_path / f"{rank}.pt")
        for name in _names:
            _close(told[name], params[name].grad[rank::2], f"{name} of {rank}")


def test_the_version_is_the_one_in_the_image() -> None:
    listed = Path(__file__).parents[1] / "requirements/gsplat.txt"
    assert f"gsplat=={CpuGsplat().version()} " in listed.read_text()
