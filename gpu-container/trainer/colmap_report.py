"""solve.json: the figures of a solved set under the names that SolveReport in src/core/sfm/contract.ts has, and some of our own.

Invariant: every figure is counted from the model that is given out; what COLMAP does not tell is left out.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pycolmap

from .camera_groups import CameraGroup
from .mapping import Mapped
from .pairs import PairPlan
from .solve_facts import SolveFacts
from .solve_options import SolveOptions
from .solve_outcome import LeftOut


@dataclass(frozen=True)
class ReportParts:
    options: SolveOptions
    groups: Sequence[CameraGroup]
    plan: PairPlan
    mapped: Mapped
    facts: SolveFacts
    out: Sequence[LeftOut]
    seconds: Mapping[str, float]


def _cameras(parts: ReportParts, model: Any) -> list[dict[str, Any]]:
    placed = {str(image.name): image.camera_id for image in model.images.values() if image.has_pose}
    found = []
    for group in parts.groups:
        names = [name for name in group.photos if name in placed]
        if not names:
            continue
        camera = model.cameras[placed[names[0]]]
        focal, longer = float(camera.params[0]), max(int(camera.width), int(camera.height))
        known = {
            "focalPx": focal,
            "focalRatio": focal / longer,
            "focalFrom": "exif" if names[0] in parts.facts.with_focal else "guess",
        }
        radial = [float(k) for k in camera.params[3:5]]
        lens = {"k1": radial[0], "k2": radial[1] if len(radial) > 1 else 0.0}
        found.append({"name": group.name, "photos": len(names), **known, **lens})
    return found


def _working_size(parts: ReportParts, model: Any) -> tuple[int, int, float]:
    """Width, height and scale of the image that features were found in, of the first camera."""
    camera = model.cameras[min(model.cameras)]
    scale = min(1.0, parts.options.working_side_px / max(camera.width, camera.height))
    return round(camera.width * scale), round(camera.height * scale), scale


def report_of(parts: ReportParts) -> dict[str, Any]:
    mapped, facts = parts.mapped, parts.facts
    model = mapped.models[0]
    error_px = float(model.compute_mean_reprojection_error())
    width_px, height_px, scale = _working_size(parts, model)
    return {
        "version": f"COLMAP {pycolmap.__version__}",
        "options": parts.options.for_report(),
        "photos": len(facts.photos),
        "registered": mapped.placed,
        "points": int(model.num_points3D()),
        "observations": facts.observations,
        "meanTrackLength": float(model.compute_mean_track_length()),
        "meanReprojectionErrorPx": error_px * scale,
        "meanReprojectionErrorPhotoPx": error_px,
        "workingWidthPx": width_px,
        "workingHeightPx": height_px,
        "features": [{"name": photo.name, "count": photo.features} for photo in facts.photos],
        "pairs": {
            "tried": facts.tried,
            "matched": facts.matched,
            "verified": len(facts.edges),
            "inliers": sum(edge.inliers for edge in facts.edges),
        },
        "matchedOn": "gpu" if parts.options.use_gpu else "cpu",
        "pairing": parts.plan.way,
        "cameras": _cameras(parts, model),
        "leftOut": [dataclasses.asdict(each) for each in parts.out],
        "groups": facts.models,
        "mapper": mapped.mapper,
        "placedBy": mapped.tried,
        "otherModels": len(mapped.models) - 1,
        "secondsByStage": dict(parts.seconds),
        "adapter": None,
    }
