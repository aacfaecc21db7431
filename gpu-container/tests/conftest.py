"""What several files of tests begin with."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

_network = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clouds of the tests are on this machine, whatever its network is like."""
    for name in _network:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def cloud() -> Iterator[object]:
    """A FakeCloud that has seen nothing against the protocol in the end."""
    from fake_cloud import (
        FakeCloud,  # needs httpx and jsonschema, which the Python of the training tests may lack
    )

    with FakeCloud() as each:
        yield each
        assert each.violations == []
