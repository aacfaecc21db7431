"""Replicate, packaged by Cog (predict.py and cog.yaml).

Invariant: the order travels as one text, for inputs of a predictor are plain values (cloud/providers/replicate.ts). A failure is raised,
for so Replicate knows one. A predictor is not told the name of its prediction; the cloud knows it from its own call.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from . import handed_job
from .handed_job import DoJob, do_job, really_do


class PredictionFailed(Exception):
    """The job has failed; its words are the prediction's error."""


def predict(order: str, do: DoJob = really_do) -> str:
    """One job. Gives back how it ended.

    :raises PredictionFailed: it has failed
    """
    try:
        given = json.loads(order)
    except ValueError:
        raise PredictionFailed("bad-file: the order is no JSON") from None
    outcome = do_job(given, "", do)
    if outcome.error:
        raise PredictionFailed(outcome.error)
    return outcome.end


def main(argv: Sequence[str]) -> int:
    """One order from standard input, as the predictor would do it."""
    return handed_job.main(argv, "replicate")
