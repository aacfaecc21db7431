"""One job of a cloud from its claim to its end: photos, cameras, training, files, completion.

Invariant: the cloud is told of every end that it does not know of already, and the job's folder is kept only where another try may go on
from it.
"""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from . import export
from .checkpoints import CheckpointLine
from .contract import PullAnswer, TrainSpec
from .courier import Courier
from .download import fetch_photos
from .ends import End, end_of, scrubbed_event
from .engines.base import Engine, Metrics, Preset
from .events import Emit, JobEvent, finished
from .job_folder import JobFolder, job_folder
from .kept_solve import photos_key
from .last_words import tell_end
from .made_file import MadeFile, made_file
from .order_facts import Wanted, drop_unfit_checkpoint, order_facts
from .pipeline import Bench, Tools, find_cameras, train
from .presets import cloud_presets, splat_budget
from .protocol import JobClient
from .results import read_metrics, seconds_by_stage, write_metrics
from .sender import Sender
from .solve import Solved
from .stop import Stop
from .undistort import photos_model
from .uploads import complete, put_files
from .watch import Watch

__all__ = ["End", "Workplace", "run_job"]

log = logging.getLogger(__name__)

#: Of a job's time, what is kept for the files and their way to the cloud.
_finish_share, _least_finish_seconds, _most_finish_seconds = 0.1, 5.0, 300.0
#: A preview is for looking at while one waits; a larger one is not worth its way.
_most_preview_bytes = 300_000_000
_courier_seconds = 5.0


def _nothing(_: object) -> None:
    return None


@dataclass(frozen=True)
class Workplace:
    """What the jobs of a worker have in common."""

    #: Folder of the worker; a job has one of its own in it.
    work: Path
    #: Random for every start of the trainer.
    holder: str
    #: auto, gsplat or webgpu.
    engine: str = "auto"
    emit: Emit = _nothing
    #: A line for the person at the machine.
    note: Callable[[str], None] = _nothing
    #: The worker is to end: the job is interrupted.
    stop: Stop = field(default_factory=Stop)
    #: In place of what the order says, for small machines and tests.
    preset: Preset | None = None
    steps: int | None = None
    max_splats: int | None = None
    width_px: int | None = None
    #: In place of the order's own apiBase.
    origin: str | None = None
    transport: httpx.BaseTransport | None = None
    tools: Tools = field(default_factory=Tools)


def run_job(answer: PullAnswer, workplace: Workplace) -> End:
    """Does one job. Raises nothing for what the cloud, the engine or the disk does; a bug is told to the cloud and written to the log."""
    spec = answer["spec"]
    folder = job_folder(workplace.work, spec["jobId"])
    if folder is None:
        return End("lost", "The job has a name that is none of a folder.")
    stop = Stop()
    max_seconds = spec["limits"]["maxSeconds"]
    line = JobClient(spec, stop=stop, origin=workplace.origin, transport=workplace.transport)
    with line as client, Watch(workplace.stop, stop) as watch:
        try:
            claim = client.claim(answer["externalId"], workplace.holder)
        except Exception as error:  # noqa: BLE001 (end_of tells what it means)
            return end_of(error, stop.reason, max_seconds)
        watch.limit(max_seconds)
        job = _Job(spec, folder, workplace, stop, client)
        job.sender = Sender(client, claim, lambda: stop.set("cancelled"), job.lose)
        end = job.do()
        watch.limit(None)
        job.conclude(end)
    return end


class _Job:
    sender: Sender

    def __init__(
        self, spec: TrainSpec, folder: JobFolder, workplace: Workplace, stop: Stop, client: JobClient
    ) -> None:
        self.spec, self.folder, self.workplace, self.stop, self.client = spec, folder, workplace, stop, client
        self.start = time.monotonic()
        self.lost_detail = ""
        preset = workplace.preset or cloud_presets[spec["preset"]]
        steps, limit = workplace.steps, spec["limits"]["maxSplats"]
        splats = workplace.max_splats or splat_budget(preset, steps, limit)
        self.wanted = Wanted(preset, steps, splats, workplace.width_px)
        self.bench = Bench(folder, workplace.tools, self.tell, stop, workplace.note)
        self.checkpoints = CheckpointLine(folder, workplace.tools.undistort)
        self.courier: Courier | None = None
        #: Of the stages that no engine sees.
        self.seconds: dict[str, float] = {}

    @property
    def elapsed_seconds(self) -> float:
        """Since the claim. All of it is GPU time to be accounted for: the machine is rented for the photos and the files too."""
        return time.monotonic() - self.start

    def _connect(self, stop: Stop) -> JobClient:
        """A line of its own."""
        transport = self.workplace.transport
        return JobClient(self.spec, stop=stop, origin=self.client.origin, transport=transport)

    def lose(self, detail: str) -> None:
        self.lost_detail = detail
        self.stop.set("lost")

    def tell(self, event: JobEvent) -> None:
        """To the person at the machine, and to the cloud; previews and checkpoints go by the courier."""
        if event["type"] == "preview-ready":
            return self._send_preview()
        self.workplace.emit(event)
        # How it ends is told by the calls made for that.
        if event["type"] not in ("finished", "failed"):
            self.sender.push(scrubbed_event(event, self.folder.path))
        if self.courier is not None and self.checkpoints.is_due():
            self.courier.send("checkpoint", self.checkpoints.make)

    def do(self) -> End:
        try:
            self._steps()
        except Exception as error:  # noqa: BLE001 (end_of tells what it means)
            end = end_of(error, self.stop.reason, self.spec["limits"]["maxSeconds"])
            self._note_error(error, end)
            return End(end.kind, self.lost_detail) if self.stop.reason == "lost" else end
        self.tell(finished())
        return End("completed")

    def _note_error(self, error: Exception, end: End) -> None:
        """What the cloud is not told: the last words of an engine, the stack of a bug."""
        for words in getattr(error, "__notes__", []):
            self.workplace.note(words)
        if end.kind == "failed" and "The trainer broke off" in end.detail:
            log.error("A bug ended the job:\n%s", "".join(traceback.format_exception(error)))

    def _steps(self) -> None:
        engine = self.workplace.tools.choose(self.workplace.engine, self.workplace.note)
        self.folder.make()
        photos, solved = self._cameras(engine)
        metrics = self._train(engine, solved)
        facts = {"engine": engine.name, "preset": self.wanted.preset, "photos": photos}
        files, seconds = self._files(solved, metrics, facts)
        put_files(self.client, files)
        told = read_metrics(
            engine.name,
            metrics,
            photos=photos,
            registered=solved.registered,
            gpu_seconds=self.elapsed_seconds,
            seconds=seconds,
        )
        complete(self.client, self.sender, files, told)

    def _cameras(self, engine: Engine) -> tuple[int, Solved]:
        """Brings the photos and finds their cameras. How many photos the order has, and the cameras."""
        start = time.monotonic()
        photos = fetch_photos(self.client, self.folder.photos, self.tell, self.stop)
        self.workplace.note(f"{self.spec['jobId']}: {len(photos)} photos are here.")
        key = photos_key(self.folder.photos, [photo.name for photo in photos], self.stop)
        check = self.workplace.tools.check_photos
        report = check(self.folder.photos, self.tell, self.stop, into=self.folder.checked)
        self.checkpoints.restore(self.client, key, self.stop, self.workplace.note)
        self.seconds["read"] = time.monotonic() - start
        solved = find_cameras(self.bench, key, report.folder, engine, self.wanted.seed)
        self.seconds.update(solved.seconds)
        facts = order_facts(key, engine.name, self.wanted)
        self.checkpoints.begin(facts, solved)
        drop_unfit_checkpoint(self.folder, facts)
        return len(photos), solved

    def _train(self, engine: Engine, solved: Solved) -> Metrics:
        # Its calls end without the job's: a large checkpoint on its way must not hold up the result.
        stop = Stop()
        with self._connect(stop) as client:
            client.lease_until_ms = self.client.lease_until_ms
            self.courier = courier = Courier(lambda file: put_files(client, [file]))
            try:
                return train(
                    self.bench, engine, solved, self.wanted, self._seconds_to_train(), has_preview=True
                )
            finally:
                self.courier = None
                courier.end(0 if self.stop.is_set else _courier_seconds)
                stop.set("interrupted")

    @property
    def _finish_seconds(self) -> float:
        share = _finish_share * self.spec["limits"]["maxSeconds"]
        return min(_most_finish_seconds, max(_least_finish_seconds, share))

    def _seconds_to_train(self) -> float:
        """Until training has to be scored and saved, so that the files are still in time."""
        limit = float(self.spec["limits"]["maxSeconds"])
        return max(1.0, limit - self._finish_seconds - self.elapsed_seconds)

    def _send_preview(self) -> None:
        if self.courier is None:
            return
        taken = self.folder.preview.with_name(f"sent-{self.folder.preview.name}")

        def make() -> MadeFile | None:
            # Under another name, for the engine may write the next one at any moment.
            self.folder.preview.replace(taken)
            return made_file("preview", taken) if 0 < taken.stat().st_size <= _most_preview_bytes else None

        def arrived() -> None:
            event: JobEvent = {"type": "preview-ready"}
            self.workplace.emit(event)
            self.sender.push(event)

        self.courier.send("preview", make, arrived)

    def _files(
        self, solved: Solved, metrics: Metrics, facts: dict[str, object]
    ) -> tuple[list[MadeFile], dict[str, float]]:
        """The files of the result, and the seconds that it all took. `facts`: for metrics.json."""
        start, out, folder = time.monotonic(), self.folder.out, self.folder
        seconds = seconds_by_stage(self.seconds, metrics, 0.0)
        write_metrics(out, metrics, **facts, registered=solved.registered, secondsByStage=seconds)
        models = (solved.dataset / "sparse/0", photos_model(solved.dataset))
        until = self.start + self.spec["limits"]["maxSeconds"] - self._finish_seconds / 2
        result = export.Result(out, *models, folder.path / "export", self.stop, until)
        files = export.make_files(self.spec["outputs"], result, self.tell, self.workplace.note)
        return files, seconds_by_stage(self.seconds, metrics, time.monotonic() - start)

    def conclude(self, end: End) -> None:
        """Tells a failure, and removes what nobody will go on from."""
        try:
            if end.kind in ("failed", "interrupted"):
                self.sender.pause()
                will_retry = tell_end(
                    end,
                    connect=self._connect,
                    checkpoint=self.checkpoints.make,
                    folder=self.folder.path,
                    gpu_seconds=self.elapsed_seconds,
                    outer=self.workplace.stop,
                    note=self.workplace.note,
                )
                # Another attempt, if it is made here, goes on from the folder.
                if not will_retry:
                    self.folder.remove()
        except Exception as error:  # noqa: BLE001 (the lease runs out by itself)
            self.workplace.note(f"The cloud could not be told how the job ended: {error}")
        finally:
            self.sender.end()
        if end.kind in ("completed", "cancelled"):
            self.folder.remove()
