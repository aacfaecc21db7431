"""Requests and answers as JSON.

Invariant: what is sent is JSON to the letter (no NaN), and what is read has passed the check of its type.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from .contract import ContractError, check
from .transport import NoAnswer, Reply


def _finite(value: Any) -> Any:
    """The value with null for every number that JSON does not have: a loss may be no number."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _finite(each) for key, each in value.items()}
    return [_finite(each) for each in value] if isinstance(value, list | tuple) else value


def body_of(data: object) -> bytes:
    return json.dumps(_finite(data), separators=(",", ":"), allow_nan=False).encode()


def _no_number(name: str) -> None:
    raise ValueError(name)


def read_answer(name: str | None, reply: Reply) -> Any:
    """The answer as its type; None: any object, for a call that has nothing to say.

    :raises NoAnswer: it comes from something that is not the cloud, or from a newer one
    """
    try:
        data = json.loads(reply.body, parse_constant=_no_number)
        if name is not None:
            check(name, data)
        elif not isinstance(data, dict):
            raise ValueError("no object")
    except (ValueError, RecursionError, ContractError):
        raise NoAnswer("Something answered that does not speak this protocol.") from None
    return data
