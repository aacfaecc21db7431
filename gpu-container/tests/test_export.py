"""The files of a result: which are made, what they hold, and what becomes of those that cannot be."""

from __future__ import annotations

import hashlib
import json
import math
import struct
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_program import fake_splat
from node_program import drawing_command
from PIL import Image

from trainer import pictures
from trainer.camera_model import CameraModel, quaternion_of, read_camera_model, rotation_of
from trainer.export import Result, all_kinds, make_files
from trainer.failure import JobFailed
from trainer.stop import Stop, Stopped
from trainer.turntable import angles_of, orbit_of, pose_at


def ring(count: int, span_degrees: float, radius: float = 4.0, height: float = 1.0) -> list[dict[str, Any]]:
    """Views round the origin, y down, that look at it."""
    views = []
    for index in range(count):
        turn = math.radians(span_degrees * index / (count - 1))
        stand = np.array([radius * math.sin(turn), -height, -radius * math.cos(turn)])
        forward = -stand / np.linalg.norm(stand)
        right = np.cross(forward, [0.0, -1.0, 0.0])
        right /= np.linalg.norm(right)
        rotation = np.stack([right, np.cross(forward, right), forward])
        pose = {"q": quaternion_of(rotation), "t": list(-rotation @ stand)}
        views.append({"photoName": f"{index:06d}.jpg", "cameraId": 1, "pose": pose})
    return views


def pinhole(width: int = 64, height: int = 48) -> dict[str, Any]:
    lens = {
        "fx": 60.0,
        "fy": 60.0,
        "cx": width / 2,
        "cy": height / 2,
        "k1": 0.0,
        "k2": 0.0,
        "p1": 0.0,
        "p2": 0.0,
    }
    return {"id": 1, "model": "PINHOLE", "widthPx": width, "heightPx": height, **lens}


def write_model(
    folder: Path, views: list[dict[str, Any]], camera: str = "1 PINHOLE 64 48 60 60 32 24"
) -> None:
    """As COLMAP's documentation has the text form."""
    folder.mkdir(parents=True)
    (folder / "cameras.txt").write_text(camera + "\n")
    (folder / "points3D.txt").write_text("")
    lines = []
    for number, view in enumerate(views, 1):
        numbers = " ".join(map(repr, map(float, view["pose"]["q"] + view["pose"]["t"])))
        lines.append(f"{number} {numbers} 1 {view['photoName']}\n\n")
    (folder / "images.txt").write_text("".join(lines))


@pytest.fixture
def finished_run(tmp_path: Path) -> Path:
    """What an engine leaves."""
    out = tmp_path / "out"
    (out / "renders").mkdir(parents=True)
    (out / "scene.ply").write_bytes(b"ply\nend_header\n")
    (out / "metrics.json").write_text("{}")
    for name, width in (("000009", 1400), ("000001", 1500)):
        Image.new("RGB", (width, 700), (10, 20, 30)).save(out / "renders" / f"{name}.png")
    write_model(tmp_path / "model", ring(9, 90))
    return tmp_path


def result_of(folder: Path, command: Any = None, stop: Stop | None = None, until: float = math.inf) -> Result:
    model = folder / "model"
    return Result(folder / "out", model, model, folder / "work", stop or Stop(), until, command or fake_splat)


def made(result: Result, kinds: Any = all_kinds) -> tuple[dict[str, Path], list[str]]:
    notes: list[str] = []
    files = make_files(kinds, result, lambda event: None, notes.append)
    for file in files:
        data = file.path.read_bytes()
        assert (file.bytes, file.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    return {file.kind: file.path for file in files}, notes


def test_every_form_is_made(monkeypatch: pytest.MonkeyPatch, finished_run: Path) -> None:
    monkeypatch.setenv("FAKE_SPLAT", "{}")
    files, notes = made(result_of(finished_run))
    assert list(files) == ["ply", "splat", "spz", "thumbnail", "cameras", "metrics", "sog", "poster"]
    assert set(files) == set(all_kinds)
    assert notes == []


def test_the_ply_is_made_unasked_and_what_is_of_a_run_is_not(
    monkeypatch: pytest.MonkeyPatch, finished_run: Path
) -> None:
    monkeypatch.setenv("FAKE_SPLAT", "{}")
    files, _ = made(result_of(finished_run), ["spz", "preview", "checkpoint", "spz"])
    assert list(files) == ["ply", "spz"]


def test_a_form_that_cannot_be_made_is_left_out_and_said(
    monkeypatch: pytest.MonkeyPatch, finished_run: Path
) -> None:
    monkeypatch.setenv("FAKE_SPLAT", json.dumps({"cannot": ["sog"]}))
    files, notes = made(result_of(finished_run), ["sog", "splat"])
    assert set(files) == {"ply", "splat"}
    assert notes == ["The result has no sog: it could not be made."]


def test_when_time_is_short_what_can_be_left_out_is(
    monkeypatch: pytest.MonkeyPatch, finished_run: Path
) -> None:
    monkeypatch.setenv("FAKE_SPLAT", "{}")
    files, notes = made(result_of(finished_run, until=time.monotonic() - 1))
    assert set(files) == {"ply", "thumbnail", "cameras", "metrics", "poster"}
    assert len(notes) == 3
    # The poster is the held-out view.
    with Image.open(files["poster"]) as picture:
        assert getattr(picture, "n_frames", 1) == 1


def test_without_a_ply_the_run_has_failed(finished_run: Path) -> None:
    (finished_run / "out/scene.ply").unlink()
    with pytest.raises(JobFailed, match="no whole result") as caught:
        made(result_of(finished_run))
    assert caught.value.is_retryable


def test_it_stops_in_the_middle(monkeypatch: pytest.MonkeyPatch, finished_run: Path) -> None:
    monkeypatch.setenv("FAKE_SPLAT", "{}")
    stop = Stop()
    stop.set("cancelled")
    with pytest.raises(Stopped):
        made(result_of(finished_run, stop=stop))


def test_the_thumbnail_is_the_first_held_out_view_made_smaller(
    monkeypatch: pytest.MonkeyPatch, finished_run: Path
) -> None:
    monkeypatch.setenv("FAKE_SPLAT", "{}")
    files, _ = made(result_of(finished_run), ["thumbnail"])
    with Image.open(files["thumbnail"]) as picture:
        # Of the 1500 px wide one: it is the first by name.
        assert (picture.format, picture.size) == ("WEBP", (640, 299))


def test_the_poster_turns_once_and_rests_where_it_began(
    monkeypatch: pytest.MonkeyPatch, finished_run: Path
) -> None:
    monkeypatch.setenv("FAKE_SPLAT", "{}")
    files, _ = made(result_of(finished_run), ["poster"])
    with Image.open(files["poster"]) as picture:
        shades = []
        for frame in range(picture.n_frames):  # type: ignore[attr-defined]
            picture.seek(frame)
            shades.append(picture.convert("L").getpixel((5, 5)))
        assert picture.info["loop"] == 1
    assert len(shades) >= pictures.turntable_pictures
    assert abs(shades[0] - shades[-1]) <= 2
    # WCAG 2.2, 2.2.2.
    assert (pictures.turntable_pictures + 1) * pictures.turntable_picture_ms < 5000


def test_where_nothing_draws_the_poster_is_the_held_out_view(
    monkeypatch: pytest.MonkeyPatch, finished_run: Path
) -> None:
    monkeypatch.setenv("FAKE_SPLAT", json.dumps({"draws": False}))
    files, _ = made(result_of(finished_run), ["poster"])
    with Image.open(files["poster"]) as picture:
        assert (picture.size, getattr(picture, "n_frames", 1)) == ((1280, 597), 1)


def test_cameras_are_those_of_the_photos_with_their_lens(
    monkeypatch: pytest.MonkeyPatch, finished_run: Path
) -> None:
    monkeypatch.setenv("FAKE_SPLAT", "{}")
    views = ring(5, 60)
    write_model(finished_run / "solved", views, "1 OPENCV 64 48 60 61 32 24 0.1 0.01 0.001 0.002")
    result = Result(
        finished_run / "out",
        finished_run / "model",
        finished_run / "solved",
        finished_run,
        Stop(),
    )
    files, _ = made(result, ["cameras"])
    cameras = json.loads(files["cameras"].read_text())
    lens = {"fx": 60, "fy": 61, "cx": 32, "cy": 24, "k1": 0.1, "k2": 0.01, "p1": 0.001, "p2": 0.002}
    assert cameras["cameras"] == [{"id": 1, "model": "OPENCV", "widthPx": 64, "heightPx": 48, **lens}]
    assert [view["photoName"] for view in cameras["views"]] == [view["photoName"] for view in views]
    for there, here in zip(cameras["views"], views, strict=True):
        # A quaternion and its opposite are one rotation.
        assert abs(abs(np.dot(there["pose"]["q"], here["pose"]["q"])) - 1) < 1e-9
        assert np.allclose(there["pose"]["t"], here["pose"]["t"])


def test_quaternions_are_rotations() -> None:
    half = math.sqrt(0.5)
    # A quarter turn about z takes x to y (Hamilton).
    assert np.allclose(rotation_of([half, 0, 0, half]) @ [1, 0, 0], [0, 1, 0])
    random = np.random.default_rng(0)
    for q in random.normal(size=(50, 4)):
        unit = q / np.linalg.norm(q)
        assert np.isclose(abs(np.dot(quaternion_of(rotation_of(list(unit))), unit)), 1)


@pytest.mark.parametrize("span", [40.0, 90.0, 200.0])
def test_the_way_goes_no_further_round_than_the_photos(span: float) -> None:
    orbit = orbit_of(CameraModel([pinhole()], ring(12, span)))
    assert orbit is not None
    assert np.allclose(orbit.center, 0, atol=1e-9)
    assert np.allclose(orbit.up, [0, -1, 0], atol=1e-9)
    assert (orbit.radius, orbit.height, orbit.span_degrees) == pytest.approx((4, 1, span))
    angles = angles_of(orbit, 24)
    assert angles[0] == pytest.approx(orbit.start_degrees + span / 2)
    assert (min(angles), max(angles)) == pytest.approx((orbit.start_degrees, orbit.start_degrees + span))


def test_photos_all_round_are_gone_round_once() -> None:
    orbit = orbit_of(CameraModel([pinhole()], ring(25, 345)))
    assert orbit is not None
    assert orbit.is_full
    steps = np.diff(angles_of(orbit, 24))
    assert np.allclose(steps, 15)


def test_a_camera_of_the_way_stands_where_a_photo_was_taken() -> None:
    views = ring(13, 90)
    orbit = orbit_of(CameraModel([pinhole()], views))
    assert orbit is not None
    ends = [pose_at(orbit, orbit.start_degrees + each) for each in (0, orbit.span_degrees)]
    for pose in ends:
        stand = -rotation_of(pose["q"]).T @ np.array(pose["t"])
        centers = [
            -rotation_of(view["pose"]["q"]).T @ np.array(view["pose"]["t"]) for view in (views[0], views[-1])
        ]
        assert min(np.linalg.norm(stand - center) for center in centers) < 1e-6
        # The middle is in the middle of the picture, before the camera; up is up.
        seen = rotation_of(pose["q"]) @ np.zeros(3) + np.array(pose["t"])
        assert np.allclose(seen[:2], 0, atol=1e-9)
        assert seen[2] > 0
        assert (rotation_of(pose["q"]) @ np.array([0.0, -1, 0]))[1] < 0


def test_a_room_from_within_and_a_row_of_parallel_views_have_no_way_round() -> None:
    inside = [{**view, "pose": turned_round(view["pose"])} for view in ring(12, 330)]
    assert orbit_of(CameraModel([pinhole()], inside)) is None
    row = [
        {"photoName": f"{i}", "cameraId": 1, "pose": {"q": [1.0, 0, 0, 0], "t": [0.2 * i, 0, 0]}}
        for i in range(9)
    ]
    assert orbit_of(CameraModel([pinhole()], row)) is None


def turned_round(pose: dict[str, Any]) -> dict[str, Any]:
    """The same place, looking the other way."""
    half_turn = np.diag([-1.0, 1.0, -1.0])
    rotation = half_turn @ rotation_of(pose["q"])
    return {"q": quaternion_of(rotation), "t": list(half_turn @ np.array(pose["t"]))}


def test_a_damaged_model_is_none(tmp_path: Path) -> None:
    assert read_camera_model(tmp_path) is None
    write_model(tmp_path / "fisheye", ring(4, 30), "1 OPENCV_FISHEYE 64 48 60 60 32 24 0 0 0 0")
    assert read_camera_model(tmp_path / "fisheye") is None


def splat_ply(count: int) -> bytes:
    """A cloud of opaque splats about the origin: the properties that 3D Gaussian splatting files have."""
    names = [
        "x",
        "y",
        "z",
        "f_dc_0",
        "f_dc_1",
        "f_dc_2",
        "opacity",
        *(f"scale_{i}" for i in range(3)),
        *(f"rot_{i}" for i in range(4)),
    ]
    random = np.random.default_rng(1)
    rows = np.zeros((count, len(names)), np.float32)
    rows[:, :3] = random.normal(scale=0.5, size=(count, 3))
    rows[:, 3:6] = random.uniform(-1, 1, size=(count, 3))
    rows[:, 6], rows[:, 7:10], rows[:, 10] = 4, math.log(0.08), 1
    properties = "".join(f"property float {name}\n" for name in names)
    return (
        f"ply\nformat binary_little_endian 1.0\nelement vertex {count}\n{properties}end_header\n".encode()
        + rows.tobytes()
    )


@pytest.mark.node
def test_the_real_program_converts_and_draws(finished_run: Path) -> None:
    command = drawing_command()
    (finished_run / "out/scene.ply").write_bytes(splat_ply(500))
    files, notes = made(result_of(finished_run, command), ["splat", "poster"])
    assert notes == []
    assert len(files["splat"].read_bytes()) == 500 * 32
    # The first row of the .splat is one of the splats: its place as three floats.
    place = struct.unpack("<3f", files["splat"].read_bytes()[:12])
    assert all(abs(value) < 4 for value in place)
    with Image.open(files["poster"]) as poster:
        assert poster.size == (64, 48)
        assert poster.n_frames >= 12  # type: ignore[attr-defined]
        # Something is drawn, in the middle.
        poster.seek(0)
        assert np.asarray(poster.convert("L"))[20:28, 28:36].mean() > 10
