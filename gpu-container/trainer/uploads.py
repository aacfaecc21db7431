"""The files of a result brought to where the cloud wants them.

Invariant: an address that is refused is asked for anew, a few times; after that somebody has to look at it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from .contract import TrainerMetrics
from .made_file import MadeFile
from .protocol import JobClient, Lost, Refused
from .sender import Sender

_most_rounds = 3


def put_files(client: JobClient, files: Sequence[MadeFile]) -> None:
    """Puts every file; those whose addresses were refused again in the next round.

    :raises Refused, Lost: by the call for the addresses, or still by an address in the last round
    :raises Stopped, Unreachable:
    """
    left = list(files)
    for round_number in range(1, _most_rounds + 1):
        places = {
            place["kind"]: place for place in client.outputs([file.announced for file in left])["outputs"]
        }
        again: list[MadeFile] = []
        no: Refused | Lost | None = None
        for file in left:
            # An address of its own is no word about the attempt: that is what the call for it is asked.
            try:
                if file.kind in places:
                    client.upload(places[file.kind], file.path)
            except (Refused, Lost) as refused:
                no = refused
                again.append(file)
        if no is None:
            return
        if round_number == _most_rounds:
            raise no
        left = again


def named_files(body: str, files: Sequence[MadeFile]) -> list[MadeFile]:
    """The kinds that a refusal names; all of them when it names none."""
    named = [file for file in files if re.search(rf"(?<![\w-]){file.kind}(?![\w-])", body)]
    return named or list(files)


def complete(client: JobClient, sender: Sender, files: Sequence[MadeFile], metrics: TrainerMetrics) -> None:
    """Tells that all is there, and puts again what the cloud misses.

    :raises Refused, Lost, Stopped, Unreachable:
    """
    for round_number in range(1, _most_rounds + 1):
        # A sign of life that arrives after the end would be answered as one of a stranger.
        sender.pause()
        try:
            return client.complete([file.announced for file in files], metrics)
        except Refused as refused:
            if refused.status != 422 or round_number == _most_rounds:
                raise
            missed = named_files(refused.body, files)
        sender.resume()
        put_files(client, missed)
