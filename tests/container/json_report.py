"""Plugin of pytest: one line of JSON for every test that has run, to the file that TEST_REPORT names.

Invariant: a test has one line, with the worst that happened to it; a file that cannot be loaded has one too.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

_worst = {"passed": 0, "skipped": 1, "failed": 2}


def _reason(report: Any) -> str:
    if isinstance(report.longrepr, tuple):
        return str(report.longrepr[2]).removeprefix("Skipped: ")
    return report.longreprtext


class _Lines:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._tests: dict[str, dict[str, Any]] = {}

    def pytest_runtest_logreport(self, report: Any) -> None:
        self._take(report, getattr(report, "wasxfail", None) is None)

    def pytest_collectreport(self, report: Any) -> None:
        if report.outcome != "passed":
            self._take(report, True)

    def _take(self, report: Any, is_plain: bool) -> None:
        outcome = report.outcome if is_plain else "passed"
        test = self._tests.setdefault(report.nodeid, {"id": report.nodeid, "outcome": "passed", "text": "", "seconds": 0})
        test["seconds"] += getattr(report, "duration", 0)
        if _worst[outcome] > _worst[test["outcome"]]:
            test.update(outcome=outcome, text=_reason(report))

    def pytest_sessionfinish(self) -> None:
        self._path.write_text("".join(json.dumps(test) + "\n" for test in self._tests.values()))


def pytest_configure(config: Any) -> None:
    config.pluginmanager.register(_Lines(Path(os.environ["TEST_REPORT"])))
