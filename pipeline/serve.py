"""Serving: the published releases over HTTP, on this machine only unless told otherwise.

Belongs here: which file answers which address, and the headers that go with it. A reader who opens ``/`` is sent to
the newest release by its name and stays with it: ``/r/<release>/…``. Does not belong here: anything about the page.
"""

from __future__ import annotations

import re
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# The same policy as in the page itself, and what only a header can say.
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; worker-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
# All else is read, not run: reports carry their styles in themselves, and no file has a script.
DOCUMENT_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
# Said here, as what the system's own list of types says differs from machine to machine.
MEDIA_TYPES = {
    ".columns": "application/octet-stream",
    ".css": "text/css; charset=utf-8",
    ".csv": "text/csv; charset=utf-8",
    ".duckdb": "application/vnd.duckdb",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".md": "text/markdown; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".parquet": "application/vnd.apache.parquet",
    ".pmtiles": "application/vnd.pmtiles",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
RELEASE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
PAGE_PATH = re.compile(r"/r/[^/]+/map/")
NOTHING_YET = "Nothing is published yet: run `isw-strikes run`, then reload.\n"


FOLLOW_SECONDS = 30


def serve(folder: Path, host: str = "127.0.0.1", port: int = 8765, follow: Callable[[], object] | None = None) -> None:
    """Serve until interrupted.

    Args:
        folder: the data folder.
        host: address to listen on.
        port: port to listen on.
        follow: brings the newest release into the folder, where it is published elsewhere; called now and then.

    Raises:
        UserError: the address cannot be listened on.
    """
    import uvicorn  # noqa: PLC0415 - only where something is served

    from pipeline.listening import bind  # noqa: PLC0415 - as above

    listener = bind(host, port)
    if follow is not None:
        threading.Thread(target=_follow, args=(follow,), daemon=True).start()
    shown = f"[{host}]" if ":" in host else host
    print(f"Serving {folder} on http://{shown}:{listener.getsockname()[1]}/ (stop with Ctrl-C)", flush=True)
    config = uvicorn.Config(application(folder), log_level="warning", server_header=False)
    uvicorn.Server(config).run(sockets=[listener])


def _follow(follow: Callable[[], object]) -> None:
    while True:
        try:
            follow()
        except Exception as error:  # whatever a store raises: what is here goes on being served
            print(f"! no newer release could be fetched: {str(error).splitlines()[0]}", file=sys.stderr, flush=True)
        time.sleep(FOLLOW_SECONDS)


def application(folder: Path) -> ASGIApp:
    """The application that serves a data folder.

    Args:
        folder: the data folder, with ``releases/<release>/`` and the link ``latest``; looked at on each request.
    """
    root = folder.resolve()

    def newest(request: Request) -> Response:
        release = _newest(root)
        if release is None:
            return PlainTextResponse(NOTHING_YET, status_code=503)
        return RedirectResponse(f"/r/{release}/map/", status_code=307, headers={"Cache-Control": "no-store"})

    def pinned(request: Request) -> Response:
        return _answer(root / "releases", request)

    routes = [
        Route("/", newest),
        Route("/r/{release}", pinned),
        Route("/r/{release}/{path:path}", pinned),
    ]
    return _SecurityHeaders(Starlette(routes=routes))


def _newest(root: Path) -> str | None:
    """Name of the release that ``latest`` points to."""
    latest = root / "latest"
    if not latest.exists():
        return None
    target = latest.resolve()
    return target.name if target.parent == root / "releases" else None


def _answer(releases: Path, request: Request) -> Response:
    release: str = request.path_params["release"]
    wanted: str = request.path_params.get("path", "")
    if not RELEASE_NAME.fullmatch(release):
        return _not_found()
    home = releases / release
    try:
        path = (home / wanted).resolve()
        is_folder = path.is_dir()
    except (OSError, ValueError):  # a name that no file can have
        return _not_found()
    # Also refuses what a link inside a release would lead out to.
    if path != home and not path.is_relative_to(home):
        return _not_found()
    if is_folder:
        if request.url.path.endswith("/"):
            path /= "index.html"
        elif (path / "index.html").is_file():
            return RedirectResponse(f"{request.url.path}/", status_code=307)
    if not path.is_file():
        return _not_found()
    return _file(path, request.headers)


def _file(path: Path, asked: Headers) -> Response:
    response = FileResponse(
        path,
        media_type=MEDIA_TYPES.get(path.suffix, "application/octet-stream"),
        stat_result=path.stat(),
        # A release never changes; asking again costs a few bytes and forgives a data folder that was made anew.
        headers={"Cache-Control": "no-cache"},
    )
    tags = {tag.strip().removeprefix("W/") for tag in asked.get("if-none-match", "").split(",")}
    if "range" not in asked and response.headers["etag"] in tags:
        kept = {name: response.headers[name] for name in ("etag", "cache-control", "last-modified")}
        return Response(status_code=304, headers=kept)
    return response


def _not_found() -> Response:
    return PlainTextResponse("Not found\n", status_code=404)


class _SecurityHeaders:
    """Adds the security headers to every answer, errors included."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_page = PAGE_PATH.match(scope.get("path", "")) is not None

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers[name] = value
                headers["Content-Security-Policy"] = PAGE_POLICY if is_page else DOCUMENT_POLICY
            await send(message)

        await self.app(scope, receive, send_with_headers)
