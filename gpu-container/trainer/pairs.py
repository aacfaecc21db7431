"""Which pairs of photos are compared, and how many that makes.

Invariant: every pair once. Few photos: each with each. Many: each with those taken about the same time and, where there is a vocabulary
tree, with those that look alike. COLMAP lists the pairs itself: a list in a file breaks at a name with a space.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Way = Literal["exhaustive", "sequential", "sequential and vocabulary tree"]

#: Neighbours in order, and as many again at distances that double, which close the loop of a slow walk.
overlap = 10
#: Photos that share most words with a photo (Schönberger et al. 2016, "A vote-and-verify strategy for fast spatial verification").
alike = 50


@dataclass(frozen=True)
class PairPlan:
    way: Way
    #: Exact, but for a vocabulary tree, which may find fewer.
    most_pairs: int


def sequential_count(photos: int) -> int:
    """Pairs at the distances 1 ... overlap and 2^0 ... 2^(overlap - 1), each once."""
    steps = {*range(1, overlap + 1), *(2**k for k in range(overlap))}
    return sum(max(0, photos - step) for step in steps)


def plan_pairs(photos: int, exhaustive_most: int, *, has_tree: bool) -> PairPlan:
    if photos <= exhaustive_most:
        return PairPlan("exhaustive", photos * (photos - 1) // 2)
    near = sequential_count(photos)
    if not has_tree:
        return PairPlan("sequential", near)
    return PairPlan("sequential and vocabulary tree", near + photos * min(alike, photos - 1) // 2)


def sequential_options() -> list[Any]:
    """Two rounds: COLMAP takes either the next photos or those at doubling distances."""
    import pycolmap

    rounds = [pycolmap.SequentialPairingOptions(), pycolmap.SequentialPairingOptions()]
    for options, doubles in zip(rounds, (False, True), strict=True):
        options.overlap, options.quadratic_overlap = overlap, doubles
    return rounds


def alike_options(tree: str) -> Any:
    import pycolmap

    options = pycolmap.VocabTreePairingOptions()
    options.vocab_tree_path, options.num_images = tree, alike
    return options
