"""The photos of a job on disk, and the checkpoint of an earlier attempt, as the manifest announces them.

Invariant: a file appears under its name only when its size and SHA-256 are those of the manifest; names come from the checked manifest,
never from an address; and when the photos are done nothing but the manifest's lies in their folder.
"""

from __future__ import annotations

import logging
import queue
import re
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from .contract import Manifest
from .events import Emit, progress, stage_started
from .failure import JobFailed, failed
from .protocol import Unreachable
from .received import Damaged, Wanted, disk_failure, is_right, part_of, save
from .stop import Stop
from .transport import Lost, NoAnswer, Refused, interruptible
from .waiting import backoff_seconds

log = logging.getLogger(__name__)

_lanes = 4
#: Tries of one file that arrives damaged or is refused.
_most_tries = 5
#: As the schema's pattern, but of ASCII digits and to the very end, whatever reads that pattern.
_photo_name = re.compile(r"[0-9]{6}\.[a-z0-9]{2,5}")
_poll_seconds = 0.1


class FileClient(Protocol):
    """What downloads need of JobClient."""

    random: Callable[[], float]
    wait: Callable[[float], object]

    def manifest(self) -> Manifest: ...

    def download(self, url: str) -> AbstractContextManager[Iterator[bytes]]: ...

    def is_over_patience(self) -> bool: ...


class _Addresses:
    """Where the files of the manifest are now. Addresses run out; all files share one question for new ones."""

    def __init__(self, client: FileClient, manifest: Manifest) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._manifest = manifest

    def photo(self, name: str) -> Wanted:
        return next(image for image in self._manifest["images"] if image["name"] == name)

    def checkpoint(self) -> Wanted:
        checkpoint = self._manifest["checkpoint"]
        assert checkpoint is not None
        return checkpoint

    def renew(self, refused: Wanted, current: Callable[[], Wanted]) -> None:
        """Asks anew, unless another file has asked since `refused` was given out."""
        with self._lock:
            if current()["url"] != refused["url"]:
                return
            fresh = self._client.manifest()
            names, fresh_names = _names_of(self._manifest), _names_of(fresh)
            if set(names) <= set(fresh_names) and (fresh["checkpoint"] or not self._manifest["checkpoint"]):
                self._manifest = fresh


def _try(client: FileClient, wanted: Wanted, path: Path, stop: Stop) -> None:
    """:raises Damaged, NoAnswer, Lost, Refused, Stopped, OSError:"""
    part = part_of(path)
    with client.download(wanted["url"]) as pieces:
        save(pieces, part, wanted)
    stop.check()
    part.replace(path)


def _bring(
    client: FileClient, addresses: _Addresses, current: Callable[[], Wanted], path: Path, stop: Stop
) -> None:
    """One file until it is right.

    :raises JobFailed: bad-file when it is not to be had, storage-full
    :raises Unreachable, Stopped, and what asking for a manifest raises:
    """
    tries, failures, why = 0, 0, ""
    while tries < _most_tries:
        stop.check()
        wanted, wish_seconds = current(), None
        try:
            return _try(client, wanted, path, stop)
        except OSError as error:
            raise disk_failure(error, path.name) from None
        except Damaged as damaged:
            tries, why = tries + 1, str(damaged)
        except (Lost, Refused) as no:
            tries, why = tries + 1, no.message
            addresses.renew(wanted, current)
        except NoAnswer as no:
            wish_seconds = no.wish_seconds
            if client.is_over_patience():
                raise Unreachable(f"{path.name} could not be fetched: {no.detail}") from None
        failures += 1
        client.wait(backoff_seconds(failures, client.random(), wish_seconds))
    part_of(path).unlink(missing_ok=True)
    raise failed("bad-file", f"{path.name} could not be fetched: {why.rstrip('.')}.", file=path.name)


def _prepare(folder: Path, names: Sequence[str]) -> None:
    """Makes the folder, and removes from it what is none of the job's."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = set(names)
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path.name not in wanted or path.is_symlink():
            path.unlink()


def _names_of(manifest: Manifest) -> list[str]:
    names = [image["name"] for image in manifest["images"]]
    if len(set(names)) < len(names) or not all(map(_photo_name.fullmatch, names)):
        raise failed("cloud-failed", "The list of photos holds a name that is none of a photo, or one twice.")
    return names


def fetch_photos(client: FileClient, folder: Path, emit: Emit, stop: Stop) -> list[Path]:
    """Brings all photos of the job into `folder`, four at a time, and tells the stage "read". Those that are there already, and right, are
    not fetched again.

    :return: their paths in the person's order
    :raises JobFailed: bad-file, storage-full
    :raises Lost, Refused, Unreachable, Stopped:
    """
    emit(stage_started("read"))
    manifest = client.manifest()
    names = _names_of(manifest)
    try:
        _prepare(folder, names)
    except OSError as error:
        raise disk_failure(error, "the photos") from None
    addresses = _Addresses(client, manifest)

    def one(name: str) -> None:
        path = folder / name
        if not is_right(path, addresses.photo(name), stop):
            _bring(client, addresses, lambda: addresses.photo(name), path, stop)

    for done in _in_lanes(one, names, stop):
        emit(progress("read", done, len(names), "photos"))
    return [folder / name for name in names]


def _in_lanes(one: Callable[[str], None], names: Sequence[str], stop: Stop) -> Iterator[int]:
    """Does `one` for every name, four at a time; gives how many are done whenever another is. The first that is raised ends all."""
    todo: queue.SimpleQueue[str] = queue.SimpleQueue()
    for name in names:
        todo.put(name)
    results: queue.SimpleQueue[BaseException | None] = queue.SimpleQueue()
    is_over = threading.Event()

    def lane() -> None:
        while not is_over.is_set():
            try:
                one(todo.get_nowait())
            except queue.Empty:
                return
            except BaseException as error:  # noqa: BLE001 (raised again by whoever waits)
                results.put(error)
                return
            results.put(None)

    for number in range(min(_lanes, len(names))):
        threading.Thread(target=lane, name=f"photos {number}", daemon=True).start()
    done = 0
    try:
        while done < len(names):
            try:
                error = results.get(timeout=_poll_seconds)
            except queue.Empty:
                # A lane that waits for the network is left behind: it looks for the stop before it writes.
                stop.check()
                continue
            if error is not None:
                raise error
            done += 1
            yield done
    finally:
        is_over.set()


def fetch_checkpoint(client: FileClient, manifest: Manifest, path: Path, stop: Stop | None = None) -> bool:
    """Brings the checkpoint of an earlier attempt; false when there is none to be had, and the work begins at the beginning.

    :raises JobFailed: storage-full
    :raises Unreachable, Stopped, and what asking for a manifest raises:
    """
    checkpoint, stop = manifest["checkpoint"], stop or Stop()
    if checkpoint is None:
        return False
    addresses = _Addresses(client, manifest)

    def bring() -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not is_right(path, checkpoint, stop):
            _bring(client, addresses, addresses.checkpoint, path, stop)

    try:
        interruptible(bring, stop)
    except JobFailed as failure:
        if failure.failure["code"] != "bad-file":
            raise
        log.warning("The checkpoint cannot be gone on from: %s", failure.failure["detail"])
        return False
    return True
