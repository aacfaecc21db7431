"""Which engine a machine trains with.

Invariant: an engine that is chosen has said what it runs on; where none can run the failure says what is missing of each.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from ..failure import failed
from .base import Engine

_software = re.compile(r"llvmpipe|lavapipe|swiftshader|software|basic render", re.IGNORECASE)

_missing = {
    "gsplat": "gsplat needs an NVIDIA GPU with its driver, PyTorch built for CUDA, and the gsplat package",
    "webgpu": "webgpu needs Node 22.18 or newer and a Vulkan driver (a software one such as Mesa's will do)",
}


def is_software(device: str) -> bool:
    """The adapter is a program on the CPU."""
    return _software.search(device) is not None


def _gsplat() -> Engine:
    # PyTorch is loaded only where it is asked for.
    from .gsplat_engine import create

    return create()


def _webgpu() -> Engine:
    from .webgpu_engine import WebGpuEngine

    return WebGpuEngine()


#: The first that can run is taken.
_engines: Mapping[str, Callable[[], Engine]] = {"gsplat": _gsplat, "webgpu": _webgpu}


def _open(name: str, makers: Mapping[str, Callable[[], Engine]]) -> tuple[Engine, str] | None:
    try:
        engine = makers[name]()
        device = engine.device()
    except ImportError:
        return None
    return None if device is None else (engine, device)


def choose(
    name: str,
    note: Callable[[str], None] = lambda line: None,
    makers: Mapping[str, Callable[[], Engine]] = _engines,
) -> Engine:
    """The engine of that name, or with "auto" the first that can run here: gsplat, then webgpu.

    :param note: told what was chosen, and when it will be slow
    :raises JobFailed: gpu-missing
    """
    if name != "auto" and name not in makers:
        raise failed(
            "gpu-missing", f'There is no engine called "{name}"; there are auto, {", ".join(makers)}.'
        )
    for each in makers if name == "auto" else (name,):
        opened = _open(each, makers)
        if opened is None:
            continue
        engine, device = opened
        slow = (
            " This is a software adapter: it works, but takes many times as long as a GPU."
            if is_software(device)
            else ""
        )
        note(f"Engine: {each}, on {device}.{slow}")
        return engine
    names = list(makers) if name == "auto" else [name]
    why = "; ".join(_missing.get(each, each) for each in names)
    raise failed("gpu-missing", f"No engine can run on this machine: {why}.")
