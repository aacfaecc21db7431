"""gsplat itself against the tests' rasterizer. Needs a CUDA device; written without one, and skipped where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

from cpu_rasterizer import CpuRasterizer  # noqa: E402
from tiny_scene import tiny_dataset, tiny_order, tiny_photo, true_splats  # noqa: E402

from trainer.stop import Stop  # noqa: E402
from trainer.training.frame import scene_frame  # noqa: E402
from trainer.training.rasterizer import GsplatRasterizer  # noqa: E402
from trainer.training.schedule import Hyper  # noqa: E402
from trainer.training.train_scene import Work, train_scene  # noqa: E402
from trainer.training.views import camera_of  # noqa: E402

pytestmark = [
    pytest.mark.torch,
    pytest.mark.cuda,
    pytest.mark.skipif(
        GsplatRasterizer().device() is None, reason="no CUDA device, or gsplat is not installed"
    ),
]


@pytest.mark.parametrize("antialiased", [False, True])
def test_gsplat_draws_and_differentiates_as_the_rasterizer_of_the_tests(antialiased: bool) -> None:
    dataset = tiny_dataset(width_px=64)
    frame = scene_frame([view.world_to_camera for view in dataset.views], dataset.xyz)
    found = []
    for rasterizer, device in ((CpuRasterizer(), "cpu"), (GsplatRasterizer(), "cuda")):
        values = true_splats()
        values["means"], values["log_scales"] = values["means"] / 3.5, values["log_scales"] - 1.25
        params = {name: value.to(device).requires_grad_(True) for name, value in values.items()}
        camera = camera_of(dataset.views[1], frame, device)
        image = rasterizer.draw(params, camera, sh_degree=3, antialiased=antialiased)
        (image**2).mean().backward()
        found.append(
            (image.detach().cpu(), {name: params[name].grad.cpu() for name in params if name != "sh_rest"})
        )
    (image, gradients), (of_gsplat, gradients_of_gsplat) = found
    assert float((image - of_gsplat).abs().mean()) < 2e-3
    for name, gradient in gradients.items():
        error = (gradient - gradients_of_gsplat[name]).norm() / gradient.norm()
        assert float(error) < 0.05, name


def test_a_short_run_on_cuda_learns_the_scene(tmp_path: Path) -> None:
    quick = Hyper(lr_means=3e-3, lr_scales=3e-2, lr_quats=1e-2, lr_sh0=3e-2, lr_sh_rest=1e-3, noise=3e4)
    work = Work(GsplatRasterizer(), tiny_dataset, tiny_photo, quick)
    metrics = train_scene(
        work, tiny_order(tmp_path, preset="high", steps=300, width_px=64), lambda _: None, Stop()
    )
    assert metrics is not None
    assert metrics["psnrDb"] > 20
    assert metrics["peakGpuBytes"] > 0
