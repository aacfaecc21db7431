"""The cameras of a turntable: a way round what the photos show, and back to where it began.

Invariant: the way stays where photos were taken from: the same height and distance, and no further round than they go.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .camera_model import CameraModel, quaternion_of, rotation_of

Vector = NDArray[np.float64]

#: Photos that go round so far are taken to go round.
_full_turn_degrees = 300.0
#: Of the cameras, how many must have the middle before them.
_least_facing = 0.8
#: Axes closer to parallel than this (mean sine) say nothing of where they meet.
_least_sine = 0.02
#: Mean square of what the x axes have beyond their main direction.
_least_spread = 0.01


@dataclass(frozen=True)
class Orbit:
    center: Vector
    up: Vector
    #: Unit vectors of the plane that the way lies in; angle 0 points along the first.
    plane: tuple[Vector, Vector]
    #: Degrees. A full turn ends where it begins.
    start_degrees: float
    span_degrees: float
    #: World units: from the axis, and along `up` from the centre.
    radius: float
    height: float

    @property
    def is_full(self) -> bool:
        return self.span_degrees >= 360


def _unit(vector: Vector) -> Vector:
    return vector / max(float(np.linalg.norm(vector)), 1e-12)


def _meeting_point(centers: Vector, axes: Vector) -> Vector | None:
    """The point nearest to all viewing axes, in the least squares' sense; None where they are as good as parallel."""
    across = np.eye(3)[None] - axes[:, :, None] * axes[:, None, :]
    middle = _unit(axes.mean(axis=0))
    if float(np.mean(np.linalg.norm(np.cross(axes, middle), axis=1))) < _least_sine:
        return None
    return np.linalg.solve(across.sum(axis=0), np.einsum("nij,nj->i", across, centers))


def _up_of(rotations: Vector) -> Vector:
    """Up in the world. Cameras are held level, so it is across all their x axes; where those are too alike to tell, it is the
    mean of what is up in the pictures, which leans where the cameras look down from one side.
    """
    mean = _unit(-rotations[:, 1].mean(axis=0))
    rights = rotations[:, 0]
    values, vectors = np.linalg.eigh(rights.T @ rights / len(rights))
    if values[1] < _least_spread or values[1] < 4 * values[0]:
        return mean
    across: Vector = vectors[:, 0]
    return across if float(across @ mean) >= 0 else -across


def _arc(degrees: Vector) -> tuple[float, float]:
    """The smallest arc with all angles in it: its start and its span."""
    ordered = np.sort(np.mod(degrees, 360))
    gaps = np.diff(np.append(ordered, ordered[0] + 360))
    widest = int(np.argmax(gaps))
    start = float(ordered[(widest + 1) % len(ordered)])
    return start, 360 - float(gaps[widest])


def orbit_of(model: CameraModel) -> Orbit | None:
    """None where the photos do not look at one place: a room from within, or a row of parallel views."""
    rotations = np.array([rotation_of(view["pose"]["q"]) for view in model.views])
    moves = np.array([view["pose"]["t"] for view in model.views])
    centers, axes = -np.einsum("nji,nj->ni", rotations, moves), rotations[:, 2]
    center = _meeting_point(centers, axes) if len(centers) >= 3 else None
    if center is None:
        return None
    away = centers - center
    if float(np.mean(np.einsum("ni,ni->n", -away, axes) > 0)) < _least_facing:
        return None
    up = _up_of(rotations)
    flat = away - np.outer(away @ up, up)
    first = (
        _unit(flat[0])
        if np.linalg.norm(flat[0]) > 1e-9
        else _unit(np.cross(up, np.eye(3)[int(np.argmin(np.abs(up)))]))
    )
    second = np.cross(up, first)
    start, span = _arc(np.degrees(np.arctan2(flat @ second, flat @ first)))
    radius, height = float(np.median(np.linalg.norm(flat, axis=1))), float(np.median(away @ up))
    if span >= _full_turn_degrees:
        start, span = 0.0, 360.0
    return Orbit(center, up, (first, second), start, span, radius, height)


def angles_of(orbit: Orbit, count: int) -> list[float]:
    """Degrees of `count` pictures, evenly in time: once round; or from the middle of the arc to both its ends, slower where it turns."""
    steps = np.arange(count) / count
    share = steps if orbit.is_full else (1 + np.sin(2 * np.pi * steps)) / 2
    return [float(orbit.start_degrees + orbit.span_degrees * at) for at in share]


def pose_at(orbit: Orbit, degrees: float) -> dict[str, list[float]]:
    """The pose (q wxyz, t) of a camera that stands at an angle of the way and looks at the middle."""
    turn = np.radians(degrees)
    outward = np.cos(turn) * orbit.plane[0] + np.sin(turn) * orbit.plane[1]
    stand = orbit.center + orbit.radius * outward + orbit.height * orbit.up
    forward = _unit(orbit.center - stand)
    right = _unit(np.cross(forward, orbit.up))
    rotation = np.stack([right, np.cross(forward, right), forward])
    return {"q": quaternion_of(rotation), "t": [float(value) for value in -rotation @ stand]}
