"""Files at web addresses: sent only when they changed, and from where the last try was cut off.

Belongs here: conditional requests (``ETag``, ``Last-Modified``), ranges (``Range`` with ``If-Range``), the download.
Does not belong here: connections and retries (``client``), reading the file (``exports``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

import httpx

from pipeline.fetch.answers import FetchFailed, PassingFault, page_instead, plain
from pipeline.fetch.client import Client
from pipeline.fetch.remembered import Memory, Seen
from pipeline.theatres import LiveFile

CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")
HEAD = 1024
TELL_BYTES = 32 * 1024**2


@dataclass(frozen=True)
class Version:
    """What a server says of the version of a file that it sends."""

    etag: str | None
    last_modified: str | None


def fetch_file(client: Client, block: LiveFile, memory: Memory, seen: Seen | None) -> Version | None:
    """Download a file into ``memory.part``.

    A download that is cut off goes on where it stopped, in this fetch or the next, as long as the server says that
    the file is the same version.

    Args:
        client: asks the server.
        block: the address.
        memory: the source's folder.
        seen: what the server said of the version that was taken last; the file is sent whole where None.

    Returns:
        The version that was downloaded; None where the server says that the file is still the one last taken.

    Raises:
        FetchFailed: the server refuses, sends a web page, or more than the cap, or a fault does not pass.
    """
    asked = _conditions(seen)
    return client.again(lambda: _download(client, block, memory, asked))


def _conditions(seen: Seen | None) -> dict[str, str]:
    named = {"If-None-Match": seen.etag, "If-Modified-Since": seen.last_modified} if seen else {}
    return {name: value for name, value in named.items() if value}


def _download(client: Client, block: LiveFile, memory: Memory, asked: Mapping[str, str]) -> Version | None:
    address = block.address
    offset, mark = _part(memory)
    # Compressed on the way, a range would be of the compressed bytes.
    headers = {"Accept-Encoding": "identity", **asked}
    if offset:
        headers |= {"Range": f"bytes={offset}-", "If-Range": mark}
    with client.open("GET", address, headers=headers) as response:
        if response.status_code == HTTPStatus.NOT_MODIFIED:
            if not asked:
                raise FetchFailed(f"{plain(address)}: the server says that nothing changed, but was not asked that")
            memory.forget_part()
            return None
        if not _goes_on(response, offset, mark):
            memory.forget_part()
            if response.status_code != HTTPStatus.OK:
                raise PassingFault(f"{plain(address)}: the server cannot go on at byte {offset:,}")
            offset = 0
        version = _version(response)
        _note_mark(memory, response, version)
        try:
            _append(client, response, memory, offset)
        except FetchFailed:  # too large: there is nothing to go on with
            memory.forget_part()
            raise
    with memory.part.open("rb") as file:
        page = page_instead(file.read(HEAD))
    if page:
        memory.forget_part()
        raise PassingFault(f"{plain(address)}: {page} instead of a file")
    return version


def _part(memory: Memory) -> tuple[int, str]:
    """Bytes that an earlier try left, and the version that they are of; none without that."""
    try:
        return memory.part.stat().st_size, memory.part_mark.read_text(encoding="utf-8")
    except OSError:
        return 0, ""


def _goes_on(response: httpx.Response, offset: int, mark: str) -> bool:
    """True where an answer goes on at the byte that was asked for, and names the version that the part is of.

    A server may ignore ``If-Range``, or know no versions: what does not say of which it is could be of another.
    """
    found = CONTENT_RANGE.fullmatch(response.headers.get("content-range", ""))
    named = {response.headers[name] for name in ("etag", "last-modified") if name in response.headers}
    is_there = response.status_code == HTTPStatus.PARTIAL_CONTENT and found is not None and int(found[1]) == offset
    return is_there and mark in named


def _version(response: httpx.Response) -> Version:
    return Version(response.headers.get("etag"), response.headers.get("last-modified"))


def _note_mark(memory: Memory, response: httpx.Response, version: Version) -> None:
    """Note which version a part will be of. A weak ``ETag`` says nothing of the bytes (RFC 9110, 8.8.1)."""
    strong = version.etag if version.etag and not version.etag.startswith("W/") else None
    mark = strong or version.last_modified
    if mark and "content-encoding" not in response.headers:
        memory.part_mark.write_text(mark, encoding="utf-8")
    else:
        memory.part_mark.unlink(missing_ok=True)


def _append(client: Client, response: httpx.Response, memory: Memory, offset: int) -> None:
    size, told = offset, offset // TELL_BYTES
    with memory.part.open("ab" if offset else "wb") as file:
        for chunk in client.chunks(response, offset):
            size += len(chunk)
            file.write(chunk)
            if size // TELL_BYTES > told:
                told = size // TELL_BYTES
                client.on_progress(f"{size:,} bytes")
    found = CONTENT_RANGE.fullmatch(response.headers.get("content-range", ""))
    if found and found[2].isdecimal() and size != int(found[2]):
        raise PassingFault(f"{plain(response.url)}: {size:,} bytes came of {int(found[2]):,}")
