"""Files at web addresses and in stores: sent when they changed, gone on with when cut off, whole or not at all."""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
import logging
import random
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, ClassVar

import httpx
import pytest
import stamina
from fsspec.implementations.memory import MemoryFileSystem
from stamina.instrumentation import RetryDetails, set_on_retry_hooks
from web_server import Answer, Asked, WebServer, instead

from pipeline.errors import UserError
from pipeline.fetch import FetchFailed
from pipeline.fetch.client import Client, _check_redirect
from pipeline.fetch.files import Version, fetch_file
from pipeline.fetch.remembered import Memory, Seen
from pipeline.fetch.stores import fetch_object
from pipeline.settings import Settings
from pipeline.theatres import LiveFile, theatres

FIRST = b"id,date\n" + b"1,2015-10-01\n" * 500
SECOND = FIRST.replace(b"1,2015-10-01", b"2,2015-10-02") + b"3,2015-10-03\n"
PATH = "/exports/strikes.csv"
PAGE = b"<html><head><title>Log in</title></head></html>"


@pytest.fixture(autouse=True)
def _no_waiting() -> Iterator[None]:
    with stamina.set_testing(True, attempts=100, cap=True):
        yield


@dataclass
class FileServer:
    """One file, served as RFC 9110 says: validators, conditions, ranges."""

    content: bytes = FIRST
    has_etag: bool = True
    has_date: bool = True
    is_weak: bool = False
    ranges: bool = True

    def __post_init__(self) -> None:
        self.web = WebServer(self.serve)

    @property
    def address(self) -> str:
        return self.web.address + PATH

    @property
    def etag(self) -> str:
        return ("W/" if self.is_weak else "") + f'"{hashlib.sha256(self.content).hexdigest()[:16]}"'

    @property
    def date(self) -> str:
        return format_datetime(datetime(2026, 11, 1, tzinfo=UTC) + timedelta(seconds=len(self.content)), usegmt=True)

    def serve(self, asked: Asked) -> Answer:
        if asked.path != PATH:
            return Answer(status=404)
        marks = ({"ETag": self.etag} if self.has_etag else {}) | ({"Last-Modified": self.date} if self.has_date else {})
        if asked.headers.get("if-none-match", "-") in marks.values() or (
            "if-none-match" not in asked.headers and asked.headers.get("if-modified-since", "-") in marks.values()
        ):
            return Answer(status=304, headers=marks)
        start = int(asked.headers.get("range", "bytes=0-").removeprefix("bytes=").removesuffix("-"))
        if not start or not self.ranges or asked.headers.get("if-range") not in marks.values():
            return Answer(self.content, headers=marks)
        if start >= len(self.content):
            return Answer(status=416, headers={"Content-Range": f"bytes */{len(self.content)}"})
        shown = f"bytes {start}-{len(self.content) - 1}/{len(self.content)}"
        return Answer(self.content[start:], 206, {"Content-Range": shown, **marks})


@pytest.fixture
def server() -> Iterator[FileServer]:
    served = FileServer()
    with served.web.running():
        yield served


@pytest.fixture
def memory(settings: Settings) -> Iterator[Memory]:
    syria = theatres()["syria"]
    memory = Memory(settings, syria, syria.sources["airwars"])
    with memory.turn():
        yield memory


def _fetch(settings: Settings, server: FileServer, memory: Memory, seen: Seen | None = None) -> Version | None:
    with Client(settings) as client:
        return fetch_file(client, LiveFile(kind="url", address=server.address), memory, seen)


def _cut(server: FileServer, after: int) -> Answer:
    return replace(server.serve(Asked("GET", PATH, {}, {})), cut_after=after)


def _ranges(server: FileServer) -> list[str | None]:
    return [asked.headers.get("range") for asked in server.web.asked]


def test_a_file_is_downloaded_with_its_version(settings: Settings, server: FileServer, memory: Memory) -> None:
    assert _fetch(settings, server, memory) == Version(server.etag, server.date)
    assert memory.part.read_bytes() == FIRST


@pytest.mark.parametrize(("has_etag", "has_date"), [(True, True), (True, False), (False, True)])
def test_a_file_that_did_not_change_is_not_sent_again(
    settings: Settings, server: FileServer, memory: Memory, has_etag: bool, has_date: bool
) -> None:
    server.has_etag, server.has_date = has_etag, has_date
    version = _fetch(settings, server, memory)
    assert version is not None
    memory.remember(Seen(server.address, version.etag, version.last_modified, "0" * 64))
    memory.forget_part()
    assert _fetch(settings, server, memory, memory.seen(server.address)) is None
    server.content = SECOND
    assert _fetch(settings, server, memory, memory.seen(server.address)) is not None
    assert memory.part.read_bytes() == SECOND
    assert memory.seen("https://example.org/another.csv") is None


@pytest.mark.parametrize("has_etag", [True, False])
def test_a_download_that_is_cut_off_goes_on_where_it_stopped(
    settings: Settings, server: FileServer, memory: Memory, has_etag: bool
) -> None:
    server.has_etag = has_etag
    server.web.faults = [instead(_cut(server, 1_000))]
    _fetch(settings, server, memory)
    assert memory.part.read_bytes() == FIRST
    assert _ranges(server) == [None, "bytes=1000-"]


def test_a_fetch_goes_on_where_one_that_failed_has_stopped(
    settings: Settings, server: FileServer, memory: Memory
) -> None:
    once = settings.model_copy(update={"fetch_attempts": 1})
    server.web.faults = [instead(_cut(server, 1_000))]
    with pytest.raises(FetchFailed, match=r"cut off.*asked 1 times; nothing was taken"):
        _fetch(once, server, memory)
    _fetch(once, server, memory)
    assert memory.part.read_bytes() == FIRST and _ranges(server)[-1] == "bytes=1000-"


@pytest.mark.parametrize("ranges", [True, False])
def test_a_file_that_changed_since_it_was_cut_off_is_read_from_its_beginning(
    settings: Settings, server: FileServer, memory: Memory, ranges: bool
) -> None:
    server.web.faults = [instead(_cut(server, 1_000))]
    server.content, server.ranges = SECOND, ranges
    _fetch(settings, server, memory)
    assert memory.part.read_bytes() == SECOND


def test_a_server_that_goes_on_with_another_version_is_not_believed(
    settings: Settings, server: FileServer, memory: Memory
) -> None:
    careless = Answer(SECOND[1_000:], 206, {"Content-Range": f"bytes 1000-6999/{len(SECOND)}", "ETag": '"other"'})
    server.web.faults = [instead(_cut(server, 1_000)), instead(careless)]
    server.content = SECOND
    _fetch(settings, server, memory)
    assert memory.part.read_bytes() == SECOND


def test_less_than_a_range_is_asked_for_again(settings: Settings, server: FileServer, memory: Memory) -> None:
    little = Answer(FIRST[1_000:2_000], 206, {"Content-Range": f"bytes 1000-1999/{len(FIRST)}", "ETag": server.etag})
    server.web.faults = [instead(_cut(server, 1_000)), instead(little)]
    _fetch(settings, server, memory)
    assert memory.part.read_bytes() == FIRST and _ranges(server) == [None, "bytes=1000-", "bytes=2000-"]


@pytest.mark.parametrize("has_date", [True, False])
def test_a_weak_etag_does_not_vouch_for_bytes(
    settings: Settings, server: FileServer, memory: Memory, has_date: bool
) -> None:
    server.is_weak, server.has_date = True, has_date
    server.web.faults = [instead(_cut(server, 1_000))]
    _fetch(settings, server, memory)
    assert memory.part.read_bytes() == FIRST
    assert server.web.asked[-1].headers.get("if-range") == (server.date if has_date else None)


def test_what_comes_compressed_all_the_same_is_not_gone_on_with(
    settings: Settings, server: FileServer, memory: Memory
) -> None:
    packed = gzip.compress(FIRST + bytes(random.Random(1).choices(range(256), k=9_000)))
    sent = Answer(packed, headers={"Content-Encoding": "gzip", "ETag": server.etag}, cut_after=8_000)
    server.web.faults = [instead(sent)]
    _fetch(settings, server, memory)
    assert memory.part.read_bytes() == FIRST and _ranges(server) == [None, None]


def test_a_part_that_was_whole_already_is_no_trap(settings: Settings, server: FileServer, memory: Memory) -> None:
    memory.part.write_bytes(FIRST)
    memory.part_mark.write_text(server.etag, encoding="utf-8")
    _fetch(settings, server, memory)
    assert memory.part.read_bytes() == FIRST


def test_without_a_version_a_download_begins_again(settings: Settings, server: FileServer, memory: Memory) -> None:
    server.has_etag = server.has_date = False
    server.web.faults = [instead(_cut(server, 1_000))]
    _fetch(settings, server, memory)
    assert memory.part.read_bytes() == FIRST and _ranges(server) == [None, None]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer(PAGE), r"a web page \(Log in\) instead of a file"),
        (Answer(status=404), "404"),
        (Answer(status=403), "403.*token_env"),
        (Answer(status=503), "503.*asked 6 times"),
        (Answer(status=429, headers={"Retry-After": "86400"}), r"left alone for 86,400 s"),
        (Answer(status=302, headers={"Location": "ftp://127.0.0.1/x"}), "redirects where it may not be followed"),
        (Answer(status=302, headers={"Location": PATH}), "redirects where it may not be followed"),
        (Answer(b"x" * 9_000), r"larger than max_export_bytes = 8,000 \(ISW_MAX_EXPORT_BYTES\)"),
        (Answer(b"x" * 9_000, has_length=False), "larger than max_export_bytes"),
    ],
)
def test_what_is_no_file_is_told_and_nothing_is_kept(
    settings: Settings, server: FileServer, memory: Memory, answer: Answer, said: str
) -> None:
    capped = settings.model_copy(update={"max_export_bytes": 8_000})
    server.web.faults = [instead(answer)] * 100
    with pytest.raises(FetchFailed, match=said):
        _fetch(capped, server, memory)
    assert not memory.part.exists()


@pytest.mark.parametrize("form", ["seconds", "date", "nonsense"])
def test_the_server_says_how_long_to_wait(
    settings: Settings, server: FileServer, memory: Memory, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    asked = {"seconds": "90", "date": later, "nonsense": "soon"}[form]
    server.web.faults = [instead(Answer(status=429, headers={"Retry-After": asked}))]
    waits: list[float] = []

    def note(details: RetryDetails) -> None:
        waits.append(details.wait_for)

    monkeypatch.setattr("tenacity.nap.time.sleep", lambda _: None)
    set_on_retry_hooks([note])
    try:
        with stamina.set_testing(False):
            _fetch(settings, server, memory)
    finally:
        set_on_retry_hooks(())
    assert len(waits) == 1 and (waits[0] < 3 if form == "nonsense" else 80 < waits[0] <= 91)


def test_a_token_goes_to_its_host_alone_and_into_no_log(
    settings: Settings, server: FileServer, caplog: pytest.LogCaptureFixture
) -> None:
    other = WebServer(lambda _: Answer(b"data"))
    with other.running(), caplog.at_level(logging.DEBUG), Client(settings, "s3cret") as client:
        elsewhere = other.address.replace("127.0.0.1", "localhost") + "/x?signature=hidden"
        server.web.faults = [instead(Answer(status=302, headers={"Location": elsewhere}))]
        with client.open("GET", server.address) as response:
            assert b"".join(client.chunks(response)) == b"data"
    assert server.web.asked[0].headers["authorization"] == "Bearer s3cret"
    assert "authorization" not in other.asked[0].headers
    assert "hidden" not in caplog.text and "s3cret" not in caplog.text


@pytest.mark.parametrize(
    ("source", "target", "followed"),
    [
        ("https://a.example/x", "https://b.example/y", True),
        ("https://a.example/x", "http://a.example/x", False),
        ("http://a.example/x", "https://a.example/x", True),
        ("https://a.example/x", "https://inside.example/", False),
        ("https://a.example/x", "https://169.254.169.254/latest/meta-data", False),
        ("https://a.example/x", "https://[::1]/", False),
        ("http://127.0.0.1:1/x", "http://127.0.0.1:2/y", True),
    ],
)
def test_a_redirect_leads_neither_out_of_https_nor_into_a_private_network(
    source: str, target: str, followed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    hosts = {"a.example": "93.184.216.34", "b.example": "93.184.216.35", "inside.example": "10.0.0.7"}
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, _: [(0, 0, 0, "", (hosts.get(host, host), 0))])
    response = httpx.Response(302, headers={"Location": target}, request=httpx.Request("GET", source))
    if followed:
        _check_redirect(response)
    else:
        with pytest.raises(UserError, match="which is not followed"):
            _check_redirect(response)


class Bucket(MemoryFileSystem):  # type: ignore[misc]
    """A stand-in for S3: fsspec's store in memory, under the name of S3."""

    protocol = "s3"
    cachable = False
    store: ClassVar[dict[str, Any]] = {}
    pseudo_dirs: ClassVar[list[str]] = [""]
    is_shut: ClassVar[bool] = False

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return str(MemoryFileSystem._strip_protocol(path.removeprefix("s3:/")))

    def ukey(self, path: str) -> str:
        return hashlib.sha256(self.cat_file(path)).hexdigest()

    def _open(self, path: str, *arguments: Any, **options: Any) -> Any:
        if self.is_shut:
            raise ConnectionResetError("connection reset by peer")
        return super()._open(path, *arguments, **options)


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Bucket:
    monkeypatch.setitem(sys.modules["fsspec.registry"].__dict__["_registry"], "s3", Bucket)
    Bucket.store.clear()
    return Bucket()


OBJECT = LiveFile(kind="url", address="s3://isw/strikes.csv")


def _fetch_object(settings: Settings, memory: Memory, seen: Seen | None = None) -> Version | None:
    with Client(settings) as client:
        return fetch_object(client, OBJECT, memory, seen)


def test_an_object_is_downloaded_when_it_changed(settings: Settings, bucket: Bucket, memory: Memory) -> None:
    bucket.pipe_file("/isw/strikes.csv", FIRST)
    version = _fetch_object(settings, memory)
    assert version is not None and memory.part.read_bytes() == FIRST
    seen = Seen(OBJECT.address, version.etag, None, "0" * 64)
    assert _fetch_object(settings, memory, seen) is None
    bucket.pipe_file("/isw/strikes.csv", SECOND)
    assert _fetch_object(settings, memory, seen) is not None and memory.part.read_bytes() == SECOND


def test_an_object_that_cannot_be_had_is_told(
    settings: Settings, bucket: Bucket, memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(FetchFailed, match=r"s3://isw/strikes\.csv: no such object"):
        _fetch_object(settings, memory)
    bucket.pipe_file("/isw/strikes.csv", FIRST)
    with pytest.raises(FetchFailed, match="larger than max_export_bytes = 10"):
        _fetch_object(settings.model_copy(update={"max_export_bytes": 10}), memory)
    monkeypatch.setattr(Bucket, "is_shut", True)
    with pytest.raises(FetchFailed, match=r"connection reset by peer.*asked 6 times"):
        _fetch_object(settings, memory)


def test_a_store_whose_package_is_missing_is_told(settings: Settings, memory: Memory) -> None:
    if importlib.util.find_spec("s3fs"):
        pytest.skip("s3fs is installed here")
    with pytest.raises(FetchFailed, match="Install s3fs"):
        _fetch_object(settings, memory)
