"""A cloud in a thread of the test: the server's end of the trainer protocol over real HTTP, which can be told to fail.

Invariant: every request is checked against the JSON Schema and its signature, by code that shares nothing with the trainer's; what is wrong
with one is refused and noted in `violations`.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import re
import socket
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from jsonschema import Draft202012Validator

_schema = json.loads(
    (Path(__file__).resolve().parents[1] / "schema" / "trainer.schema.json").read_text("utf-8")
)
_validators = {name: Draft202012Validator(each) for name, each in _schema["$defs"].items()}
#: In the query of every address of a file; must never be seen in a log.
ADDRESS_SECRET = "address-secret"
WORKER_TOKEN = "worker-token"
_most_attempts = 3


@dataclass
class Fault:
    """What a request meets in place of its answer."""

    kind: str
    status: int = 503
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    count: int = 0
    seconds: float = 0


def status(code: int, message: str = "Not now.", retry_after: str | None = None) -> Fault:
    headers = {} if retry_after is None else {"retry-after": retry_after}
    return Fault(
        "status", code, headers, json.dumps({"error": {"code": "fault", "message": message}}).encode()
    )


def page() -> Fault:
    """Something between here and the cloud answers for it."""
    return Fault("status", 200, {"content-type": "text/html"}, b"<!doctype html><title>Log in</title>")


def other_answer(data: object) -> Fault:
    return Fault("status", 200, {}, json.dumps(data).encode())


def redirect(url: str, code: int = 302) -> Fault:
    return Fault("status", code, {"location": url})


def cut() -> Fault:
    """The connection ends before there is an answer; nothing has been done."""
    return Fault("cut")


def cut_after() -> Fault:
    """The connection ends before there is an answer; what was asked for has been done."""
    return Fault("cut-after")


def cut_body(count: int) -> Fault:
    """The connection ends after so many bytes of the body."""
    return Fault("cut-body", count=count)


def short_body(count: int) -> Fault:
    """So many bytes of the body, announced as if they were all."""
    return Fault("short-body", count=count)


def altered() -> Fault:
    """The right number of bytes, one of them another."""
    return Fault("altered")


def longer() -> Fault:
    """More bytes than were announced."""
    return Fault("longer")


def hang(seconds: float) -> Fault:
    """No answer for so long, then the right one."""
    return Fault("hang", seconds=seconds)


@dataclass
class FakeJob:
    id: str
    photos: dict[str, bytes]
    preset: str = "preview"
    outputs: tuple[str, ...] = ("ply",)
    checkpoint: bytes | None = None
    lease_seconds: float = 60
    max_seconds: int = 3600
    max_splats: int = 1_000_000
    attempt: int = 1
    #: queued, given, held, completed, failed, cancelled
    state: str = "queued"
    worker: tuple[str, str] = ("", "")
    holder: str | None = None
    is_cancelled: bool = False
    last_seq: int = 0
    #: Of all attempts, each once.
    events: list[dict[str, Any]] = field(default_factory=list)
    announced: dict[str, dict[str, Any]] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    metrics: dict[str, Any] | None = None
    #: FailRequests, the last one last.
    failures: list[dict[str, Any]] = field(default_factory=list)
    #: Addresses of an older version are refused.
    version: int = 0

    @property
    def secret(self) -> str:
        return hashlib.sha256(f"secret of {self.id} {self.attempt}".encode()).hexdigest()

    @property
    def token(self) -> str:
        return f"jwt.{self.id}.{self.attempt}"


@dataclass(frozen=True)
class Seen:
    """A request that arrived."""

    at: float
    label: str
    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


class Refusal(Exception):
    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


@dataclass(frozen=True)
class Response:
    status: int
    body: bytes = b""


class FakeCloud:
    """`with FakeCloud() as cloud:`; `cloud.origin` is where it answers."""

    def __init__(self) -> None:
        self.jobs: dict[str, FakeJob] = {}
        self.seen: list[Seen] = []
        self.violations: list[str] = []
        self._faults: list[tuple[str, str | None, Fault, list[int | None]]] = []
        self.lock = threading.RLock()
        self._port = 0
        self._server: _Server | None = None
        self.closing = threading.Event()

    def __enter__(self) -> FakeCloud:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Answers; after a stop at the same address as before."""
        self.closing.clear()
        self._server = _Server(self, self._port)
        self._port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Goes away: whatever is open is cut."""
        self.closing.set()
        server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.server_close()
            server.cut_all()

    def add_job(self, job_id: str, photos: dict[str, bytes], **more: Any) -> FakeJob:
        """A job that waits for a worker. `more`: fields of FakeJob."""
        with self.lock:
            self.jobs[job_id] = FakeJob(job_id, photos, **more)
            return self.jobs[job_id]

    def spec(self, job: FakeJob) -> dict[str, Any]:
        """What a trainer is started with for the job's attempt."""
        return {
            "v": 1,
            "jobId": job.id,
            "attempt": job.attempt,
            "apiBase": self.origin,
            "token": job.token,
            "secret": job.secret,
            "preset": job.preset,
            "limits": {"maxImages": 1000, "maxSeconds": job.max_seconds, "maxSplats": job.max_splats},
            "outputs": list(job.outputs),
            "requestId": "request-1",
        }

    def cancel(self, job: FakeJob) -> None:
        """The person does not want it any more; the trainer hears of it with its next events."""
        job.is_cancelled = True

    def take_away(self, job: FakeJob) -> None:
        """Another attempt has begun elsewhere."""
        with self.lock:
            job.attempt += 1
            job.holder = "somebody else"

    def expire_addresses(self, job: FakeJob) -> None:
        with self.lock:
            job.version += 1

    def fault(self, label: str, fault: Fault, times: int | None = 1, where: str | None = None) -> None:
        """The next `times` requests of this label meet it; None: all. Labels: pull, claim, manifest, events, outputs, complete, fail,
        photo, checkpoint, put. `where`: only the photo of that name, or the output of that kind.
        """
        with self.lock:
            self._faults.append((label, where, fault, [times]))

    def heal(self) -> None:
        """No more faults."""
        with self.lock:
            self._faults.clear()

    def next_fault(self, label: str, where: str) -> Fault | None:
        with self.lock:
            for wanted, place, fault, left in self._faults:
                if wanted != label or (place is not None and place != where) or left[0] == 0:
                    continue
                if left[0] is not None:
                    left[0] -= 1
                return fault
        return None

    def calls(self, label: str) -> list[Seen]:
        with self.lock:
            return [each for each in self.seen if each.label == label]

    # What is answered.

    def violation(self, text: str, code: int = 400) -> Refusal:
        self.violations.append(text)
        return Refusal(code, text)

    def parse(self, name: str, body: bytes) -> Any:
        def no_number(word: str) -> None:
            raise ValueError(word)

        try:
            data = json.loads(body, parse_constant=no_number)
        except ValueError as no_json:
            raise self.violation(f"{name}: no JSON: {no_json}") from None
        for error in _validators[name].iter_errors(data):
            raise self.violation(f"{name}: {error.json_path}: {error.message}")
        return data

    def answer(self, seen: Seen, where: str) -> Response:
        path = urlsplit(seen.target).path
        with self.lock:
            if seen.label in ("photo", "checkpoint", "put"):
                return self._file(seen, where)
        if seen.label == "pull":
            return self._pull(seen)
        with self.lock:
            job = self.jobs.get(path.split("/")[4])
            if job is None:
                raise Refusal(404, "There is no such job.")
            self._authenticate(seen, job)
            return Response(200, json.dumps(getattr(self, f"_{seen.label}")(job, seen.body)).encode())

    def _authenticate(self, seen: Seen, job: FakeJob) -> None:
        match = re.fullmatch(r"t=([0-9]{1,12}),v1=([0-9a-f]{64})", seen.headers.get("x-splat-signature", ""))
        if match is None:
            raise self.violation(f"{seen.label}: the call is not signed", 401)
        if abs(time.time() - int(match[1])) > 300:
            raise self.violation(f"{seen.label}: the signature is old", 401)
        if seen.headers.get("authorization") != f"Bearer {job.token}":
            raise Refusal(409, "This attempt is over: another one has begun or the job has ended.")
        mac = hmac.new(bytes.fromhex(job.secret), digestmod=hashlib.sha256)
        for part in (match[1], ".", seen.method, ".", seen.target, "."):
            mac.update(part.encode("ascii"))
        mac.update(seen.body)
        if not hmac.compare_digest(mac.hexdigest(), match[2]):
            raise self.violation(f"{seen.label}: the signature is wrong", 401)

    def _pull(self, seen: Seen) -> Response:
        request = self.parse("PullRequest", seen.body)
        if seen.headers.get("authorization") != f"Bearer {WORKER_TOKEN}":
            raise Refusal(401, "This is no token of a worker that is wanted here.")
        self._greet(request["workerId"], request["instance"])
        end = time.monotonic() + request.get("waitSeconds", 0)
        while True:
            with self.lock:
                job = next((each for each in self.jobs.values() if each.state == "queued"), None)
                if job is not None:
                    job.state, job.worker = "given", (request["workerId"], request["instance"])
                    data = {"spec": self.spec(job), "externalId": f"run-{job.id}-{job.attempt}"}
                    return Response(200, json.dumps(data).encode())
            if time.monotonic() > end or self.closing.wait(0.02):
                return Response(204)

    def _greet(self, worker: str, instance: str) -> None:
        """What a worker held that was started again goes back to the queue."""
        with self.lock:
            for job in self.jobs.values():
                is_its = job.worker[0] == worker and job.worker[1] != instance
                if is_its and job.state in ("given", "held"):
                    self._queue_again(job)

    def _queue_again(self, job: FakeJob) -> None:
        job.attempt, job.state, job.holder, job.last_seq = job.attempt + 1, "queued", None, 0
        job.announced.clear()

    def _claim(self, job: FakeJob, body: bytes) -> object:
        request = self.parse("ClaimRequest", body)
        if job.state not in ("queued", "given", "held") or job.holder not in (None, request["holder"]):
            raise Refusal(409, "Somebody else holds this attempt, or it is over: leave.")
        job.state, job.holder = "held", request["holder"]
        return {"leaseUntil": 1000 * (time.time() + job.lease_seconds), "lastSeq": job.last_seq}

    def _require_held(self, job: FakeJob, request: Mapping[str, Any]) -> None:
        if job.state != "held" or request.get("attempt", job.attempt) != job.attempt:
            raise Refusal(409, "This attempt is over: another one has begun or the job has ended.")

    def _manifest(self, job: FakeJob, body: bytes) -> object:
        if body != b"":
            raise self.violation("manifest: a GET has no body")
        self._require_held(job, {})
        images = [
            {"name": name, **_facts(photo), "url": self._address(job, "photos", name)}
            for name, photo in job.photos.items()
        ]
        checkpoint = job.checkpoint
        kept = None
        if checkpoint is not None:
            kept = {**_facts(checkpoint), "url": self._address(job, "checkpoints", "last")}
        return {"preset": job.preset, "images": images, "checkpoint": kept}

    def _events(self, job: FakeJob, body: bytes) -> object:
        request = self.parse("EventsRequest", body)
        self._require_held(job, request)
        for event in request["events"]:
            if event["seq"] > job.last_seq + 1:
                self.violations.append(f"events: number {event['seq']} follows {job.last_seq}")
            if event["seq"] > job.last_seq:
                job.last_seq = event["seq"]
                job.events.append(event["event"])
        if job.is_cancelled:
            job.state = "cancelled"
        lease_until = 1000 * (time.time() + job.lease_seconds)
        return {"cancel": job.is_cancelled, "leaseUntil": lease_until, "lastSeq": job.last_seq}

    def _outputs(self, job: FakeJob, body: bytes) -> object:
        request = self.parse("OutputsRequest", body)
        self._require_held(job, request)
        places = []
        for file in request["outputs"]:
            job.announced[file["kind"]] = file
            url = self._address(job, "outputs", file["kind"])
            places.append(
                {"kind": file["kind"], "url": url, "headers": {"content-type": "application/x-test"}}
            )
        return {"outputs": places}

    def _complete(self, job: FakeJob, body: bytes) -> object:
        request = self.parse("CompleteRequest", body)
        if job.state == "completed" and request["attempt"] == job.attempt:
            return {}
        self._require_held(job, request)
        missing = [
            file["kind"]
            for file in request["outputs"]
            if _facts(job.files.get(file["kind"], b"")) != {"bytes": file["bytes"], "sha256": file["sha256"]}
        ]
        if missing:
            raise Refusal(422, f"Not there as announced: {', '.join(missing)}.")
        job.state, job.metrics = "completed", request["metrics"]
        return {}

    def _fail(self, job: FakeJob, body: bytes) -> object:
        request = self.parse("FailRequest", body)
        self._require_held(job, request)
        job.failures.append(request)
        if request["retryable"] and job.attempt < _most_attempts:
            self._queue_again(job)
            return {"willRetry": True}
        job.state = "failed"
        return {"willRetry": False}

    def _address(self, job: FakeJob, what: str, name: str) -> str:
        # Photos at an absolute address, outputs at a relative one: the protocol allows both.
        origin = "" if what == "outputs" else self.origin
        return f"{origin}/files/{what}/{job.id}/{name}?v={job.version}&sig={ADDRESS_SECRET}"

    def _file(self, seen: Seen, where: str) -> Response:
        address = urlsplit(seen.target)
        query = parse_qs(address.query)
        job = self.jobs[address.path.split("/")[3]]
        if "authorization" in seen.headers or "x-splat-signature" in seen.headers or "cookie" in seen.headers:
            raise self.violation(f"{seen.label}: a secret of the API was sent to the address of a file")
        if query.get("sig") != [ADDRESS_SECRET] or query.get("v") != [str(job.version)]:
            raise Refusal(403, "This address has expired or was not made here; ask for a new one.")
        if seen.label == "photo":
            return Response(200, job.photos[where])
        if seen.label == "checkpoint":
            return Response(200, job.checkpoint or b"")
        return self._put(job, where, seen)

    def _put(self, job: FakeJob, kind: str, seen: Seen) -> Response:
        if "transfer-encoding" in seen.headers or seen.headers.get("content-type") != "application/x-test":
            raise self.violation(f"put {kind}: not as the place says: {dict(seen.headers)}")
        file = job.announced.get(kind)
        if file is None or job.state != "held":
            raise Refusal(403, "The file came too late.")
        if len(seen.body) != file["bytes"]:
            raise Refusal(400, f"The body does not have the {file['bytes']} bytes that were announced.")
        if _facts(seen.body)["sha256"] != file["sha256"]:
            raise Refusal(422, "The SHA-256 of the body is not the one that was announced.")
        job.files[kind] = seen.body
        return Response(200)


def _facts(data: bytes) -> dict[str, Any]:
    return {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def _label_of(method: str, path: str) -> tuple[str, str]:
    """What kind of request it is, and of which file."""
    if (method, path) == ("POST", "/internal/v1/worker/claim"):
        return "pull", ""
    call = re.fullmatch(r"/internal/v1/jobs/[^/]+/(claim|manifest|events|outputs|complete|fail)", path)
    if call and method == ("GET" if call[1] == "manifest" else "POST"):
        return call[1], ""
    file = re.fullmatch(r"/files/(photos|checkpoints|outputs)/[^/]+/([^/]+)", path)
    if file and method == ("PUT" if file[1] == "outputs" else "GET"):
        return {"photos": "photo", "checkpoints": "checkpoint", "outputs": "put"}[file[1]], file[2]
    return "unknown", ""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, cloud: FakeCloud, port: int) -> None:
        self.cloud = cloud
        self.open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), _Handler)

    def cut_all(self) -> None:
        for connection in list(self.open):
            _cut(connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that leaves is no error of the server."""


def _cut(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.server.open.add(self.connection)

    def finish(self) -> None:
        self.server.open.discard(self.connection)
        super().finish()

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        self._handle()

    def do_POST(self) -> None:
        self._handle()

    def do_PUT(self) -> None:
        self._handle()

    def _handle(self) -> None:
        cloud = self.server.cloud
        label, where = _label_of(self.command, urlsplit(self.path).path)
        body = self.rfile.read(int(self.headers.get("content-length", "0")))
        headers = {name.lower(): value for name, value in self.headers.items()}
        seen = Seen(time.monotonic(), label, self.command, self.path, headers, body)
        with cloud.lock:
            cloud.seen.append(seen)
        fault = cloud.next_fault(label, where)
        kind = fault.kind if fault else ""
        if cloud.closing.is_set() or kind == "cut":
            return self._leave()
        if fault and kind == "status":
            return self._send(fault.status, fault.body, fault.headers)
        if fault and kind == "hang":
            cloud.closing.wait(fault.seconds)
        response = self._answer(cloud, seen, where)
        if fault and kind not in ("", "hang"):
            return self._send_badly(response, fault)
        self._send(response.status, response.body, {})

    def _answer(self, cloud: FakeCloud, seen: Seen, where: str) -> Response:
        try:
            if seen.label == "unknown":
                raise cloud.violation(f"nothing is at {seen.method} {seen.target}", 404)
            return cloud.answer(seen, where)
        except Refusal as refusal:
            error = {"error": {"code": "refused", "message": refusal.message}}
            return Response(refusal.code, json.dumps(error).encode())

    def _send_badly(self, response: Response, fault: Fault) -> None:
        body = response.body
        if fault.kind == "altered":
            self._send(response.status, bytes([body[0] ^ 1]) + body[1:], {})
        elif fault.kind == "longer":
            self._send(response.status, body + b"more", {})
        elif fault.kind == "short-body":
            self._send(response.status, body[: fault.count], {})
        elif fault.kind == "cut-body":
            self._send(response.status, body[: fault.count], {"content-length": str(len(body))})
            self._leave()
        else:
            self._leave()

    def _send(self, code: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(code)
        for name, value in {"content-length": str(len(body)), "set-cookie": "seen=1", **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _leave(self) -> None:
        self.close_connection = True
        _cut(self.connection)
