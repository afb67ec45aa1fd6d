"""An S3 server on loopback that honours conditional writes, and refuses now and then if told to.

``python s3_server.py BUCKET`` prints its port and serves until it is ended. A number put to ``/-/faults`` makes every
so manieth request fail from then on (0: none): in turn it is refused before anything is done, and done but answered
with an error, as where the line breaks on the way back. ``GET /-/faults`` says how many failed.
"""

from __future__ import annotations

import itertools
import logging
import sys
import threading
from collections.abc import Callable, Iterable
from typing import Any
from urllib.request import Request, urlopen

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

CONTROL = "/-/faults"
App = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Faults:
    """Moto's server behind a fault in every n-th request."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.every = 0
        self.failed = 0
        self.counted = itertools.count(1)
        # Moto compares tags and writes in two steps; a store does so in one.
        self.writing = threading.Lock()

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] == CONTROL:
            return self._control(environ, start)
        number = next(self.counted)
        if self.every and number % self.every == 0:
            self.failed += 1
            if self.failed % 2 == 0:
                list(self._ask(environ, lambda *_: None))
            else:
                environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            return _answer(start, "503 Slow Down" if self.failed % 2 else "500 Internal Error", b"")
        return self._ask(environ, start)

    def _ask(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] in ("GET", "HEAD"):
            return self.app(environ, start)
        with self.writing:
            return list(self.app(environ, start))

    def _control(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] == "PUT":
            self.every = int(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
        return _answer(start, "200 OK", str(self.failed).encode())


def _answer(start: Callable[..., Any], status: str, body: bytes) -> list[bytes]:
    start(status, [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]


def main(bucket: str) -> None:
    """Serve."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    faults = Faults(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, faults, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    urlopen(Request(f"http://127.0.0.1:{server.port}/{bucket}", method="PUT")).close()
    print(server.port, flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main(sys.argv[1])
