"""Why a photo was left out, and why the cameras could not be found at all: the rules of src/core/sfm/outcome.ts.

Invariant: every photo is either placed or named with one reason; reasons come from what was counted, not from guesses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from .failure import Failure, FailureCode, JobFailed
from .solve_facts import Edge, PhotoFacts, SolveFacts, connected_groups

LeftOutReason = Literal["unreadable", "low-texture", "too-few-matches", "too-little-overlap", "another-group"]

least_photos = 3
#: A splat of fewer of the photos is not what was ordered.
least_share = 0.5
#: Below this many features a photo has nothing to hold on to.
few_features = 150
most_named = 50
#: Of the matches with the best partner, what a photo sees of the points at least.
_least_seen_share = 0.5

_words: dict[LeftOutReason, str] = {
    "unreadable": "unreadable",
    "low-texture": "with too little detail",
    "too-few-matches": "with nothing in common with the others",
    "too-little-overlap": "with too little overlap",
    "another-group": "in a group of their own",
}


@dataclass(frozen=True)
class LeftOut:
    photo: str
    reason: LeftOutReason
    #: One sentence with the figures behind the reason.
    detail: str


def _many(count: int, word: str, plural: str = "") -> str:
    return f"{count} {word if count == 1 else plural or word + 's'}"


def _reason_of(
    photo: PhotoFacts, partners: Sequence[Edge], placed: Sequence[Edge]
) -> tuple[LeftOutReason, str]:
    """`placed`: of the partners, those that were placed."""
    if not photo.is_readable:
        return "unreadable", "It cannot be read."
    if photo.is_elsewhere:
        return (
            "another-group",
            "It belongs to another group of photos, which shares too little with this one.",
        )
    if photo.features < few_features:
        return "low-texture", f"It shows {_many(photo.features, 'feature')}; {few_features} are needed."
    if not partners:
        matches = _many(photo.most_matches, "match", "matches")
        return "too-few-matches", f"It has at most {matches} with any other photo, too few of which agree."
    if not placed:
        return (
            "another-group",
            f"It agrees with {_many(len(partners), 'photo')}, but with none that was placed.",
        )
    where = f"{_many(len(placed), 'placed photo')} in at most {_many(max(edge.inliers for edge in placed), 'place')}"
    return "too-little-overlap", f"It agrees with {where}, too few to tell where it was taken."


def left_out(facts: SolveFacts) -> list[LeftOut]:
    """One for each photo that was not placed."""
    partners: list[list[Edge]] = [[] for _ in facts.photos]
    for edge in facts.edges:
        partners[edge.i].append(edge)
        partners[edge.j].append(edge)
    found = []
    for i, photo in enumerate(facts.photos):
        if not photo.is_placed:
            others = [(edge, edge.i + edge.j - i) for edge in partners[i]]
            placed = [edge for edge, other in others if facts.photos[other].is_placed]
            found.append(LeftOut(photo.name, *_reason_of(photo, partners[i], placed)))
    return found


def warnings_of(out: Sequence[LeftOut], facts: SolveFacts) -> list[Failure]:
    """`partial`, and `split` when those that were left out hang together."""
    if not out:
        return []
    counts = {reason: sum(1 for each in out if each.reason == reason) for reason in _words}
    reasons = ", ".join(f"{count} {_words[reason]}" for reason, count in counts.items() if count > 0)
    total = len(facts.photos)
    detail = f"{total - len(out)} of {total} photos were placed; left out: {reasons}."
    found: list[Failure] = [
        {"code": "partial", "detail": detail, "photos": [each.photo for each in out][:most_named]}
    ]
    others = [group for group in facts.models[1:] if len(group) >= least_photos]
    if others:
        sizes = ", ".join(str(len(group)) for group in others)
        lone = f"The photos form {len(others) + 1} groups that share too little; the largest is used. The others have"
        names = [name for group in others for name in group][:most_named]
        found.append({"code": "split", "detail": f"{lone} {sizes} photos.", "photos": names})
    return found


def _because(code: FailureCode, detail: str, names: Sequence[str] = ()) -> JobFailed:
    failure: Failure = {"code": code, "detail": detail}
    if names:
        failure["photos"] = list(names)[:most_named]
    return JobFailed(failure)


def _groups(facts: SolveFacts) -> list[list[str]]:
    """Photos that hang together, by what was placed or, where nothing was, by what agrees; none smaller than a model."""
    groups = facts.models
    if not groups:
        connected = connected_groups(len(facts.photos), facts.edges)
        groups = [[facts.photos[i].name for i in group] for group in connected]
    return [group for group in groups if len(group) >= least_photos]


def require_enough(photos: int, unreadable: Sequence[str]) -> None:
    """:raises JobFailed: too-few-photos"""
    readable = photos - len(unreadable)
    if readable < least_photos:
        words = f"{_many(readable, 'photo')} can be read; at least {least_photos} are needed."
        raise _because("too-few-photos", words, unreadable)


def _is_turning(facts: SolveFacts) -> bool:
    turning = sum(1 for edge in facts.edges if edge.shows_no_depth)
    return turning > 0 and turning >= len(facts.edges) / 2


def _no_baseline(facts: SolveFacts) -> JobFailed:
    turning = sum(1 for edge in facts.edges if edge.shows_no_depth)
    pairs = f"In {turning} of {_many(len(facts.edges), 'photo pair')}"
    return _because("no-baseline", f"{pairs} the camera only turned, or what they show is flat.")


def _is_made_up(facts: SolveFacts) -> bool:
    """COLMAP places photos of a camera that only turned too, somewhere. What they have in common then finds no place in space: 421 points
    of 1,700 matches in five drawn photos. A real scene whose pairs look flat has more points than any pair has matches."""
    best = [0] * len(facts.photos)
    for edge in facts.edges:
        for i in (edge.i, edge.j):
            best[i] = max(best[i], edge.inliers)
    expected = sum(count for photo, count in zip(facts.photos, best, strict=True) if photo.is_placed)
    return _is_turning(facts) and facts.observations < _least_seen_share * expected


def why_nothing(facts: SolveFacts) -> JobFailed:
    """Why too few photos could be placed."""
    readable = [photo for photo in facts.photos if photo.is_readable]
    unplaced = [photo.name for photo in facts.photos if not photo.is_placed]
    plain = [photo.name for photo in readable if photo.features < few_features]
    if len(plain) > len(readable) / 2:
        words = f"{len(plain)} of {len(readable)} photos show fewer than {few_features} features."
        return _because("low-texture", words, plain)
    if not facts.edges:
        words = "No two photos show the same thing in a way that tells where they were taken."
        return _because("unplaceable", words, unplaced)
    if _is_turning(facts):
        return _no_baseline(facts)
    groups = _groups(facts)
    if len(groups) > 1:
        sizes = ", ".join(str(len(group)) for group in groups)
        names = [photo.name for photo in facts.photos if photo.name not in groups[0]]
        return _because(
            "split", f"The photos fall into {len(groups)} groups of {sizes} that share too little.", names
        )
    placed = len(facts.photos) - len(unplaced)
    words = f"Of {_many(len(facts.photos), 'photo')} only {placed} could be placed with certainty;"
    words += f" {_many(len(facts.edges), 'pair')} of them agree."
    return _because("unplaceable", words, unplaced)


def require_cameras(facts: SolveFacts) -> None:
    """:raises JobFailed: too few photos were placed, or they were placed anywhere"""
    placed = sum(1 for photo in facts.photos if photo.is_placed)
    if placed < least_photos or placed < least_share * len(facts.photos):
        raise why_nothing(facts)
    if _is_made_up(facts):
        raise _no_baseline(facts)
