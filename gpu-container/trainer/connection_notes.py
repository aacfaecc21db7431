"""Tells the person once that the cloud is away and once that it is back. Invariant: no line per try."""

from __future__ import annotations

import logging

log = logging.getLogger(__name__)


class ConnectionNotes:
    def __init__(self, origin: str) -> None:
        self._origin = origin
        self._is_away = False

    def failed(self, detail: str) -> None:
        if not self._is_away:
            log.warning(
                "%s does not answer: %s. Trying again until it does.", self._origin, detail.rstrip(".")
            )
        self._is_away = True

    def worked(self) -> None:
        if self._is_away:
            log.warning("%s answers again.", self._origin)
        self._is_away = False
