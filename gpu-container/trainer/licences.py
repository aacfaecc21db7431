"""`python -m trainer.licences`: the Python packages that are installed, with version and licence, one a line.

Invariant: what is printed stands in the packages' own metadata; where that says nothing, so does this.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import Distribution, distributions

#: What is longer is the licence itself.
_longest_word = 60


def _field(package: Distribution, name: str) -> str:
    return next(iter(package.metadata.get_all(name) or []), "")


def licence_of(package: Distribution) -> str:
    """As SPDX where the package says so, else what it says in a word, else its classifiers; empty for none."""
    expression, text = _field(package, "License-Expression"), _field(package, "License").strip()
    classifiers = package.metadata.get_all("Classifier") or []
    named = [line.rsplit(" :: ", 1)[-1] for line in classifiers if line.startswith("License ::")]
    is_word = 0 < len(text) <= _longest_word and "\n" not in text and text != "UNKNOWN"
    return expression or (text if is_word else ", ".join(named))


def rows() -> Iterator[tuple[str, str, str]]:
    """(name, version, licence), by name."""
    found = {package.metadata["Name"]: package for package in distributions()}
    for name in sorted(found, key=str.lower):
        yield name, found[name].version, licence_of(found[name])


if __name__ == "__main__":
    for row in rows():
        print("\t".join(row))
