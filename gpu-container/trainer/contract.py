"""The trainer protocol as types, and the check of what comes over the line against its JSON Schema.

The rules are told in src/core/job/trainerApi.ts; the schema is generated from there (gpu-container/schema/trainer.schema.json).
Invariant: keys and required keys here are those of the schema (a test compares them), and nothing that came from outside is used before
`check` has passed it.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Literal, NotRequired, TypedDict

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match
from jsonschema.validators import extend

from .events import JobEvent
from .failure import Failure

CloudPreset = Literal["preview", "full"]
OutputKind = Literal[
    "ply", "splat", "spz", "sog", "thumbnail", "poster", "cameras", "metrics", "preview", "checkpoint"
]


class TrainLimits(TypedDict):
    maxImages: int
    #: From the claim to the end.
    maxSeconds: int
    maxSplats: int


class TrainSpec(TypedDict):
    v: Literal[1]
    jobId: str
    attempt: int
    #: Origin of the API, without a slash at the end.
    apiBase: str
    token: str
    #: Hexadecimal; signs the bodies.
    secret: str
    preset: CloudPreset
    limits: TrainLimits
    outputs: list[OutputKind]
    requestId: str


class PullRequest(TypedDict):
    workerId: str
    instance: str
    gpuClass: str
    maxImages: NotRequired[int]
    waitSeconds: NotRequired[float]


class PullAnswer(TypedDict):
    spec: TrainSpec
    externalId: str


class ClaimRequest(TypedDict):
    attempt: int
    externalId: str
    holder: str


class ClaimAnswer(TypedDict):
    #: Milliseconds since 1970.
    leaseUntil: float
    lastSeq: int


class ManifestImage(TypedDict):
    name: str
    bytes: int
    sha256: str
    url: str


class Checkpoint(TypedDict):
    bytes: int
    sha256: str
    url: str


class Manifest(TypedDict):
    preset: CloudPreset
    images: list[ManifestImage]
    checkpoint: Checkpoint | None


class TrainerEvent(TypedDict):
    seq: int
    #: Milliseconds since 1970 by this machine's clock.
    t: float
    event: JobEvent


class EventsRequest(TypedDict):
    attempt: int
    events: list[TrainerEvent]


class EventsAnswer(TypedDict):
    cancel: bool
    leaseUntil: float
    lastSeq: int


class OutputFile(TypedDict):
    kind: OutputKind
    bytes: int
    sha256: str


class OutputsRequest(TypedDict):
    attempt: int
    outputs: list[OutputFile]


class OutputPlace(TypedDict):
    kind: OutputKind
    url: str
    headers: dict[str, str]


class OutputsAnswer(TypedDict):
    outputs: list[OutputPlace]


class TrainerMetrics(TypedDict):
    engine: str
    device: str
    photos: int
    registered: int
    splats: int
    steps: int
    psnrDb: float | None
    ssim: float | None
    gpuSeconds: float
    secondsByStage: dict[str, float]


class CompleteRequest(TypedDict):
    attempt: int
    outputs: list[OutputFile]
    metrics: TrainerMetrics


class FailRequest(TypedDict):
    attempt: int
    failure: Failure
    retryable: bool
    gpuSeconds: float


class FailAnswer(TypedDict):
    willRetry: bool


class ContractError(Exception):
    """Something is not of its type. Neither path nor message holds a value: there are secrets among them."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}")
        self.path = path
        self.message = message


def schema_path() -> Path:
    """The schema's file: where SPLAT_TRAINER_SCHEMA says, or in the folder schema/ beside this package."""
    given = os.environ.get("SPLAT_TRAINER_SCHEMA")
    return Path(given) if given else Path(__file__).resolve().parents[1] / "schema" / "trainer.schema.json"


def _pattern(_: object, pattern: str, value: object, __: object) -> Iterator[ValidationError]:
    """As ECMA-262 reads it: Python's own `\\d` takes the digits of all scripts, and its `$` a line feed at the end."""
    if isinstance(value, str) and not re.search(re.sub(r"(?<!\\)\$", r"\\Z", pattern), value, re.ASCII):
        yield ValidationError("does not have the form it must have")


@cache
def _validator_of(name: str) -> Any:
    defs = json.loads(schema_path().read_text("utf-8"))["$defs"]
    if name not in defs:
        raise KeyError(f"{name} is no type of the trainer protocol")
    validator = extend(Draft202012Validator, {"pattern": _pattern})  # type: ignore[no-untyped-call]
    return validator({"$ref": f"#/$defs/{name}", "$defs": defs})


#: The library's words for these name keys only; its words for the others repeat the value.
_plain_words = ("required", "additionalProperties", "pattern")


def check(name: str, data: object) -> None:
    """Checks `data` (as json.loads gives it) against the type of that name.

    :raises ContractError: it is not of that type
    """
    error = best_match(_validator_of(name).iter_errors(data))
    if error is None:
        return
    words = error.message if error.validator in _plain_words else f'breaks the rule "{error.validator}"'
    raise ContractError(f"{name}{error.json_path[1:]}", words)
