"""How long to pause before the next try.

Invariant: exponential from half a second to half a minute, with jitter over the upper half; a server that names a time is not asked before
it, unless it asks for more than ten minutes, which is a misunderstanding.
"""

from __future__ import annotations

_first_seconds = 0.5
_longest_seconds = 30.0
_longest_wish_seconds = 600.0


def backoff_seconds(failures: int, random: float, wish_seconds: float | None) -> float:
    """`failures` counts from 1; `random` in 0..1; `wish_seconds`: Retry-After, or None."""
    if wish_seconds is not None:
        return min(_longest_wish_seconds, wish_seconds) + random * _first_seconds
    ceiling_seconds = min(_longest_seconds, _first_seconds * 2 ** min(20, failures - 1))
    return float(ceiling_seconds * (1 + random) / 2)
