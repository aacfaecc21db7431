"""Modal: what the function answers, and the thin web app that cloud/providers/modal.ts speaks to. modal_app.py deploys both.

Invariant: the web app only starts, looks and stops; Modal has no webhooks, so the trainer's own calls tell how it goes. It has no
authentication of its own: it must be deployed behind Modal's proxy authentication.

- POST /run {input, gpu, timeoutSeconds} -> {id}
- GET /status/{id} -> 202 {state}; 200 {ok: true}, or {error, kind} when it failed; 404 when Modal does not know it
- POST /cancel/{id} -> {}
- GET /health -> {ok}
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from ..contract import ContractError, check
from . import handed_job
from .handed_job import DoJob, do_job, really_do

_most_body_bytes = 1_000_000
_most_seconds = 24 * 3600
_gpu = re.compile(r"[A-Za-z0-9-]{1,40}(:[1-8])?")
_call_id = re.compile(r"fc-[\w-]{1,146}")

Answer = tuple[int, dict[str, Any]]


def run(given: object, call_id: str, do: DoJob = really_do) -> dict[str, Any]:
    """The body of the function: one job, and what /status says of it afterwards."""
    outcome = do_job(given, call_id, do)
    if outcome.end == "cancelled":
        return {"error": "cancelled", "kind": "cancelled"}
    return {"error": outcome.error, "kind": "failed"} if outcome.error else {"ok": True}


@dataclass(frozen=True)
class Modal:
    """What the web app needs of Modal."""

    #: (order, GPU, timeout in seconds) -> id of the call
    spawn: Callable[[dict[str, Any], str, int], str]
    #: The call of an id: modal.FunctionCall
    call: Callable[[str], Any]
    #: The module modal.exception
    errors: Any


def _start(modal: Modal, body: Any) -> Answer:
    match body:
        case {"input": dict(order), "gpu": str(gpu), "timeoutSeconds": int(seconds)} if (
            _gpu.fullmatch(gpu) and 1 <= seconds <= _most_seconds
        ):
            try:
                check("TrainSpec", order)
            except ContractError as error:
                return 400, {"detail": f"{error}"}
            return 200, {"id": modal.spawn(order, gpu, seconds)}
    return 400, {"detail": "wants {input, gpu, timeoutSeconds}"}


def _is_begun(call: Any) -> bool:
    """By a best effort: Modal fills its graph of calls late."""
    return any(entry.task_id for entry in call.get_call_graph())


def _look(modal: Modal, call: Any) -> Answer:
    errors = modal.errors
    try:
        value = call.get(timeout=0)
    except (errors.OutputExpiredError, errors.NotFoundError, errors.InvalidError):
        return 404, {"detail": "no such call"}
    except errors.FunctionTimeoutError:
        return 200, {"error": "It was not finished within its time.", "kind": "timed-out"}
    except (TimeoutError, errors.TimeoutError):
        return 202, {"state": "running" if _is_begun(call) else "queued"}
    except errors.InputCancellation as error:
        return 200, {"error": f"{error}" or "cancelled", "kind": "cancelled"}
    except (errors.ConnectionError, errors.ServiceError, errors.InternalError):
        raise
    except Exception as error:  # noqa: BLE001 - whatever the function ended with
        is_cancelled = isinstance(error, errors.RemoteError) and "cancel" in f"{error}".lower()
        kind = "cancelled" if is_cancelled else "failed"
        return 200, {"error": f"{type(error).__name__}: {error}"[:500], "kind": kind}
    return 200, value if isinstance(value, dict) else {"ok": True}


def _stop(modal: Modal, call: Any) -> Answer:
    try:
        call.cancel()
    except (modal.errors.NotFoundError, modal.errors.InvalidError):
        return 404, {"detail": "no such call"}
    return 200, {}


def answer(modal: Modal, method: str, path: str, body: bytes) -> Answer:
    """Status and JSON of one request. `body`: as it came, empty for none."""
    verb, _, call_id = path.removeprefix("/").partition("/")
    match method, verb, call_id:
        case "GET", "health", "":
            return 200, {"ok": True}
        case "POST", "run", "":
            try:
                return _start(modal, json.loads(body))
            except ValueError:
                return 400, {"detail": "not JSON"}
        case ("GET", "status", _) | ("POST", "cancel", _) if _call_id.fullmatch(call_id):
            call = modal.call(call_id)
            return _look(modal, call) if verb == "status" else _stop(modal, call)
    return 404, {"detail": "no such call"}


StartResponse = Callable[[str, list[tuple[str, str]]], object]


def web_app(modal: Modal) -> Callable[[dict[str, Any], StartResponse], Iterable[bytes]]:
    """The same as a WSGI application (PEP 3333)."""

    def app(environ: dict[str, Any], start: StartResponse) -> Iterable[bytes]:
        length = environ.get("CONTENT_LENGTH") or "0"
        size = int(length) if length.isascii() and length.isdecimal() else _most_body_bytes + 1
        if size > _most_body_bytes:
            status, said = 413, {"detail": "too much"}
        else:
            body = environ["wsgi.input"].read(size)
            status, said = answer(modal, environ["REQUEST_METHOD"], environ.get("PATH_INFO", ""), body)
        text = json.dumps(said).encode()
        headers = [("content-type", "application/json"), ("content-length", str(len(text)))]
        start(f"{status} {HTTPStatus(status).phrase}", headers)
        return [text]

    return app


def main(argv: Sequence[str]) -> int:
    """One order from standard input, as the function would do it."""
    return handed_job.main(argv, "modal")
