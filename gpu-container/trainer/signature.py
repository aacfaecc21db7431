"""Signature of a body under the attempt's secret, as src/core/job/trainerApi.ts defines it.

Invariant: an empty body is signed as such; what is signed is the bytes that are sent.
"""

from __future__ import annotations

import hmac


def signature_of(secret_hex: str, t_seconds: int, method: str, path: str, body: bytes) -> str:
    """The value of `x-splat-signature`: HMAC-SHA256 over `<t>.<method>.<path>.<body>`.

    :param t_seconds: since 1970
    :param path: with the query, as sent
    """
    signed = f"{t_seconds}.{method}.{path}.".encode() + body
    return f"t={t_seconds},v1={hmac.new(bytes.fromhex(secret_hex), signed, 'sha256').hexdigest()}"
