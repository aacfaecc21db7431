"""Which engine is taken where."""

from __future__ import annotations

from typing import Any

import pytest

from trainer.engines.choose import choose, is_software
from trainer.failure import JobFailed


class Fake:
    def __init__(self, name: str, device: str | None) -> None:
        self.name, self._device = name, device

    def device(self) -> str | None:
        return self._device

    def train(self, order: Any, emit: Any, stop: Any) -> dict[str, Any]:
        raise AssertionError


def makers(gsplat: str | None, webgpu: str | None) -> dict[str, Any]:
    return {"gsplat": lambda: Fake("gsplat", gsplat), "webgpu": lambda: Fake("webgpu", webgpu)}


def test_auto_takes_cuda_before_vulkan() -> None:
    notes: list[str] = []
    assert choose("auto", notes.append, makers("NVIDIA L4", "NVIDIA L4 (Vulkan)")).name == "gsplat"
    assert choose("auto", notes.append, makers(None, "Radeon RX 7900")).name == "webgpu"
    assert notes == ["Engine: gsplat, on NVIDIA L4.", "Engine: webgpu, on Radeon RX 7900."]


def test_a_named_engine_is_taken_or_nothing() -> None:
    assert choose("webgpu", makers=makers("NVIDIA L4", "Intel Arc")).name == "webgpu"
    with pytest.raises(JobFailed) as caught:
        choose("gsplat", makers=makers(None, "Intel Arc"))
    assert caught.value.failure["code"] == "gpu-missing"
    assert caught.value.is_retryable
    assert "NVIDIA" in caught.value.failure["detail"]
    assert "Node" not in caught.value.failure["detail"]


def test_a_software_adapter_counts_and_is_said_to_be_slow() -> None:
    notes: list[str] = []
    assert choose("auto", notes.append, makers(None, "mesa software llvmpipe")).name == "webgpu"
    assert "software adapter" in notes[0]


@pytest.mark.parametrize(
    ("device", "software"),
    [
        ("mesa software llvmpipe: Mesa 25.0.7 (LLVM 15.0.6)", True),
        ("Google SwiftShader Device", True),
        ("Microsoft Basic Render Driver", True),
        ("NVIDIA GeForce RTX 4090", False),
        ("AMD Radeon Graphics (RADV)", False),
    ],
)
def test_software_adapters_are_told_by_their_names(device: str, software: bool) -> None:
    assert is_software(device) is software


def test_where_none_can_run_it_is_said_what_is_missing() -> None:
    with pytest.raises(JobFailed) as caught:
        choose("auto", makers=makers(None, None))
    assert "NVIDIA" in caught.value.failure["detail"]
    assert "Vulkan" in caught.value.failure["detail"]


def test_an_engine_whose_libraries_are_missing_is_passed_over() -> None:
    def absent() -> Fake:
        raise ModuleNotFoundError("torch")

    assert choose("auto", makers={**makers(None, "Intel Arc"), "gsplat": absent}).name == "webgpu"


def test_there_is_no_other_engine() -> None:
    with pytest.raises(JobFailed, match="no engine called"):
        choose("cuda")
