"""The client: asking a web server over and over until it answers, within limits.

Belongs here: trying again and how long to wait, timeouts, the cap on size, where a redirect may lead, tokens.
Connections and retries are httpx's and stamina's. Does not belong here: which answer is good (``answers``), what is
asked for (``arcgis``, ``files``).
"""

from __future__ import annotations

import ipaddress
import logging
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import httpx
import stamina
import stamina.instrumentation

from pipeline.fetch.answers import FetchFailed, NotNow, PassingFault, check_status, plain, read_json
from pipeline.settings import Settings

T = TypeVar("T")
Progress = Callable[[str], None]

AGENT = "isw-strikes"
REDIRECTS = 5
WAIT_FIRST_S, WAIT_MOST_S = 1.0, 60.0

# What is tried again is told as progress; stamina would log it beside that.
stamina.instrumentation.set_on_retry_hooks(())
# Both log addresses with their queries, which can hold what is nobody's business: a signature, a session.
for noisy in ("httpx", "httpcore"):
    logging.getLogger(noisy).setLevel(logging.WARNING)


class Client:
    """Asks web servers.

    Args:
        settings: gives attempts, timeouts in seconds and the cap on size in bytes.
        token: sent as bearer token to the host that is asked, and to no host that it redirects to.
        on_progress: told lines: what comes, and what is asked again and why.
    """

    def __init__(self, settings: Settings, token: str | None = None, on_progress: Progress = lambda _: None) -> None:
        self.settings = settings
        self.on_progress = on_progress
        self._http = httpx.Client(
            headers={"User-Agent": AGENT, **({"Authorization": f"Bearer {token}"} if token else {})},
            timeout=settings.fetch_timeout_s,
            follow_redirects=True,
            max_redirects=REDIRECTS,
            event_hooks={"response": [_check_redirect]},
        )

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def ask(self, address: str, parameters: Mapping[str, str], *, post: bool = False) -> dict[str, Any]:
        """Ask for a JSON object, again while a fault may pass.

        Args:
            address: where; without a query.
            parameters: what, as a query, or as a form where ``post``.
            post: for what is too long for an address.

        Raises:
            FetchFailed: the server refuses, gives no JSON object, has moved elsewhere, or a fault does not pass.
        """

        def once() -> dict[str, Any]:
            sent = {"data": parameters} if post else {"params": parameters}
            with self.open("POST" if post else "GET", address, **sent) as response:
                if plain(response.url) != plain(address):
                    raise FetchFailed(
                        f"{plain(address)} has moved to {plain(response.url)}: look whether it is the same, "
                        "then change `address` in the theatre's file"
                    )
                return read_json(address, b"".join(self.chunks(response, cap="max_document_bytes")))

        return self.again(once)

    def again(self, action: Callable[[], T]) -> T:
        """Do something, again after a growing wait while a fault may pass.

        Raises:
            FetchFailed: none would mend it; as ``NotNow`` where all were made.
        """
        try:
            for attempt in stamina.retry_context(
                on=_may_pass,
                attempts=self.settings.fetch_attempts,
                timeout=None,
                wait_initial=WAIT_FIRST_S,
                wait_max=WAIT_MOST_S,
            ):
                with attempt:
                    try:
                        return action()
                    except PassingFault as fault:
                        if attempt.num < self.settings.fetch_attempts:
                            self.on_progress(f"{fault}; asking again")
                        raise
        except PassingFault as fault:
            tries = f"asked {self.settings.fetch_attempts} times"
            raise NotNow(f"{fault} ({tries}; nothing was taken). Try again later", fault.status) from None
        raise AssertionError("unreachable")

    @contextmanager
    def open(self, method: str, address: str, **sent: Any) -> Iterator[httpx.Response]:
        """An answer with a good status, its body not yet read; faults while it is read are told apart too.

        Raises:
            PassingFault: another try may mend it.
            FetchFailed: none will.
        """
        try:
            with self._http.stream(method, address, **sent) as response:
                check_status(address, response)
                yield response
        except (httpx.UnsupportedProtocol, httpx.TooManyRedirects, httpx.InvalidURL) as error:
            raise FetchFailed(f"{plain(address)} redirects where it may not be followed: {error}") from None
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise PassingFault(f"{plain(address)}: {_in_words(error)}") from None

    def chunks(self, response: httpx.Response, before: int = 0, cap: str = "max_export_bytes") -> Iterator[bytes]:
        """The body of an answer, within a cap on size and the deadline; ``before`` bytes came in another answer.

        Raises:
            FetchFailed: it is larger than the cap.
            PassingFault: it takes longer than the deadline.
        """
        most, size = getattr(self.settings, cap), before
        length = response.headers.get("content-length", "")
        if length.isdecimal() and size + int(length) > most:
            raise over_cap(self.settings, plain(response.url), cap)
        end = time.monotonic() + self.settings.fetch_deadline_s
        for chunk in response.iter_bytes():  # as it comes: of a size, a dripping server would be waited for
            size += len(chunk)
            if size > most:
                raise over_cap(self.settings, plain(response.url), cap)
            if time.monotonic() > end:
                raise PassingFault(f"{plain(response.url)}: no end within {self.settings.fetch_deadline_s:g} s")
            yield chunk


def over_cap(settings: Settings, address: str, name: str = "max_export_bytes") -> FetchFailed:
    """A refusal because something is larger than the cap of that name."""
    cap = f"{name} = {getattr(settings, name):,} (ISW_{name.upper()})"
    return FetchFailed(f"{address}: larger than {cap}; nothing was taken. Raise the cap if you trust it")


def _may_pass(error: Exception) -> bool | float:
    if not isinstance(error, PassingFault):
        return False
    return True if error.wait_s is None else error.wait_s


def _check_redirect(response: httpx.Response) -> None:
    """Refuse a redirect that leaves https, or leads from the internet into a private network."""
    if not response.has_redirect_location:
        return
    target = response.url.join(response.headers["location"])
    if response.url.scheme == "https" and target.scheme != "https":
        raise FetchFailed(f"{plain(response.url)} redirects from https to {target.scheme}, which is not followed")
    if _is_private(target.host) and not _is_private(response.url.host):
        raise FetchFailed(f"{plain(response.url)} redirects into a private network, which is not followed")


def _is_private(host: str) -> bool:
    """True where a host has an address that is not of the internet."""
    try:
        found = {str(info[4][0]).partition("%")[0] for info in socket.getaddrinfo(host, None)}
    except (OSError, UnicodeError):
        return False  # nobody's address; asking it will say so
    return not all(ipaddress.ip_address(address).is_global for address in found)


def _in_words(error: httpx.RequestError) -> str:
    if isinstance(error, httpx.ConnectTimeout | httpx.ConnectError):
        return f"cannot be reached ({error})"
    if isinstance(error, httpx.TimeoutException):
        return "the server fell silent"
    if isinstance(error, httpx.DecodingError):
        return "the answer is compressed wrongly"
    return f"the answer was cut off ({error})"
