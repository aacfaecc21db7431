"""`python -m trainer run`: photos on this machine to files on this machine."""

from __future__ import annotations

import io
import json
import os
import signal
import struct
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from fake_program import fake_splat
from node_program import drawing_command
from PIL import Image
from synthetic_photos import make_photos
from test_export import ring, write_model

from trainer.__main__ import main as program
from trainer.doors import run
from trainer.engines.webgpu_engine import WebGpuEngine
from trainer.failure import failed
from trainer.given_photos import find_photos, refuse_photo_folder
from trainer.pipeline import Tools
from trainer.progress_lines import ProgressLines, failure_text, progress_text
from trainer.solve import Solved

root = Path(__file__).resolve().parents[1]


def fake_solve(photos: Path, work: Path, emit: Any, stop: Any, *, seed: int, use_gpu: bool) -> Solved:
    """Counts how often it is asked, in the photos' own folder."""
    (work / "asked").open("a").write("x")
    emit({"type": "stage-started", "stage": "cameras"})
    import pycolmap

    model = work / "dataset/sparse/0"
    if not model.exists():
        write_model(model, ring(5, 80))
        pycolmap.Reconstruction(str(model)).write(str(model))
    (work / "solve.json").write_text("{}")
    return Solved(work / "dataset", 5, 5, 0.4, 100, [], "global", {"features": 1.0})


def tools(**more: Any) -> Tools:
    engine = WebGpuEngine(fake_splat, lambda command: "fake adapter")
    return Tools(**{"solve": fake_solve, "choose": lambda name, note: engine, **more})


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SPLAT_CLI", json.dumps(fake_splat))
    monkeypatch.setenv("FAKE_SPLAT", "{}")
    folder = tmp_path / "photos"
    folder.mkdir()
    for index in range(5):
        Image.new("RGB", (64, 48), (40 * index, 90, 90)).save(folder / f"{index:06d}.jpg")
    return folder


def start(photos: Path, out: Path, *more: str, tools: Tools | None = None) -> int:
    return run.main([str(photos), "-o", str(out), "--engine", "webgpu", *more], tools or globals()["tools"]())


def test_it_ends_with_every_file_and_without_its_work(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    before = sorted((path.name, path.read_bytes()) for path in photos.iterdir())
    assert start(photos, out) == 0
    names = {path.name for path in out.iterdir()}
    files = {f"scene.{kind}" for kind in ("ply", "splat", "spz", "sog")}
    files |= {"thumbnail.webp", "poster.webp", "cameras.json", "metrics.json", "solve.json"}
    assert names == files | {"renders", "photos"}
    assert sorted((path.name, path.read_bytes()) for path in photos.iterdir()) == before
    metrics = json.loads((out / "metrics.json").read_text())
    expected = {"engine": "webgpu", "preset": "standard", "photos": 5, "registered": 5, "psnrDb": 21.5}
    assert expected.items() <= metrics.items()
    assert {"read", "features", "train", "save"} <= set(metrics["secondsByStage"])
    said = capsys.readouterr()
    assert said.out == ""
    assert "Held out: PSNR 21.50 dB, SSIM 0.7500" in said.err
    assert "Training: 100 % (5/5 steps)" in said.err


def test_events_come_one_a_line(photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert start(photos, tmp_path / "out", "--json") == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    stages = [event["stage"] for event in events if event["type"] == "stage-started"]
    assert list(dict.fromkeys(stages)) == ["read", "cameras", "photos", "train", "evaluate", "save"]
    assert events[-1] == {"type": "finished"}


def test_flags_reach_the_engine(photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_SPLAT", json.dumps({"log": str(tmp_path / "log")}))
    flags = ["--preset", "draft", "--steps", "500", "--max-splats", "2000", "--width", "256", "--seed", "7"]
    assert start(photos, tmp_path / "out", *flags) == 0
    line = " ".join(json.loads((tmp_path / "log").read_text().splitlines()[0]))
    for wanted in ("--steps 500", "--max-splats 2000", "--width 256", "--seed 7"):
        assert wanted in line


def test_a_failure_is_a_sentence_with_what_to_do(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def solve(*_: Any, **__: Any) -> Solved:
        raise failed("unplaceable", "2 of 5 photos could be placed.", photos=["000001.jpg", "000003.jpg"])

    assert start(photos, tmp_path / "out", "--json", tools=tools(solve=solve)) == 1
    said = capsys.readouterr()
    assert "Error: 2 of 5 photos could be placed.\n  Photos: 000001.jpg, 000003.jpg\n" in said.err
    assert "  What to do: Take more photos that overlap" in said.err
    assert json.loads(said.out.splitlines()[-1])["failure"]["code"] == "unplaceable"
    assert "Traceback" not in said.err


def test_without_photos_or_folder_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert start(tmp_path / "nowhere", tmp_path / "out") == 1
    assert "nowhere cannot be read: No such file or directory." in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
    (tmp_path / "empty").mkdir()
    assert start(tmp_path / "empty", tmp_path / "out") == 1
    assert "There is no photo in" in capsys.readouterr().err


def test_a_damaged_photo_is_a_warning(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (photos / "000009.jpg").write_bytes(b"\xff\xd8 no photo")
    assert start(photos, tmp_path / "out") == 0
    assert "Warning: 000009.jpg" in capsys.readouterr().err
    assert json.loads((tmp_path / "out/metrics.json").read_text())["photos"] == 6


@pytest.mark.parametrize(
    "flags",
    [["--steps", "0"], ["--steps", "1e3"], ["--preset", "full"], ["--engine", "cuda"], ["--stepz", "3"]],
)
def test_wrong_usage_is_code_2(photos: Path, tmp_path: Path, flags: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        start(photos, tmp_path / "out", *flags)
    assert caught.value.code == 2
    assert not (tmp_path / "out").exists()


def test_results_are_not_written_among_the_photos(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # OUT/photos is where the held-out photos would go.
    assert start(photos, tmp_path) == 1
    assert start(photos, photos) == 1
    assert "holds the photos" in capsys.readouterr().err
    assert all(path.suffix == ".jpg" for path in photos.iterdir())


def test_the_work_folder_of_a_person_keeps_what_else_is_in_it(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "work/mine.txt").write_text("mine")
    assert start(photos, tmp_path / "out", "--work", str(tmp_path / "work")) == 0
    assert [path.name for path in (tmp_path / "work").iterdir()] == ["mine.txt"]
    assert start(photos, tmp_path / "out", "--work", str(tmp_path / "work"), "--keep-work") == 0
    assert (tmp_path / "work/splat-run/solve/dataset").is_dir()


def test_cameras_that_came_with_the_photos_are_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SPLAT_CLI", json.dumps(fake_splat))
    monkeypatch.setenv("FAKE_SPLAT", "{}")
    made = make_photos(tmp_path / "set/images", 5, 64, 48)
    write_model(tmp_path / "set/sparse/0", model_views(made)[:4], "1 SIMPLE_RADIAL 64 48 57.6 32 24 0.05")
    out = tmp_path / "out"
    assert start(tmp_path / "set", out, "--keep-work") == 0
    solve = out / "work/splat-run/solve"
    assert not (solve / "asked").exists()
    import pycolmap

    undistorted = pycolmap.Reconstruction(str(solve / "dataset/sparse/0"))
    assert [camera.model.name for camera in undistorted.cameras.values()] == ["PINHOLE"]
    assert len(list((solve / "dataset/images").iterdir())) == 4
    # The person is given the lens of the photos as they are.
    cameras = json.loads((out / "cameras.json").read_text())["cameras"]
    assert [(camera["model"], camera["k1"]) for camera in cameras] == [("SIMPLE_RADIAL", 0.05)]
    metrics = json.loads((out / "metrics.json").read_text())
    assert (metrics["registered"], metrics["photos"]) == (4, 5)
    assert "no poses of 1 of 5 photos.\n  Photos: 000005.jpg" in capsys.readouterr().err


def model_views(made: Any) -> list[dict[str, Any]]:
    from trainer.camera_model import quaternion_of

    return [
        {
            "photoName": shot.name,
            "cameraId": 1,
            "pose": {"q": quaternion_of(shot.rotation), "t": list(-shot.rotation @ shot.centre)},
        }
        for shot in made.shots
    ]


_script = """
import sys
sys.path.insert(0, "tests")
from trainer.doors import run
from test_run import tools
sys.exit(run.main(sys.argv[1:], tools()))
"""


def start_process(
    photos: Path, out: Path, *flags: str, stdout: int | None = None, **plan: Any
) -> subprocess.Popen[str]:
    environment = {**os.environ, "FAKE_SPLAT": json.dumps(plan)}
    arguments = [sys.executable, "-c", _script, str(photos), "-o", str(out), *flags]
    return subprocess.Popen(
        arguments, cwd=root, env=environment, stdout=stdout, stderr=subprocess.PIPE, text=True
    )


def wait_for_training(process: subprocess.Popen[str]) -> None:
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("Training"):
            return
    pytest.fail("it ended before it trained")


def test_ctrl_c_keeps_what_there_is_and_the_same_command_goes_on(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    process = start_process(photos, out, steps=1000, pause=0.05)
    wait_for_training(process)
    process.send_signal(signal.SIGINT)
    _, words = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "The same command goes on" in words
    work = out / "work/splat-run"
    assert (work / "checkpoint.bin").read_bytes() == b"checkpoint"
    assert (work / "solve/asked").read_text() == "x"
    again = start_process(photos, out)
    _, words = again.communicate(timeout=30)
    assert again.returncode == 0, words
    assert "as found before" in words
    assert (out / "scene.ply").exists()
    assert not work.exists()


def test_a_second_ctrl_c_leaves_at_once(photos: Path, tmp_path: Path) -> None:
    process = start_process(photos, tmp_path / "out", steps=1000, pause=0.05, deaf=True)
    wait_for_training(process)
    process.send_signal(signal.SIGINT)
    time.sleep(0.7)
    begin = time.monotonic()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert process.returncode == 130
    assert time.monotonic() - begin < 10


def test_a_reader_that_goes_away_takes_nothing_with_it(photos: Path, tmp_path: Path) -> None:
    process = start_process(photos, tmp_path / "out", "--json", stdout=subprocess.PIPE, pause=0.05)
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["type"] == "stage-started"
    process.stdout.close()
    assert process.stderr is not None
    words = process.stderr.read()
    assert process.wait(timeout=30) == 0, words
    assert (tmp_path / "out/scene.ply").exists()
    assert "BrokenPipe" not in words


def test_without_a_door_the_doors_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert program([]) == 2
    assert program(["--help"]) == 0
    assert program(["trian"]) == 2
    said = capsys.readouterr()
    assert "python -m trainer pull" in said.out
    assert 'no door called "trian"' in said.err


def test_photos_are_found_in_the_folder_or_in_its_images(tmp_path: Path) -> None:
    for name in ("b.JPG", "a.png", ".hidden.jpg", "notes.txt"):
        (tmp_path / "set/images").mkdir(parents=True, exist_ok=True)
        (tmp_path / "set/images" / name).touch()
    given = find_photos(tmp_path / "set")
    assert (given.folder.name, given.names, given.model) == ("images", ["a.png", "b.JPG"], None)
    refuse_photo_folder(given, tmp_path / "set")
    (tmp_path / "set/c.webp").touch()
    write_model(tmp_path / "set/sparse", [])
    given = find_photos(tmp_path / "set")
    assert (given.names, given.model) == (["c.webp"], tmp_path / "set/sparse")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_stage_is_one_line_on_a_terminal() -> None:
    stream, clock = Terminal(), [0.0]
    lines = ProgressLines(stream, lambda: clock[0])
    lines.emit({"type": "stage-started", "stage": "features"})
    for done in (1, 2, 3):
        clock[0] += 1
        lines.emit({"type": "progress", "stage": "features", "done": done, "total": 3, "unit": "photos"})
    lines.emit({"type": "stage-started", "stage": "pairs"})
    lines.close()
    assert stream.getvalue().count("\n") == 2
    assert "\rFinding features: 100 % (3/3 photos)\x1b[K\n" in stream.getvalue()


def test_a_log_is_not_filled() -> None:
    stream, clock = io.StringIO(), [0.0]
    lines = ProgressLines(stream, lambda: clock[0])
    lines.emit({"type": "stage-started", "stage": "train"})
    for done in range(1, 1001):
        clock[0] += 0.01
        lines.emit({"type": "progress", "stage": "train", "done": done, "total": 1000, "unit": "steps"})
    assert len(stream.getvalue().splitlines()) == 3


def test_only_all_of_it_is_100_percent() -> None:
    event: dict[str, Any] = {
        "stage": "train",
        "done": 9999,
        "total": 10000,
        "unit": "steps",
        "secondsLeft": 61,
    }
    assert progress_text(event) == "Training:  99 % (9,999/10,000 steps), 1 min 01 s left"


def test_many_photos_are_not_all_named() -> None:
    text = failure_text(
        "Error", {"code": "partial", "detail": "Some.", "photos": [f"{i}.jpg" for i in range(20)]}
    )
    assert "7.jpg and 12 more" in text


@pytest.mark.node
def test_photos_become_a_splat_that_opens_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The whole of it, with nothing in place of anything: COLMAP, the headless engine, the converter."""
    command = drawing_command()
    photos = make_photos(tmp_path / "photos", 8, 320, 240, with_exif=True)
    out = tmp_path / "out"
    flags = ["--preset", "draft", "--steps", "20", "--width", "96", "--max-splats", "2500"]
    code = run.main([str(photos.folder), "-o", str(out), "--engine", "webgpu", *flags])
    assert code == 0, capsys.readouterr().err
    metrics = json.loads((out / "metrics.json").read_text())
    assert metrics["registered"] >= 7
    assert metrics["steps"] == 20
    # Twenty steps at a small size: it has begun to look like the photos.
    assert metrics["psnrDb"] > 13
    check_formats(out, metrics["splats"])
    for kind in ("spz", "sog"):
        back = tmp_path / f"back-{kind}.ply"
        subprocess.run(
            [*command, "convert", str(out / f"scene.{kind}"), str(back)], check=True, capture_output=True
        )
        assert f"element vertex {metrics['splats']}\n".encode() in back.read_bytes()[:2000]
    assert {view["photoName"] for view in json.loads((out / "cameras.json").read_text())["views"]} <= {
        shot.name for shot in photos.shots
    }


def check_formats(out: Path, splats: int) -> None:
    """What the formats' own documents say of their beginnings."""
    ply = (out / "scene.ply").read_bytes()
    assert ply.startswith(b"ply\nformat binary_little_endian 1.0\n")
    assert f"element vertex {splats}\n".encode() in ply[:2000]
    assert (out / "scene.splat").stat().st_size == 32 * splats
    spz = (out / "scene.spz").read_bytes()
    if spz[:2] == b"\x1f\x8b":
        import gzip

        magic, _, points = struct.unpack("<4sII", gzip.decompress(spz)[:12])
        assert (magic, points) == (b"NGSP", splats)
    else:
        assert spz[:4] == b"NGSP"
    with zipfile.ZipFile(out / "scene.sog") as sog:
        assert json.loads(sog.read("meta.json"))["count"] == splats
