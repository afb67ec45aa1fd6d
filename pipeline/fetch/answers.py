"""Answers: which ones are good, which faults may pass, and which will not.

Belongs here: statuses, ``Retry-After``, an error under status 200, a page instead of JSON; the words for each. No
message holds a token or a query: an address is told without what follows its path.
Does not belong here: asking (``client``), what is asked for (``arcgis``, ``files``).
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import httpx

from pipeline.errors import UserError
from pipeline.theatres.live import STORES

# A server that wants to be left alone for longer is left alone: the next run asks again.
RETRY_AFTER_MOST_S = 300.0
# Statuses, and ArcGIS's codes of errors under status 200, that are worth another try.
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
TOKEN_CODES = frozenset({401, 403, 498, 499})
TOKEN_HINT = "Name the environment variable of a valid token as `token_env`, or ask the publisher"  # noqa: S105 - a hint
HTML = re.compile(rb"\s*(?:<!doctype\s+html|<html)", re.IGNORECASE)
TITLE = re.compile(rb"<title[^>]*>\s*([^<]{1,200})", re.IGNORECASE)
LONGEST = 200


class FetchFailed(UserError):
    """A source could not be fetched; nothing of it was taken. ``status`` is the server's code where it gave one."""

    def __init__(self, told: str, status: int | None = None) -> None:
        super().__init__(told)
        self.status = status


class NotNow(FetchFailed):
    """A fault that may pass did not, however often the server was asked."""


class PassingFault(Exception):
    """Something that another try may mend; ``wait_s`` is how long the server asks to wait."""

    def __init__(self, told: str, wait_s: float | None = None, status: int | None = None) -> None:
        super().__init__(told)
        self.wait_s = wait_s
        self.status = status


def plain(address: str | httpx.URL) -> str:
    """An address as it may be told: without user, query and fragment. What stands before a store's @ is no user."""
    url = httpx.URL(address).copy_with(query=None, fragment=None)
    return str(url if url.scheme in STORES else url.copy_with(userinfo=b""))


def page_instead(head: bytes) -> str | None:
    """What a body that is an HTML page says, in words; None for any other body."""
    if not HTML.match(head):
        return None
    found = TITLE.search(head)
    title = _printable(found.group(1).decode("utf-8", "replace").strip()) if found else ""
    return "a web page" + (f" ({title})" if title else "")


def check_status(address: str, response: httpx.Response) -> None:
    """Check that an answer's status is good; one that says "not changed" or "no such range" is.

    Raises:
        PassingFault: another try may mend it.
        FetchFailed: none will, or the server asks to be left alone for long.
    """
    status = response.status_code
    if response.is_success or status in {HTTPStatus.NOT_MODIFIED, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE}:
        return
    told = f"{plain(address)}: the server answers {status} {response.reason_phrase}".rstrip()
    if status not in PASSING:
        raise FetchFailed(told + (f". {TOKEN_HINT}" if status in TOKEN_CODES else ""), status)
    wait_s = _retry_after(response.headers.get("retry-after"))
    if wait_s is not None and wait_s > RETRY_AFTER_MOST_S:
        raise FetchFailed(f"{told} and asks to be left alone for {wait_s:,.0f} s. Try again after that", status)
    raise PassingFault(told, wait_s, status)


def _retry_after(text: str | None) -> float | None:
    """Seconds that a ``Retry-After`` header asks for: a number or a date (RFC 9110, 10.2.3)."""
    if text is None:
        return None
    if text.strip().isdecimal():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):  # a year of eleven digits
        return None
    return max(0.0, (moment - datetime.now(UTC)).total_seconds()) if moment.tzinfo else None


def read_json(address: str, body: bytes) -> dict[str, Any]:
    """The JSON object that a server answers.

    Raises:
        PassingFault: there is none, or an error instead that may pass.
        FetchFailed: there is an error instead that will not.
    """
    page = page_instead(body)
    if page:
        raise PassingFault(f"{plain(address)}: {page} instead of JSON")
    try:
        answer = json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise PassingFault(f"{plain(address)}: {body[:40]!r}… is no JSON") from None
    if not isinstance(answer, dict):
        raise PassingFault(f"{plain(address)}: no JSON object")
    if answer.get("error") is not None:
        raise _error_under_200(address, answer["error"])
    return answer


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON")


def _error_under_200(address: str, error: Any) -> Exception:
    """What an ArcGIS server's ``error`` body means, which comes under status 200."""
    told = error if isinstance(error, dict) else {"message": error}
    code = told.get("code") if isinstance(told.get("code"), int) else None
    details = told.get("details")
    said = [told.get("message"), *(details if isinstance(details, list) else [details])]
    words = "; ".join(dict.fromkeys(_printable(str(part)) for part in said if part)) or "no message"
    message = f"{plain(address)}: the server's error{'' if code is None else f' {code}'}: {words}"
    if code is not None and code not in PASSING:
        return FetchFailed(message + (f". {TOKEN_HINT}" if code in TOKEN_CODES else ""), code)
    return PassingFault(message, status=code)


def _printable(text: str) -> str:
    """The beginning of a server's words, without what would steer a terminal."""
    return "".join(letter if letter.isprintable() else " " for letter in text[:LONGEST])
