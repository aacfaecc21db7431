"""Whatever a stranger calls a photo, the good ones come out and the rest is named."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
import threading
import time
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import synthetic_photos
from PIL import Image

from trainer import photo_guard
from trainer.contract import check
from trainer.failure import JobFailed
from trainer.photo_check import PhotoReport, check_photos
from trainer.stop import Stop, Stopped


def _png_bomb(path: Path, width: int, height: int, rows: int = 0) -> None:
    """A head that promises so many pixels, and a few rows of them."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0" * ((1 + 3 * width) * rows or 10))
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("good")
    synthetic_photos.make_photos(folder, 3, 160, 120, with_exif=True)
    return folder


@pytest.fixture
def folder(photos: Path, tmp_path: Path) -> Path:
    """Three good photos."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for photo in photos.iterdir():
        (folder / photo.name).write_bytes(photo.read_bytes())
    return folder


def _checked(folder: Path, **options: Any) -> tuple[PhotoReport, list[dict[str, Any]]]:
    events: list[dict[str, Any]] = []
    report = check_photos(folder, events.append, Stop(), **options)
    check(
        "EventsRequest",
        {"attempt": 1, "events": [{"seq": i + 1, "t": 0, "event": e} for i, e in enumerate(events)]},
    )
    return report, events


def test_good_photos_are_taken_as_they_are(folder: Path) -> None:
    report, events = _checked(folder)
    assert report.usable == ["000001.jpg", "000002.jpg", "000003.jpg"]
    assert report.dropped == []
    for name in report.usable:
        assert (report.folder / name).read_bytes() == (folder / name).read_bytes()
    assert events[0] == {"type": "stage-started", "stage": "read"}
    assert [event["done"] for event in events[1:]] == [1, 2, 3]


def test_bad_files_are_named_and_left_out(folder: Path) -> None:
    good = (folder / "000001.jpg").read_bytes()
    (folder / "cut.jpg").write_bytes(good[: len(good) // 2])
    (folder / "text.jpg").write_text("This is a letter.")
    (folder / "empty.jpg").write_bytes(b"")
    _png_bomb(folder / "bomb.png", 100_000, 100_000)
    _png_bomb(folder / "wide.png", 20_001, 4)
    (folder / "unknown.heic").write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 100)
    (folder / "notes.txt").write_text("No photo, and not called one.")
    before = sorted(path.name for path in folder.iterdir())
    report, events = _checked(folder)
    assert report.usable == ["000001.jpg", "000002.jpg", "000003.jpg"]
    assert sorted(path.name for path in report.folder.iterdir()) == report.usable
    assert sorted(path.name for path in folder.iterdir()) == before
    why = {failure["file"]: failure["detail"] for failure in report.dropped}
    assert sorted(why) == ["bomb.png", "cut.jpg", "empty.jpg", "text.jpg", "unknown.heic", "wide.png"]
    assert "cut short" in why["cut.jpg"]
    assert "not a photo" in why["text.jpg"]
    assert "empty" in why["empty.jpg"]
    assert "million" in why["bomb.png"]
    assert "20001 x 4" in why["wide.png"]
    warnings = [event["failure"] for event in events if event["type"] == "warning"]
    assert warnings == report.dropped
    assert {failure["code"] for failure in warnings} == {"bad-file"}
    assert str(folder) not in json.dumps(warnings)


def _matrix_profile(name: str, columns: list[tuple[float, float, float]], gamma: float) -> bytes:
    """An ICC version 2 profile of a display (ICC.1:2001-04, section 6.3.3.2): colorants adapted to D50, one gamma for all."""

    def fixed(value: float) -> bytes:
        return struct.pack(">i", round(value * 65536))

    text = name.encode() + b"\0"
    description = b"desc" + bytes(4) + struct.pack(">I", len(text)) + text + bytes(4 + 4 + 2 + 1 + 67)
    tags = [(b"desc", description), (b"cprt", b"text" + bytes(4) + b"-\0")]
    for tag, xyz in zip((b"rXYZ", b"gXYZ", b"bXYZ", b"wtpt"), [*columns, (0.9642, 1.0, 0.8249)], strict=True):
        tags.append((tag, b"XYZ " + bytes(4) + b"".join(map(fixed, xyz))))
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256))
    tags += [(tag, curve) for tag in (b"rTRC", b"gTRC", b"bTRC")]
    table, body = b"", b""
    start = 128 + 4 + 12 * len(tags)
    for tag, content in tags:
        table += struct.pack(">4sII", tag, start + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    size = start + len(body)
    head = (
        struct.pack(">I4sI4s4s4s", size, bytes(4), 0x02400000, b"mntr", b"RGB ", b"XYZ ")
        + bytes(12)
        + b"acsp"
    )
    head = head.ljust(68, b"\0") + b"".join(map(fixed, (0.9642, 1.0, 0.8249)))
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


#: Display P3's colorants adapted to D50, as Apple's profile of that name has them.
_p3 = [(0.51512, 0.2412, -0.00105), (0.29198, 0.69225, 0.04189), (0.1571, 0.06657, 0.78407)]


def test_photos_of_other_colours_become_srgb(folder: Path) -> None:
    """CSS Color 4 gives sRGB's red and green in Display P3: 0.91749 0.20029 0.13856 and 0.45842 0.98526 0.29832."""
    pixels = np.zeros((40, 80, 3), np.uint8)
    pixels[:, :40] = (234, 51, 35)
    pixels[:, 40:] = (117, 251, 76)
    profile = _matrix_profile("A wide display", _p3, 2.2)
    Image.fromarray(pixels).save(folder / "wide.png", icc_profile=profile)
    Image.fromarray(pixels).quantize(4).save(folder / "palette.png", icc_profile=profile)
    Image.fromarray(pixels).save(folder / "broken.png", icc_profile=b"This is no profile." * 20)
    Image.fromarray(pixels[..., 0]).save(folder / "grey.png", icc_profile=profile)
    report, _ = _checked(folder)
    for name in ("wide.jpg", "palette.jpg"):
        with Image.open(report.folder / name) as image:
            seen = np.asarray(image).astype(int)
        assert np.abs(seen[5:-5, 5:35] - (255, 0, 0)).max() <= 12
        assert np.abs(seen[5:-5, 45:-5] - (0, 255, 0)).max() <= 12
    assert (report.folder / "broken.png").read_bytes() == (folder / "broken.png").read_bytes()
    with Image.open(report.folder / "grey.jpg") as image:
        assert np.abs(np.asarray(image.convert("L")).astype(int) - pixels[..., 0]).max() <= 12


def test_what_is_turned_is_set_upright(folder: Path) -> None:
    exif = synthetic_photos.exif_of(100, 160, 120)
    exif[0x0112] = 6  # the camera was turned left: the picture is to be turned right
    exif.get_ifd(0x8825)[1] = "N"
    pixels = np.zeros((120, 160, 3), np.uint8)
    pixels[:60, :80] = (250, 0, 0)
    Image.fromarray(pixels).save(folder / "turned.jpg", quality=95, exif=exif)
    report, _ = _checked(folder)
    with Image.open(report.folder / "turned.jpg") as image:
        assert image.size == (120, 160)
        right_top, left_top = np.asarray(image)[20, 100], np.asarray(image)[20, 20]
        assert right_top[0] > 200
        assert left_top[0] < 50
        kept = image.getexif()
        assert kept.get(0x0112) is None
        assert kept[0x0110] == "Pinhole 1"
        assert kept.get_ifd(0x8769)[0xA405] == exif.get_ifd(0x8769)[0xA405]
        assert not kept.get_ifd(0x8825)


@pytest.mark.parametrize("kind", ["webp", "avif", "heic", "rgba.png", "16.png", "cmyk.jpg"])
def test_kinds_that_colmap_cannot_read_become_jpeg(folder: Path, kind: str) -> None:
    if kind == "heic":
        heif = pytest.importorskip("pillow_heif", reason="pillow-heif, which reads HEIC, is not installed")
        heif.register_heif_opener()
    pixels = np.zeros((64, 96, 3), np.uint8)
    pixels[:, 48:] = (200, 200, 200)
    image = Image.fromarray(pixels)
    if kind == "rgba.png":
        image.putalpha(255)
    elif kind == "16.png":
        image = Image.fromarray(pixels[:, :, 0].astype(np.uint16) * 257)
    elif kind == "cmyk.jpg":
        image = image.convert("CMYK")
    image.save(folder / f"other.{kind}")
    report, _ = _checked(folder)
    name = Path(f"other.{kind}").stem + ".jpg"
    assert name in report.usable
    with Image.open(report.folder / name) as made:
        assert (made.format, made.mode, made.size) == ("JPEG", "RGB", (96, 64))
        found = np.asarray(made)
        assert np.abs(found[:, 60:].astype(int) - 200).max() < 12
        assert found[:, :36].max() < 12


def test_a_folder_of_png_alone_is_taken_as_it_is(tmp_path: Path) -> None:
    (folder := tmp_path / "png").mkdir()
    for n in range(3):
        Image.new("RGB", (16, 12), (n, 0, 0)).save(folder / f"{n}.png")
    report, _ = _checked(folder)
    assert (report.usable, report.dropped) == (["0.png", "1.png", "2.png"], [])


def test_two_photos_of_one_name_stay_two(folder: Path) -> None:
    with Image.open(folder / "000001.jpg") as image:
        image.save(folder / "000001.webp")
    report, _ = _checked(folder)
    assert report.usable == ["000001-webp.jpg", "000001.jpg", "000002.jpg", "000003.jpg"]


def test_too_few_photos_end_the_job(folder: Path) -> None:
    (folder / "000002.jpg").write_text("nothing")
    with pytest.raises(JobFailed) as caught:
        _checked(folder)
    assert caught.value.failure["code"] == "too-few-photos"
    assert caught.value.failure["photos"] == ["000002.jpg"]
    assert not caught.value.is_retryable


def test_many_bad_files_are_told_in_few_warnings(folder: Path) -> None:
    for i in range(30):
        (folder / f"bad{i:02}.jpg").write_text("nothing")
    report, events = _checked(folder)
    warnings = [event["failure"] for event in events if event["type"] == "warning"]
    assert len(report.dropped) == 30
    assert len(warnings) == 21
    assert len(warnings[-1]["photos"]) == 10


_breaking_child = """
import os, signal, time
from trainer import photo_check_child
def check(photo, target):
    if photo.name == "0-killer.jpg": os.kill(os.getpid(), signal.SIGKILL)
    if photo.name == "0-sleeper.jpg": time.sleep(60)
    if photo.name == "0-eater.jpg": bytearray(8 << 30)
    return original(photo, target)
original, photo_check_child.check = photo_check_child.check, check
photo_check_child.main()
"""


def _stand_in(monkeypatch: pytest.MonkeyPatch, program: str) -> list[int]:
    """Another program in place of the child. Gives the list that the process ids of those started are put into."""
    started: list[int] = []
    environment = {**os.environ, "PYTHONPATH": str(Path(photo_guard.__file__).parents[1])}

    def start(module: str) -> Any:
        assert module == "photo_check_child"
        pipe, command = subprocess.PIPE, [sys.executable, "-c", program]
        process = subprocess.Popen(command, stdin=pipe, stdout=pipe, env=environment, start_new_session=True)
        started.append(process.pid)
        return process

    monkeypatch.setattr(photo_guard, "start_child", start)
    return started


def test_a_photo_that_breaks_the_process_costs_only_itself(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("0-eater", "0-killer", "0-sleeper"):
        (folder / f"{name}.jpg").write_bytes((folder / "000001.jpg").read_bytes())
    started = _stand_in(monkeypatch, _breaking_child)
    report, _ = _checked(folder, lanes=1, seconds_each=2)
    assert report.usable == ["000001.jpg", "000002.jpg", "000003.jpg"]
    why = {failure["file"]: failure["detail"] for failure in report.dropped}
    assert sorted(why) == ["0-eater.jpg", "0-killer.jpg", "0-sleeper.jpg"]
    assert "needs more memory" in why["0-eater.jpg"]
    assert "memory and time" in why["0-killer.jpg"]
    assert "memory and time" in why["0-sleeper.jpg"]
    # The process says itself that it has no memory, and goes on; the killed one and the slow one had to be replaced.
    assert len(started) == 3
    for pid in started:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_a_child_that_cannot_start_is_no_fault_of_the_photos(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _stand_in(monkeypatch, "raise SystemExit(1)")
    with pytest.raises(RuntimeError, match="cannot be started"):
        check_photos(folder, lambda event: None, Stop())


def test_a_stop_ends_the_check_at_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _stand_in(monkeypatch, "import time; print('{}', flush=True); time.sleep(60)")
    stop = Stop()
    threading.Timer(0.5, stop.set, ("cancelled",)).start()
    start = time.monotonic()
    with pytest.raises(Stopped):
        check_photos(folder, lambda event: None, stop)
    assert time.monotonic() - start < 20
