"""A web server on loopback that answers as it is told to, faults included.

Belongs here: the transport and its faults, for anything served over it. Does not belong here: what is served.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Asked:
    """One request: the path without query, its parameters (of the query or a form), its headers in lower case."""

    method: str
    path: str
    parameters: dict[str, str]
    headers: dict[str, str]


@dataclass(frozen=True)
class Answer:
    """What is sent. ``cut_after`` bytes the connection is closed; ``pause_s`` comes before every byte of the body.

    Without ``has_length`` only the end of the connection says where the body ends.
    """

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut_after: int | None = None
    pause_s: float = 0.0
    has_length: bool = True

    @staticmethod
    def of_json(value: Any) -> Answer:
        """An answer that holds JSON."""
        return Answer(json.dumps(value).encode(), headers={"Content-Type": "application/json"})


Serve = Callable[[Asked], Answer]
# A fault looks at a request and the answer that it would get; None lets another one have its turn later.
Fault = Callable[[Asked, Answer], Answer | None]


class WebServer:
    """Serves what ``serve`` answers, after the faults that wait: each is used once, in order, where it fits."""

    def __init__(self, serve: Serve) -> None:
        self.serve = serve
        self.faults: list[Fault] = []
        self.asked: list[Asked] = []
        self._lock = threading.Lock()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))

    @property
    def address(self) -> str:
        """Address without a slash at the end."""
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def answer(self, asked: Asked) -> Answer:
        """The answer to a request, spoilt by the first fault that fits."""
        with self._lock:
            self.asked.append(asked)
            given = self.serve(asked)
            for place, fault in enumerate(self.faults):
                spoilt = fault(asked, given)
                if spoilt is not None:
                    del self.faults[place]
                    return spoilt
            return given

    @contextmanager
    def running(self) -> Iterator[WebServer]:
        """Serve until the block ends."""
        thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._http.shutdown()
            self._http.server_close()
            thread.join(timeout=10)


def _handler(server: WebServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def _answer(self) -> None:
            form = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            parts = urlsplit(self.path)
            asked = Asked(
                self.command,
                parts.path,
                dict(parse_qsl(parts.query) + parse_qsl(form)),
                {name.lower(): value for name, value in self.headers.items()},
            )
            given = server.answer(asked)
            self.send_response(given.status)
            if given.has_length:
                self.send_header("Content-Length", str(len(given.body)))
            for name, value in given.headers.items():
                self.send_header(name, value)
            self.end_headers()
            body = given.body if given.cut_after is None else given.body[: given.cut_after]
            try:
                if given.pause_s:
                    for place in range(len(body)):
                        time.sleep(given.pause_s)
                        self.wfile.write(body[place : place + 1])
                else:
                    self.wfile.write(body)
            except OSError:
                pass  # the client has had enough
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    return Handler


def instead(answer: Answer, path: str = "", **parameters: str) -> Fault:
    """A fault: another answer, to a request whose path ends so and whose parameters are these."""

    def fault(asked: Asked, _given: Answer) -> Answer | None:
        fits = asked.path.endswith(path) and parameters.items() <= asked.parameters.items()
        return answer if fits else None

    return fault
