"""One HTTP request, one try.

Invariant: redirects are not followed, so what is sent goes to the address it was meant for and to no other; a call ends at once when the
job is stopped, whatever the network does; and no word that leaves here holds the query of an address.
"""

from __future__ import annotations

import json
import logging
import queue
import re
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, NoReturn, TypeVar

import httpx

from .stop import Stop

# Their lines hold whole addresses, and those of files are secrets.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)

_later_codes = frozenset((408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 530))
_lost_codes = frozenset((401, 403, 404, 409, 410))
_words_length = 300
_most_refusal_bytes = 64 * 1024
_most_answer_bytes = 16 * 1024 * 1024
_poll_seconds = 0.1
_stream_timeout = httpx.Timeout(60, connect=15)
#: The other end may look at the whole file before it answers.
_upload_timeout = httpx.Timeout(60, connect=15, read=300)

T = TypeVar("T")


class NoAnswer(Exception):
    """Nobody answered, or not now: the same call may work later."""

    def __init__(self, detail: str, wish_seconds: float | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        #: Retry-After.
        self.wish_seconds = wish_seconds


class Refused(Exception):
    """The same call will not work. `code` and `message` are the server's own where it has any; `body` as sent."""

    def __init__(self, status: int, code: str, message: str, body: str = "") -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.body = status, code, message, body


class Lost(Exception):
    """The attempt, or what was asked for, is not ours or not there (401, 403, 404, 409, 410)."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


@dataclass(frozen=True)
class Reply:
    status: int
    body: bytes


@cache
def _tls() -> ssl.SSLContext:
    """Made once: reading the certificates takes a tenth of a second."""
    return httpx.create_ssl_context()


def without_query(text: str) -> str:
    """The text, with the queries of all addresses in it cut off."""
    return re.sub(r"(https?://[^\s?'\"]*)\?[^\s'\"]*", r"\1", text)


def _refuse(response: httpx.Response) -> NoReturn:
    """Raises what a status other than success means."""
    status = response.status_code
    body = b""
    for chunk in response.iter_bytes():
        body = (body + chunk)[:_most_refusal_bytes]
        if len(body) == _most_refusal_bytes:
            break
    code, message = "", f"The server answered {status}."
    try:
        error = json.loads(body)["error"]
        code = error["code"] if isinstance(error["code"], str) else ""
        message = f"{without_query(error['message'][:_words_length])} ({status})"
    except (ValueError, KeyError, TypeError, IndexError, RecursionError):
        pass  # Something between here and the cloud has answered.
    if 300 <= status < 400:
        raise Refused(status, "redirect", f"The address leads elsewhere ({status}), which is not followed.")
    if status in _later_codes:
        # Only seconds are understood (RFC 9110, section 10.2.3).
        wish = response.headers.get("retry-after", "")
        raise NoAnswer(message, float(wish) if re.fullmatch(r"[0-9]{1,6}", wish) else None)
    if status in _lost_codes:
        raise Lost(status, code, message)
    raise Refused(status, code, message, body.decode("utf-8", "replace"))


def interruptible(work: Callable[[], T], stop: Stop, seconds: float | None = None) -> T:
    """What `work` gives or raises. It runs in a thread of its own and is left behind when the job is stopped or the time is over.

    :raises Stopped: the job was stopped
    :raises NoAnswer: `seconds` are over
    """
    box: queue.SimpleQueue[tuple[T | None, BaseException | None]] = queue.SimpleQueue()

    def run() -> None:
        try:
            box.put((work(), None))
        except BaseException as error:  # noqa: BLE001 (raised again by whoever waits)
            box.put((None, error))

    threading.Thread(target=run, name="call", daemon=True).start()
    end = None if seconds is None else time.monotonic() + seconds
    while True:
        try:
            value, error = box.get(timeout=_poll_seconds)
        except queue.Empty:
            stop.check()
            if end is not None and time.monotonic() > end:
                raise NoAnswer(f"There was no answer within {seconds:g} seconds.") from None
            continue
        if error is not None:
            raise error
        return value  # type: ignore[return-value]


class Line:
    """The requests of one job."""

    def __init__(self, stop: Stop, transport: httpx.BaseTransport | None = None) -> None:
        # Nothing is remembered from one request to the next.
        cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
        headers = {"user-agent": "splat-trainer"}
        self._stop = stop
        self._client = httpx.Client(
            verify=_tls(), transport=transport, follow_redirects=False, cookies=cookies, headers=headers
        )
        self._lock = threading.Lock()
        self._in_flight = 0

    @contextmanager
    def stream(self, method: str, url: str, **given: Any) -> Iterator[httpx.Response]:
        """A success whose body is still to be read; what breaks while it is read is a NoAnswer too.

        :raises NoAnswer, Lost, Refused:
        """
        if not re.match(r"https?://", url):
            raise Refused(0, "bad-address", "An address that is none of the web was given.")
        with self._lock:
            self._in_flight += 1
        try:
            with self._client.stream(method, url, **given) as response:
                if not response.is_success:
                    _refuse(response)
                yield response
        except httpx.InvalidURL:
            raise Refused(0, "bad-address", "An address that cannot be read was given.") from None
        except httpx.HTTPError as error:
            raise NoAnswer(without_query(str(error)) or type(error).__name__) from None
        finally:
            with self._lock:
                self._in_flight -= 1

    def ask(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, seconds: float
    ) -> Reply:
        """One call with a short answer, which must be there, whole, within so many seconds.

        :raises NoAnswer, Lost, Refused, Stopped:
        """
        end = time.monotonic() + seconds
        # Not cut while the call may be held open.
        timeout = httpx.Timeout(max(seconds, 30), connect=15)

        def call() -> Reply:
            with self.stream(method, url, headers=dict(headers), content=body, timeout=timeout) as response:
                came = bytearray()
                for chunk in response.iter_bytes():
                    came += chunk
                    if len(came) > _most_answer_bytes or time.monotonic() > end:
                        raise NoAnswer("The answer has no end.")
                return Reply(response.status_code, bytes(came))

        self._stop.check()
        return interruptible(call, self._stop, seconds)

    @contextmanager
    def download(self, url: str) -> Iterator[Iterator[bytes]]:
        """The bytes of a file, as they come. Runs in the caller's thread, and checks for a stop at every piece.

        :raises NoAnswer, Lost, Refused, Stopped: on entry and while it is read
        """
        self._stop.check()
        headers = {"accept-encoding": "identity"}
        with self.stream("GET", url, headers=headers, timeout=_stream_timeout) as response:
            yield self._checked(response.iter_bytes())

    def put(self, url: str, headers: Mapping[str, str], pieces: Iterable[bytes]) -> None:
        """:raises NoAnswer, Lost, Refused, Stopped:"""

        def call() -> None:
            content = self._checked(pieces)
            with self.stream("PUT", url, headers=dict(headers), content=content, timeout=_upload_timeout):
                pass

        self._stop.check()
        interruptible(call, self._stop)

    def _checked(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            self._stop.check()
            yield piece

    def close(self) -> None:
        """Closes what is open. A call that was left behind keeps its connection: to close it under its thread is not safe."""
        with self._lock:
            if self._in_flight == 0:
                self._client.close()
