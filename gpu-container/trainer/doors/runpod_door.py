"""RunPod serverless (docs.runpod.io, serverless/workers/handler-functions; runpod-python 1.12).

Invariant: what the handler gives back decorates RunPod's list of runs and no more: the cloud believes the trainer's own calls. Progress is
not sent this way, for a late `progress_update` may overwrite the end (runpod-python issue 250).
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence
from typing import Any

from .handed_job import DoJob, Outcome, do_job, really_do

#: {"input": {"check": true}}: does the image work on this machine? For RunPod's own tests of a template.
_check_order = {"check": True}


def external_id_of(run_id: str) -> str:
    """As cloud/providers/runpod.ts names a run; empty where the endpoint is not known."""
    endpoint = os.environ.get("RUNPOD_ENDPOINT_ID", "")
    return f"{endpoint}/{run_id}" if endpoint else ""


def check_machine() -> dict[str, Any]:
    """What would compute a job here; an error where nothing can."""
    from ..engines.choose import choose

    try:
        engine = choose("auto")
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the answer
        return {"error": f"{error}"}
    return {"engine": engine.name, "device": engine.device()}


def answer_of(outcome: Outcome) -> dict[str, Any]:
    """`error` makes the run FAILED; `refresh_worker` has this worker replaced before the next job."""
    answer: dict[str, Any] = {"error": outcome.error} if outcome.error else {"end": outcome.end}
    return {**answer, "refresh_worker": True} if outcome.wants_new_machine else answer


def handle(job: dict[str, Any], do: DoJob = really_do) -> dict[str, Any]:
    """One run: {"id", "input": TrainSpec}."""
    if job["input"] == _check_order:
        return check_machine()
    return answer_of(do_job(job["input"], external_id_of(job["id"]), do))


def main(argv: Sequence[str]) -> int:
    """Serves until RunPod ends the worker. RunPod's own flags, such as --rp_serve_api, are read by its library."""
    import runpod

    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    runpod.serverless.start({"handler": handle})
    return 0
