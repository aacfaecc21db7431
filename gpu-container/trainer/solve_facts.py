"""What is known of photos and pairs when solving ends, read from COLMAP's database and models.

Invariant: only counted figures; photos are numbered in the order of their names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pycolmap

from .solve_database import opened

#: Fewer inliers fit a plane by chance.
_telling_inliers = 50


@dataclass(frozen=True)
class PhotoFacts:
    name: str
    is_readable: bool
    features: int
    is_placed: bool
    #: Placed in another model, which is not used.
    is_elsewhere: bool
    #: The most matches with any other photo, before they were verified.
    most_matches: int


@dataclass(frozen=True)
class Edge:
    """Two photos whose matches agree with one geometry."""

    i: int
    j: int
    inliers: int
    #: One homography explains them as well as a baseline does: the camera only turned, or what they show is flat.
    shows_no_depth: bool


@dataclass(frozen=True)
class SolveFacts:
    photos: list[PhotoFacts]
    edges: list[Edge]
    tried: int
    matched: int
    #: Placed photos by model, the one that is used first.
    models: list[list[str]]
    #: Photos that tell their focal length.
    with_focal: set[str]
    #: Of points, in all photos of the model that is used.
    observations: int


def names_in(model: Any) -> list[str]:
    """Of the photos that a pycolmap.Reconstruction has placed."""
    return sorted(str(image.name) for image in model.images.values() if image.has_pose)


def _edge_of(geometry: Any, i: int, j: int) -> Edge:
    kinds = pycolmap.TwoViewGeometryConfiguration
    flat = {int(kinds.PLANAR), int(kinds.PANORAMIC), int(kinds.PLANAR_OR_PANORAMIC)}
    inliers = len(geometry.inlier_matches)
    no_depth = inliers >= _telling_inliers and int(geometry.config) in flat
    return Edge(min(i, j), max(i, j), inliers, no_depth)


def _edges_of(database: Any, index_of: dict[int, int]) -> list[Edge]:
    edges = []
    for pair, geometry in zip(*database.read_two_view_geometries(), strict=True):
        a, b = pycolmap.pair_id_to_image_pair(pair)
        if len(geometry.inlier_matches) > 0 and a in index_of and b in index_of:
            edges.append(_edge_of(geometry, index_of[a], index_of[b]))
    return edges


def read_facts(
    path: Path, names: Sequence[str], unreadable: Sequence[str], models: Sequence[Any]
) -> SolveFacts:
    """`models`: pycolmap.Reconstruction, the one that is used first."""
    placed = [names_in(model) for model in models]
    used = set(placed[0]) if placed else set()
    elsewhere = {name for model in placed[1:] for name in model} - used
    with opened(path) as database:
        images = database.read_all_images()
        ids = {str(image.name): int(image.image_id) for image in images}
        told = {camera.camera_id for camera in database.read_all_cameras() if camera.has_prior_focal_length}
        with_focal = {str(image.name) for image in images if image.camera_id in told}
        features = {name: int(database.num_keypoints_for_image(image_id)) for name, image_id in ids.items()}
        index_of = {ids[name]: i for i, name in enumerate(names) if name in ids}
        edges = _edges_of(database, index_of)
        pairs, counts = database.read_num_matches()
    most = dict.fromkeys(range(len(names)), 0)
    for pair, count in zip(pairs, counts, strict=True):
        for image_id in pycolmap.pair_id_to_image_pair(pair):
            if image_id in index_of:
                most[index_of[image_id]] = max(most[index_of[image_id]], int(count))
    photos = [
        PhotoFacts(
            name=name,
            is_readable=name not in unreadable and name in ids,
            features=features.get(name, 0),
            is_placed=name in used,
            is_elsewhere=name in elsewhere,
            most_matches=most[i],
        )
        for i, name in enumerate(names)
    ]
    matched = sum(1 for count in counts if count > 0)
    observations = int(models[0].compute_num_observations()) if models else 0
    return SolveFacts(photos, edges, len(pairs), matched, placed, with_focal, observations)


def connected_groups(photos: int, edges: Sequence[Edge]) -> list[list[int]]:
    """Numbers of the photos by connected component, the largest first."""
    root = list(range(photos))

    def root_of(i: int) -> int:
        while root[i] != i:
            root[i] = i = root[root[i]]
        return i

    for edge in edges:
        a, b = root_of(edge.i), root_of(edge.j)
        root[max(a, b)] = min(a, b)
    groups: dict[int, list[int]] = {}
    for i in range(photos):
        groups.setdefault(root_of(i), []).append(i)
    return sorted(groups.values(), key=lambda group: (-len(group), group[0]))
