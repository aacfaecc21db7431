"""Cameras found from drawn photos, against the cameras that they were drawn with; and every way in which that may fail."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import synthetic_photos
from PIL import Image
from synthetic_photos import PhotoSet, Shot, look_at

from trainer import solve as solve_module
from trainer.camera_groups import group_cameras
from trainer.contract import check
from trainer.failure import JobFailed
from trainer.pairs import alike, overlap, plan_pairs, sequential_count, sequential_options
from trainer.photo_check import check_photos
from trainer.python_child import start_child
from trainer.solve import Solved, solve
from trainer.solve_options import SolveOptions
from trainer.stop import Stop, Stopped
from trainer.tidy_frame import tidy_transform, up_direction

pycolmap = pytest.importorskip("pycolmap", reason="pycolmap, which finds the cameras, is not installed")


#: Of a small photo; a third of them is enough.
_features = 1000


@dataclass
class Heard:
    events: list[dict[str, Any]] = field(default_factory=list)

    def emit(self, event: dict[str, Any]) -> None:
        self.events.append(event)

    def check(self) -> None:
        told = [{"seq": i + 1, "t": 0, "event": event} for i, event in enumerate(self.events)]
        check("EventsRequest", {"attempt": 1, "events": told})

    @property
    def warnings(self) -> list[dict[str, Any]]:
        return [event["failure"] for event in self.events if event["type"] == "warning"]

    def counts(self, stage: str) -> list[int]:
        return [
            event["done"] for event in self.events if event["type"] == "progress" and event["stage"] == stage
        ]


@dataclass
class Run:
    photos: PhotoSet
    work: Path
    solved: Solved
    heard: Heard
    report: dict[str, Any]


def _run(photos: PhotoSet, work: Path, **options: Any) -> Run:
    heard = Heard()
    solved = solve(photos.folder, work, heard.emit, Stop(), use_gpu=False, features=_features, **options)
    heard.check()
    return Run(photos, work, solved, heard, json.loads((work / "solve.json").read_text()))


def _failure(folder: Path, work: Path) -> tuple[JobFailed, Heard]:
    heard = Heard()
    with pytest.raises(JobFailed) as caught:
        solve(folder, work, heard.emit, Stop(), use_gpu=False, features=_features)
    heard.check()
    assert not (work / "dataset").exists()
    assert str(folder.parent) not in str(caught.value)
    return caught.value, heard


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Twelve photos of a camera that tells its focal length."""
    folder = tmp_path_factory.mktemp("plain")
    return _run(synthetic_photos.make_photos(folder / "photos", with_exif=True), folder / "work")


@pytest.fixture(scope="module")
def noisy(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Eight of a camera that tells nothing, and one photo that shows nothing of the scene."""
    folder = tmp_path_factory.mktemp("noisy")
    photos = synthetic_photos.make_photos(folder / "photos", 8)
    synthetic_photos.make_noise(folder / "photos" / "lost one.jpg")
    return _run(photos, folder / "work")


def _poses(model: Any) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Rotation, world to camera, and centre."""
    poses = {}
    for image in model.images.values():
        matrix = image.cam_from_world().matrix()
        poses[image.name] = (matrix[:, :3], -matrix[:, :3].T @ matrix[:, 3])
    return poses


def _align(found: np.ndarray, truth: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """The similarity that brings points onto others (Umeyama 1991): truth = s R found + t."""
    a, b = found - found.mean(axis=0), truth - truth.mean(axis=0)
    u, d, vt = np.linalg.svd(b.T @ a)
    flip = np.diag([1, 1, np.sign(np.linalg.det(u @ vt))])
    turn = u @ flip @ vt
    scale = float((d * np.diag(flip)).sum() / (a**2).sum())
    return scale, turn, truth.mean(axis=0) - scale * turn @ found.mean(axis=0)


def _errors(model: Any, shots: Sequence[Shot]) -> tuple[float, float]:
    """Largest error of a rotation, degrees, and of a centre, as a share of the way from the first camera to the last."""
    poses = _poses(model)
    centres = np.array([poses[shot.name][1] for shot in shots])
    truth = np.array([shot.centre for shot in shots])
    scale, turn, shift = _align(centres, truth)
    off = np.linalg.norm(scale * centres @ turn.T + shift - truth, axis=1)
    angles = []
    for shot in shots:
        between = poses[shot.name][0] @ turn.T @ shot.rotation.T
        angles.append(np.degrees(np.arccos(np.clip((np.trace(between) - 1) / 2, -1, 1))))
    return float(max(angles)), float(off.max() / np.linalg.norm(truth[-1] - truth[0]))


@pytest.mark.parametrize("kind", ["plain", "noisy"])
def test_cameras_are_where_they_were(kind: str, request: pytest.FixtureRequest) -> None:
    run: Run = request.getfixturevalue(kind)
    assert run.solved.registered == len(run.photos.shots)
    model = pycolmap.Reconstruction(str(run.solved.dataset / "sparse" / "0"))
    degrees, share = _errors(model, run.photos.shots)
    print(f"{kind}: {degrees:.3f} degrees, {100 * share:.3f} % of the baseline")
    assert degrees < 0.5
    assert share < 0.01
    assert run.solved.mean_reprojection_error_px < 1
    assert run.solved.points > 1000
    before = pycolmap.Reconstruction(str(run.work / "photos-model")).cameras[1]
    assert abs(before.params[0] / run.photos.focal_px - 1) < 0.01


def test_the_dataset_is_of_ideal_pinholes(plain: Run) -> None:
    dataset = plain.solved.dataset
    assert dataset == plain.work / "dataset"
    assert sorted(path.name for path in dataset.iterdir()) == ["images", "sparse"]
    assert {"cameras.bin", "images.bin", "points3D.bin"} <= {
        path.name for path in (dataset / "sparse/0").iterdir()
    }
    model = pycolmap.Reconstruction(str(dataset / "sparse" / "0"))
    assert {camera.model.name for camera in model.cameras.values()} == {"PINHOLE"}
    assert sorted(path.name for path in (dataset / "images").iterdir()) == [
        shot.name for shot in plain.photos.shots
    ]
    for image in model.images.values():
        camera = model.cameras[image.camera_id]
        with Image.open(dataset / "images" / image.name) as picture:
            assert picture.size == (camera.width, camera.height)


def test_the_frame_is_tidy(plain: Run) -> None:
    model = pycolmap.Reconstruction(str(plain.solved.dataset / "sparse" / "0"))
    points = np.array([point.xyz for point in model.points3D.values()])
    np.testing.assert_allclose(np.median(points, axis=0), 0, atol=1e-9)
    poses = _poses(model)
    centres = np.array([poses[shot.name][1] for shot in plain.photos.shots])
    assert abs(np.median(np.linalg.norm(centres, axis=1)) - 1) < 1e-9
    # The scene was photographed with level cameras: what is down there is down here.
    _, turn, _ = _align(centres, np.array([shot.centre for shot in plain.photos.shots]))
    assert np.degrees(np.arccos(min(1.0, (turn @ [0, 1, 0])[1]))) < 0.5


def test_the_report_has_the_figures(plain: Run) -> None:
    report = plain.report
    assert report["photos"] == report["registered"] == plain.solved.total == 12
    assert report["points"] == plain.solved.points
    assert report["meanReprojectionErrorPhotoPx"] == plain.solved.mean_reprojection_error_px
    assert report["pairs"]["tried"] == 66
    assert report["pairs"]["verified"] > 40
    assert report["pairing"] == "exhaustive"
    assert (report["mapper"], report["otherModels"], report["matchedOn"]) == ("global", 0, "cpu")
    assert report["groups"] == [[shot.name for shot in plain.photos.shots]]
    assert report["leftOut"] == []
    [camera] = report["cameras"]
    assert (camera["name"], camera["photos"], camera["focalFrom"]) == (
        "Synthetic Pinhole 1, 320x240",
        12,
        "exif",
    )
    assert {each["name"] for each in report["features"]} == {shot.name for shot in plain.photos.shots}
    assert (
        set(report["secondsByStage"])
        == set(plain.solved.seconds)
        == {"features", "pairs", "cameras", "photos"}
    )
    assert str(plain.work) not in json.dumps(report)


def test_progress_is_counted(plain: Run) -> None:
    heard = plain.heard
    stages = [event["stage"] for event in heard.events if event["type"] == "stage-started"]
    assert stages == ["features", "pairs", "cameras", "photos"]
    for stage, total in (("features", 12), ("pairs", 66), ("cameras", 12), ("photos", 12)):
        counts = heard.counts(stage)
        assert (counts[0], counts[-1]) == (0, total)
        assert counts == sorted(set(counts))
    assert len(heard.counts("features")) > 4
    assert len(heard.counts("pairs")) > 4
    assert heard.warnings == []


def test_a_photo_of_something_else_is_named(noisy: Run) -> None:
    assert (noisy.solved.registered, noisy.solved.total) == (8, 9)
    assert noisy.solved.unplaced == ["lost one.jpg"]
    [left] = noisy.report["leftOut"]
    assert (left["photo"], left["reason"]) == ("lost one.jpg", "too-few-matches")
    [warning] = noisy.heard.warnings
    assert warning["code"] == "partial"
    assert warning["photos"] == ["lost one.jpg"]
    assert warning["detail"].startswith("8 of 9 photos were placed; left out: 1 with nothing in common")
    assert noisy.report["cameras"][0]["focalFrom"] == "guess"


def _draw_all(folder: Path, shots: Sequence[tuple[Shot, int]]) -> None:
    folder.mkdir(parents=True)
    for n, (shot, scene) in enumerate(shots, 1):
        synthetic_photos.draw(shot, 288, 320, 240, scene).save(folder / f"{n:06d}.jpg", quality=95)


def test_photos_that_share_nothing_cannot_be_placed(tmp_path: Path) -> None:
    shots = synthetic_photos.shots_on_arc(4)
    _draw_all(tmp_path / "photos", [(shot, scene) for scene, shot in enumerate(shots)])
    error, _ = _failure(tmp_path / "photos", tmp_path / "work")
    assert error.failure["code"] == "unplaceable"
    assert error.failure["photos"] == [f"{n:06d}.jpg" for n in range(1, 5)]
    assert not error.is_retryable


def test_photos_of_two_scenes_are_split(tmp_path: Path) -> None:
    shots = synthetic_photos.shots_on_arc(4)
    _draw_all(tmp_path / "photos", [(shot, scene) for scene in range(3) for shot in shots[: 4 - scene // 2]])
    error, _ = _failure(tmp_path / "photos", tmp_path / "work")
    assert error.failure["code"] == "split"
    assert len(error.failure["photos"]) == 7
    assert "3 groups of 4, 4, 3" in error.failure["detail"]


def test_white_walls_have_too_little_texture(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    for n in range(4):
        synthetic_photos.make_plain(tmp_path / "photos" / f"{n}.jpg")
    error, _ = _failure(tmp_path / "photos", tmp_path / "work")
    assert error.failure["code"] == "low-texture"
    assert len(error.failure["photos"]) == 4


def test_a_camera_that_only_turns_has_no_baseline(tmp_path: Path) -> None:
    centre = np.array([0.0, -0.5, -3.6])
    targets = [np.array([x, 0.2, 2.0]) for x in (-1.2, -0.6, 0.0, 0.6, 1.2)]
    _draw_all(tmp_path / "photos", [(Shot("", look_at(centre, target), centre), 0) for target in targets])
    error, _ = _failure(tmp_path / "photos", tmp_path / "work")
    assert error.failure["code"] == "no-baseline"


def test_files_that_are_no_photos_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    for n in range(3):
        (tmp_path / "photos" / f"{n}.jpg").write_text("This is a letter.")
    error, _ = _failure(tmp_path / "photos", tmp_path / "work")
    assert error.failure["code"] == "too-few-photos"


def _gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_a_stopped_run_ends_at_once_and_is_gone_on_from(
    plain: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[int] = []

    def start(module: str, *, errors: int) -> Any:
        process = start_child(module, errors=errors)
        started.append(process.pid)
        return process

    monkeypatch.setattr(solve_module, "start_child", start)
    stop, stopped_at = Stop(), [0.0]

    def emit(event: dict[str, Any]) -> None:
        if (
            event["type"] == "progress"
            and event["stage"] == "pairs"
            and event["done"] > 0
            and not stop.is_set
        ):
            stopped_at[0] = time.monotonic()
            threading.Thread(target=stop.set, args=("cancelled",)).start()

    with pytest.raises(Stopped):
        solve(plain.photos.folder, tmp_path, emit, stop, use_gpu=False, features=_features, exhaustive_most=5)
    assert time.monotonic() - stopped_at[0] < 2
    assert _gone(started[0])
    assert not (tmp_path / "dataset").exists()
    before = _database_rows(tmp_path / "database.db")
    run = _run(plain.photos, tmp_path, exhaustive_most=5)
    assert run.solved.registered == 12
    assert run.report["pairing"] == "sequential"
    # The features are the same bytes, and nobody had the time to find them again.
    assert _database_rows(tmp_path / "database.db")[0] == before[0]
    assert run.solved.seconds["features"] < 0.5 * plain.solved.seconds["features"]
    assert run.report["pairs"]["tried"] == sequential_count(12)


def _database_rows(path: Path) -> tuple[list[Any], int]:
    with sqlite3.connect(path) as database:
        points = database.execute("SELECT rowid, image_id, rows FROM keypoints ORDER BY rowid").fetchall()
        [pairs] = database.execute("SELECT count(*) FROM two_view_geometries").fetchone()
    return points, pairs


def test_other_photos_are_not_gone_on_with(plain: Run, tmp_path: Path) -> None:
    (tmp_path / "database.db").write_bytes(b"of somebody else")
    (tmp_path / "database.json").write_text("{}")
    (tmp_path / "dataset").mkdir()
    stop = Stop()

    def emit(event: dict[str, Any]) -> None:
        if event["type"] == "progress" and event["done"] > 0:
            stop.set("interrupted")

    with pytest.raises(Stopped):
        solve(plain.photos.folder, tmp_path, emit, stop, use_gpu=False)
    assert (tmp_path / "database.db").read_bytes().startswith(b"SQLite format 3")
    assert not (tmp_path / "dataset").exists()


@pytest.mark.parametrize(
    ("program", "code", "words"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "out-of-memory", "memory"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "cloud-failed", "SIGSEGV"),
        ("import sys; sys.exit('Check failed: cudaSuccess')", "cloud-failed", "exit code 1"),
    ],
)
def test_a_crash_may_be_tried_again(
    program: str, code: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start(module: str, *, errors: int) -> Any:
        pipe, command = subprocess.PIPE, [sys.executable, "-c", program]
        return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=errors, start_new_session=True)

    monkeypatch.setattr(solve_module, "start_child", start)
    with pytest.raises(JobFailed) as caught:
        solve(tmp_path, tmp_path / "work", lambda event: None, Stop(), use_gpu=True)
    assert caught.value.failure["code"] == code
    assert words in caught.value.failure["detail"]
    assert caught.value.is_retryable
    if "cuda" in program:
        assert "cudaSuccess" in caught.value.__notes__[0]


def test_after_a_crash_it_is_gone_on_once(
    plain: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    starts = []

    def start(module: str, *, errors: int) -> Any:
        starts.append(module)
        if len(starts) > 1:
            return start_child(module, errors=errors)
        pipe, command = subprocess.PIPE, [sys.executable, "-c", "import sys; sys.exit('database is locked')"]
        return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=errors, start_new_session=True)

    monkeypatch.setattr(solve_module, "start_child", start)
    heard = Heard()
    solved = solve(plain.photos.folder, tmp_path / "work", heard.emit, Stop(), use_gpu=False)
    assert (solved.registered, len(starts)) == (12, 2)
    assert (heard.counts("pairs")[0], heard.counts("pairs")[-1]) == (0, 66)


def test_the_process_leaves_with_its_parent(plain: Run, tmp_path: Path) -> None:
    options = SolveOptions(str(plain.photos.folder), str(tmp_path), 0, None, False, 8192, 1600, 200, None)
    process = start_child("solve_child")
    assert process.stdin is not None
    process.stdin.write(options.to_json().encode() + b"\n")
    process.stdin.flush()
    assert process.stdout is not None
    assert b"stage-started" in process.stdout.readline()
    process.stdin.close()
    assert process.wait(timeout=2) == 1
    process.stdout.close()


def test_cameras_are_shared_by_size_and_exif(tmp_path: Path) -> None:
    for name, model, size in (
        ("1.jpg", "A", (64, 48)),
        ("2.jpg", "B", (64, 48)),
        ("3.jpg", "A", (64, 48)),
        ("4.jpg", "A", (48, 64)),
        ("5.jpg", None, (64, 48)),
        ("6.jpg", None, (64, 48)),
    ):
        exif = {} if model is None else {"exif": synthetic_photos.exif_of(60, *size, model)}
        Image.new("RGB", size).save(tmp_path / name, **exif)
    (tmp_path / "7.jpg").write_text("nothing")
    groups, unreadable = group_cameras(tmp_path, [f"{n}.jpg" for n in range(1, 8)])
    assert [group.photos for group in groups] == [
        ["1.jpg", "3.jpg"],
        ["2.jpg"],
        ["4.jpg"],
        ["5.jpg", "6.jpg"],
    ]
    assert groups[3].name == "Unknown camera, 64x48"
    assert unreadable == ["7.jpg"]
    assert {group.lens for group in groups} == {"SIMPLE_RADIAL"}


@pytest.mark.parametrize("kind", ["png", "jpg", "tif"])
def test_photos_of_every_kind_that_colmap_reads_have_a_camera(tmp_path: Path, kind: str) -> None:
    names = [f"{n}.{kind}" for n in range(3)]
    for name in names:
        Image.new("RGB", (64, 48)).save(tmp_path / name)
    groups, unreadable = group_cameras(tmp_path, names)
    assert ([group.photos for group in groups], unreadable) == ([names], [])


def test_pairs_are_those_that_colmap_makes(plain: Run) -> None:
    database = pycolmap.Database.open(str(plain.work / "database.db"))
    made = [
        pycolmap.SequentialPairGenerator(options, database).all_pairs() for options in sequential_options()
    ]
    database.close()
    assert len({tuple(sorted(pair)) for pairs in made for pair in pairs}) == sequential_count(12)
    assert plan_pairs(200, 200, has_tree=True).most_pairs == 19_900
    many = plan_pairs(1000, 200, has_tree=False)
    assert many.way == "sequential"
    # 1, 2, ... 10, and 16, 32, ... 512; 1, 2, 4 and 8 are among the first already.
    assert many.most_pairs == sum(1000 - step for step in [*range(1, overlap + 1), 16, 32, 64, 128, 256, 512])
    assert plan_pairs(1000, 200, has_tree=True).most_pairs == many.most_pairs + 500 * alike


def test_up_is_what_cameras_avoid() -> None:
    shots = synthetic_photos.shots_on_arc(9)
    rotations = np.array([shot.rotation for shot in shots])
    np.testing.assert_allclose(up_direction(rotations), [0, -1, 0], atol=1e-9)
    # All looking one way: the mean of their own up.
    np.testing.assert_allclose(up_direction(np.array([np.eye(3)] * 4)), [0, -1, 0], atol=1e-12)
    centres = np.array([shot.centre for shot in shots])
    points = np.random.default_rng(1).normal(size=(301, 3)) + [5, 1, -2]
    scale, turn, shift = tidy_transform(rotations, centres, points)
    np.testing.assert_allclose(turn @ turn.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(turn) == pytest.approx(1)
    np.testing.assert_allclose(np.median(scale * points @ turn.T + shift, axis=0), 0, atol=1e-12)


def test_checked_photos_can_be_solved(noisy: Run, tmp_path: Path) -> None:
    """What photo_check leaves is what solve takes: the same features on disk, whatever else was in the folder."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for shot in noisy.photos.shots[:3]:
        (folder / shot.name).write_bytes((noisy.photos.folder / shot.name).read_bytes())
    (folder / "bad.jpg").write_text("nothing")
    report = check_photos(folder, lambda event: None, Stop(), lanes=1)
    solved = _run(PhotoSet(report.folder, noisy.photos.shots[:3], 288, 320, 240), tmp_path / "work").solved
    assert (solved.registered, solved.total) == (3, 3)
