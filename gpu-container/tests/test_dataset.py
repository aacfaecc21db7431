"""What an engine is given to train on: cameras at another size, and the split of the headless engine."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from trainer.dataset import load_dataset, load_image, split
from trainer.failure import JobFailed
from trainer.resample import training_size

pycolmap = pytest.importorskip("pycolmap", reason="pycolmap, which reads the model, is not installed")

_root = Path(__file__).resolve().parents[2]


def _write(
    folder: Path, names: list[str], *, model: str = "PINHOLE", width_px: int = 60, height_px: int = 45
) -> None:
    """A model of cameras in a row, two points, and photos that are red at the left and blue at the right."""
    params = {
        "PINHOLE": [50.0, 52.0, 31.0, 22.0],
        "SIMPLE_PINHOLE": [50.0, 31.0, 22.0],
        "RADIAL": [50.0, 31, 22, 0, 0],
    }
    made = pycolmap.Reconstruction()
    made.add_camera_with_trivial_rig(
        pycolmap.Camera(camera_id=1, model=model, width=width_px, height=height_px, params=params[model])
    )
    (folder / "images").mkdir(parents=True)
    pixels = np.zeros((height_px, width_px, 3), np.uint8)
    pixels[:, : width_px // 2, 0] = 200
    pixels[:, width_px // 2 :, 2] = 100
    for i, name in enumerate(names):
        image = pycolmap.Image(name=name, camera_id=1, image_id=i + 1)
        pose = pycolmap.Rigid3d(pycolmap.Rotation3d(np.array([0, 0, 0, 1.0])), np.array([-0.5 * i, 0.0, 2.0]))
        made.add_image_with_trivial_frame(image, pose)
        Image.fromarray(pixels).save(folder / "images" / name)
    made.add_point3D(np.array([1.0, 2.0, 3.0]), pycolmap.Track(), np.array([10, 20, 30], np.uint8))
    made.add_point3D(np.array([4.0, 5.0, 6.0]), pycolmap.Track(), np.array([40, 50, 60], np.uint8))
    (folder / "sparse/0").mkdir(parents=True)
    made.write(str(folder / "sparse/0"))


def test_views_are_as_the_model_says(tmp_path: Path) -> None:
    _write(tmp_path, ["c.png", "a.png", "b.png"])
    dataset = load_dataset(tmp_path, width_px=None)
    assert [view.name for view in dataset.views] == ["a.png", "b.png", "c.png"]
    assert [view.index for view in dataset.views] == [0, 1, 2]
    first = dataset.views[0]
    assert (first.width, first.height) == (60, 45)
    np.testing.assert_allclose(first.K, [[50, 0, 31], [0, 52, 22], [0, 0, 1]])
    assert first.K.dtype == np.float32
    # a.png was the second in the row.
    np.testing.assert_allclose(
        first.world_to_camera, [[1, 0, 0, -0.5], [0, 1, 0, 0], [0, 0, 1, 2], [0, 0, 0, 1]]
    )
    np.testing.assert_array_equal(dataset.xyz, np.array([[1, 2, 3], [4, 5, 6]], np.float32))
    np.testing.assert_array_equal(dataset.rgb, np.array([[10, 20, 30], [40, 50, 60]], np.uint8))


def test_a_smaller_picture_has_a_smaller_camera(tmp_path: Path) -> None:
    _write(tmp_path, ["a.png", "b.png", "c.png"])
    view = load_dataset(tmp_path, width_px=20).views[0]
    assert (view.width, view.height) == (20, 15)
    np.testing.assert_allclose(view.K, [[50 / 3, 0, 31 / 3], [0, 52 / 3, 22 / 3], [0, 0, 1]], rtol=1e-6)
    pixels = load_image(view)
    assert pixels.shape == (15, 20, 3)
    assert pixels.dtype == np.uint8
    # Means over whole areas: nothing rings at the edge in the middle.
    np.testing.assert_array_equal(np.unique(pixels[:, :, 0]), [0, 200])
    np.testing.assert_array_equal(pixels[0, 9:11], [[200, 0, 0], [0, 0, 100]])
    assert load_dataset(tmp_path, width_px=1000).views[0].width == 60


def test_sizes_are_those_of_the_headless_engine() -> None:
    # Math.round, not Python's rounding to even; see levelsFor in src/core/image/undistort.ts.
    assert training_size(4, 5, 2) == (2, 3)
    assert training_size(1000, 1, 10) == (10, 1)
    assert training_size(1920, 1080, 1080) == (1080, 608)


def test_every_eighth_by_name_is_held_out(tmp_path: Path) -> None:
    names = [f"{n}.png" for n in range(1, 20)]
    _write(tmp_path, names)
    dataset = load_dataset(tmp_path, width_px=None)
    held = [dataset.views[i].name for i in dataset.held_out]
    # By name, not by number: 1, 10, 11, ... 19, 2, 3, ...
    assert held == ["1.png", "17.png", "7.png"]
    assert sorted([*dataset.train, *dataset.held_out]) == list(range(19))
    # A view without a photo is none; one that cannot be decoded is.
    (tmp_path / "images" / "1.png").unlink()
    (tmp_path / "images" / "10.png").write_bytes(b"nothing")
    fewer = load_dataset(tmp_path, width_px=None)
    assert [fewer.views[i].name for i in fewer.held_out] == ["10.png", "18.png", "8.png"]
    with pytest.raises(JobFailed) as caught:
        load_image(fewer.views[0])
    assert (caught.value.failure["code"], caught.value.failure["file"]) == ("bad-file", "10.png")


_ask_split = """
const { readDataset } = await import(process.argv[1]);
const { folderFiles } = await import(process.argv[2]);
const files = await folderFiles(process.argv[3]);
if (!files.ok) throw new Error(files.failure.detail);
const read = await readDataset(files.value);
if (!read.ok) throw new Error(read.failure.detail);
const names = read.value.reconstruction.views.map((view) => view.photoName);
console.log(JSON.stringify(names.filter((_, i) => i % 8 === 0)));
"""


@pytest.mark.node
def test_the_split_is_the_headless_engines(tmp_path: Path) -> None:
    """The views as the engine's own reader sorts them; setup.ts holds out those whose place in it is a multiple of eight."""
    node, hooks = shutil.which("node"), _root / "scripts/node-hooks.mjs"
    if node is None or not (_root / "node_modules").is_dir():
        pytest.skip("Node, or what the repository needs of it (npm ci), is not installed")
    version = subprocess.run(
        [node, "--version"], capture_output=True, text=True, timeout=60, check=False
    ).stdout
    if tuple(int(part) for part in version.strip().lstrip("v").split(".")[:2]) < (22, 18):
        pytest.skip(f"Node is {version.strip()}; 22.18 or newer runs TypeScript")
    setup = (_root / "src/core/train/setup.ts").read_text("utf-8")
    assert "holdout > 0 && views[i].index % holdout === 0" in setup
    names = [f"{n}.png" for n in range(1, 13)] + [
        "A.png",
        "a.png",
        "_.png",
        "É.png",
        "中.png",
        "𝒜.png",
        "a b.png",
        "ﬀ.png",
    ]
    _write(tmp_path, names)
    script = [
        "--disable-warning=ExperimentalWarning",
        "--import",
        hooks.as_uri(),
        "--input-type=module",
        "--eval",
        _ask_split,
    ]
    modules = [
        (_root / "src" / path).as_uri() for path in ("core/formats/readDataset.ts", "cli/sourceFiles.ts")
    ]
    asked = subprocess.run(
        [node, *script, *modules, str(tmp_path)], capture_output=True, text=True, timeout=60, check=False
    )
    assert asked.returncode == 0, asked.stderr
    dataset = load_dataset(tmp_path, width_px=None)
    assert [dataset.views[i].name for i in dataset.held_out] == json.loads(asked.stdout)


def test_split_of_few() -> None:
    assert split(0) == ([], [])
    assert split(3) == ([1, 2], [0])
    assert split(9) == ([1, 2, 3, 4, 5, 6, 7], [0, 8])


def test_a_single_focal_length_serves_both_ways(tmp_path: Path) -> None:
    _write(tmp_path, ["a.png", "b.png", "c.png"], model="SIMPLE_PINHOLE")
    np.testing.assert_allclose(
        load_dataset(tmp_path, width_px=None).views[0].K, [[50, 0, 31], [0, 50, 22], [0, 0, 1]]
    )


@pytest.mark.parametrize(
    ("names", "model", "code"), [(3, "RADIAL", "bad-file"), (2, "PINHOLE", "too-few-photos")]
)
def test_what_cannot_be_trained_on_is_told(names: int, model: str, code: str, tmp_path: Path) -> None:
    _write(tmp_path, [f"{n}.png" for n in range(names)], model=model)
    with pytest.raises(JobFailed) as caught:
        load_dataset(tmp_path, width_px=None)
    assert caught.value.failure["code"] == code
    assert str(tmp_path) not in caught.value.failure["detail"]


def test_a_damaged_model_is_a_bad_file(tmp_path: Path) -> None:
    _write(tmp_path, ["a.png", "b.png", "c.png"])
    for name in ("images.bin", "cameras.bin"):
        path: Any = tmp_path / "sparse/0" / name
        path.write_bytes(path.read_bytes()[:20])
    with pytest.raises(JobFailed) as caught:
        load_dataset(tmp_path, width_px=None)
    assert caught.value.failure["code"] == "bad-file"
