"""The types of the protocol against its schema, what is refused, and signatures against OpenSSL's and the TypeScript trainer's."""

from __future__ import annotations

import json
import types
import typing
from pathlib import Path
from typing import Any, Literal, NotRequired, Union, get_args, get_origin, get_type_hints, is_typeddict

import pytest

from trainer import contract, failure
from trainer.contract import ContractError, check, schema_path
from trainer.signature import signature_of
from trainer.wire import body_of

_defs: dict[str, Any] = json.loads(schema_path().read_text("utf-8"))["$defs"]
_kinds = {str: "string", bool: "boolean"}


def _without_not_required(hint: Any) -> Any:
    return get_args(hint)[0] if get_origin(hint) is NotRequired else hint


def _differences(hint: Any, schema: dict[str, Any], at: str) -> list[str]:
    """Where a type and its schema are not the same."""
    hint = _without_not_required(hint)
    if is_typeddict(hint):
        hints = get_type_hints(hint, include_extras=True)
        own = (set(hints), {key for key in hints if get_origin(hints[key]) is not NotRequired})
        theirs = (set(schema.get("properties", {})), set(schema.get("required", [])))
        if own != theirs:
            return [f"{at}: {own} and {theirs}"]
        return [
            each
            for key in hints
            for each in _differences(hints[key], schema["properties"][key], f"{at}.{key}")
        ]
    if get_origin(hint) is list:
        if schema.get("type") != "array":
            return [f"{at}: {schema.get('type')} is no list"]
        return _differences(get_args(hint)[0], schema["items"], f"{at}[]")
    if get_origin(hint) is Literal:
        theirs_values = schema["enum"] if "enum" in schema else [schema["const"]]
        return (
            []
            if set(get_args(hint)) == set(theirs_values)
            else [f"{at}: {get_args(hint)} and {theirs_values}"]
        )
    if get_origin(hint) in (Union, types.UnionType):
        return _union_differences(hint, schema, at)
    if get_origin(hint) is dict:
        return [] if schema.get("type") == "object" or "oneOf" in schema else [f"{at}: {schema} is no object"]
    wanted = {int: ["integer"], float: ["number"]}.get(hint, [_kinds.get(hint)])
    return [] if schema.get("type") in wanted else [f"{at}: {hint} and {schema.get('type')}"]


def _union_differences(hint: Any, schema: dict[str, Any], at: str) -> list[str]:
    """Of what may be null."""
    (own,) = [each for each in get_args(hint) if each is not type(None)]
    if "anyOf" in schema:
        (theirs,) = [each for each in schema["anyOf"] if each.get("type") != "null"]
        has_null = {"type": "null"} in schema["anyOf"]
    else:
        (kind,) = [each for each in schema["type"] if each != "null"]
        theirs, has_null = {**schema, "type": kind}, "null" in schema["type"]
    return _differences(own, theirs, at) if has_null else [f"{at}: never null"]


@pytest.mark.parametrize("name", sorted(_defs))
def test_every_type_is_that_of_the_schema(name: str) -> None:
    assert _differences(getattr(contract, name), _defs[name], name) == []


def test_the_comparison_sees_a_difference() -> None:
    wrong = json.loads(json.dumps(_defs["Manifest"]))
    wrong["properties"]["images"]["items"]["required"].remove("url")
    assert len(_differences(contract.Manifest, wrong, "Manifest")) == 1
    wrong = json.loads(json.dumps(_defs["TrainSpec"]))
    wrong["properties"]["preset"]["enum"].append("high")
    assert len(_differences(contract.TrainSpec, wrong, "TrainSpec")) == 1


def test_the_failure_codes_are_those_of_the_schema() -> None:
    theirs = _defs["FailRequest"]["properties"]["failure"]["properties"]["code"]["enum"]
    assert set(typing.get_args(failure.FailureCode)) == set(theirs)


def _manifest(name: str) -> dict[str, Any]:
    image = {"name": name, "bytes": 1, "sha256": "0" * 64, "url": "https://store.test/1"}
    return {"preset": "full", "images": [image], "checkpoint": None}


@pytest.mark.parametrize("name", ["000001.jpg", "999999.heic", "000010.mp4"])
def test_a_name_of_a_photo_passes(name: str) -> None:
    check("Manifest", _manifest(name))


@pytest.mark.parametrize(
    "name",
    ["../etc/passwd", "000001.jpg\n", "٠٠٠٠٠١.jpg", "000001.JPG", "00001.jpg", "000001.jpg/..", "", "000001"],
)
def test_another_name_does_not(name: str) -> None:
    with pytest.raises(ContractError) as raised:
        check("Manifest", _manifest(name))
    assert raised.value.path == "Manifest.images[0].name"


def test_what_is_said_holds_no_value() -> None:
    spec = {
        "v": 1,
        "jobId": "",
        "token": "very-secret",
        "secret": "not-hexadecimal",
        "attempt": "very-secret",
    }
    for wrong in (spec, {"spec": spec, "externalId": 1}):
        with pytest.raises(ContractError) as raised:
            check("TrainSpec" if wrong is spec else "PullAnswer", wrong)
        assert "very-secret" not in str(raised.value)
        assert "not-hex" not in str(raised.value)


def test_more_keys_than_are_known_are_no_harm_in_an_answer() -> None:
    check("FailAnswer", {"willRetry": True, "since": "version 2"})


def test_a_type_that_is_none_of_the_protocol_is_a_bug() -> None:
    with pytest.raises(KeyError):
        check("Nothing", {})


def test_the_schema_is_found_where_the_environment_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SPLAT_TRAINER_SCHEMA", str(tmp_path / "other.json"))
    assert schema_path() == tmp_path / "other.json"


def test_a_number_that_is_none_is_sent_as_null() -> None:
    sent = body_of({"loss": float("nan"), "parts": [1.5, float("inf")], "name": "ü"})
    assert json.loads(sent) == {"loss": None, "parts": [1.5, None], "name": "ü"}


_secret = "00112233445566778899aabbccddeeffffeeddccbbaa99887766554433221100"
_jobs = "/internal/v1/jobs/job_1"

#: Made by signatureOf of src/cli/serve/signature.ts, and the same by `openssl dgst -sha256 -mac HMAC -macopt hexkey:...`.
_signed = [
    ("0f" * 32, 1_800_000_000, "GET", f"{_jobs}/manifest", "",
     "0df2454c889a992cd4f411d3c6a2727c119bc5ef24fd83581b1bcfaef8a2fa35"),
    (_secret, 1_800_000_001, "POST", f"{_jobs}/claim", '{"attempt":2,"externalId":"run-1","holder":"me"}',
     "9e435e6fe2a5ef462dbbd78259982f2f307e694c91bcf3c91ae49c9d94ce2096"),
    (_secret, 1_764_140_000, "POST", f"{_jobs}/events",
     '{"attempt":1,"events":[{"detail":"Zu wenig Überlappung – 日本"}]}',
     "d484e96d73abd8e50b68b085f42d3496cb494d2f2583e1827718affb87738460"),
]  # fmt: skip


@pytest.mark.parametrize(("secret", "t", "method", "path", "body", "mac"), _signed)
def test_signature(secret: str, t: int, method: str, path: str, body: str, mac: str) -> None:
    assert signature_of(secret, t, method, path, body.encode()) == f"t={t},v1={mac}"
