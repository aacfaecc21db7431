"""The trainer on Modal: `modal deploy gpu-container/modal_app.py`, then MODAL_URL is the address of `web`.

Invariant: the web app answers nobody without a proxy-auth token (MODAL_KEY, MODAL_SECRET); a call is never repeated by Modal, for the
cloud decides about another attempt.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import modal

here = Path(__file__).resolve().parent
app = modal.App("splat-trainer")
trainer_image = modal.Image.from_dockerfile(here / "Dockerfile", context_dir=here.parent).entrypoint([])
web_image = (
    modal.Image.debian_slim(python_version="3.12")
    .uv_pip_install("jsonschema==4.26.0")
    .env({"SPLAT_TRAINER_SCHEMA": "/opt/trainer.schema.json"})
    .add_local_file(here / "schema" / "trainer.schema.json", "/opt/trainer.schema.json")
    .add_local_python_source("trainer")
)


# GPU and timeout are those of the call; Modal's own standard of 300 s would end every job.
@app.function(
    image=trainer_image,
    gpu="L40S",
    timeout=24 * 3600,
    retries=0,
    single_use_containers=True,
)
def train(order: dict[str, Any]) -> dict[str, Any]:
    from trainer.doors.modal_door import run

    return run(order, modal.current_function_call_id() or "")


def spawn(order: dict[str, Any], gpu: str, timeout_seconds: int) -> str:
    call = train.with_options(gpu=gpu, timeout=timeout_seconds, retries=0).spawn(order)
    return str(call.object_id)


@app.function(image=web_image, timeout=60)
@modal.concurrent(max_inputs=50)
@modal.wsgi_app(requires_proxy_auth=True)
def web() -> Any:
    import modal.exception

    from trainer.doors.modal_door import Modal, web_app

    return web_app(Modal(spawn, modal.FunctionCall.from_id, modal.exception))
