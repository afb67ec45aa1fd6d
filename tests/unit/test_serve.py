"""Serving: ranges, types, headers, and nothing but the files of a published release."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from live_server import Client, serving

from pipeline.errors import UserError
from pipeline.serve import serve


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder with two releases; the newer one is in force."""
    for name in ("2026-01-01-aa", "2026-02-01-bb"):
        release = tmp_path / "releases" / name
        for path, content in {
            "map/index.html": f"<!doctype html><title>{name}</title>",
            "map/page.js": "export {};",
            "map/lib/maplibre-gl.mjs": "export {};",
            "tiles/syria.pmtiles": "0123456789",
            "csv/marts.headline.csv": "a,b\n",
            "validation/report.html": "<style>p{}</style>",
        }.items():
            (release / path).parent.mkdir(parents=True, exist_ok=True)
            (release / path).write_text(content)
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "latest").symlink_to("releases/2026-02-01-bb")
    return tmp_path


@pytest.fixture
def client(folder: Path) -> Iterator[Client]:
    with serving(folder) as client:
        yield client


R = "/r/2026-02-01-bb"


def test_the_front_door_leads_to_the_newest_release_by_name(client: Client, folder: Path) -> None:
    answer = client.get("/")
    assert (answer.status, answer.headers["location"]) == (307, f"{R}/map/")
    assert answer.headers["cache-control"] == "no-store"
    (folder / "latest").unlink()
    (folder / "latest").symlink_to("releases/2026-01-01-aa")
    assert client.get("/").headers["location"] == "/r/2026-01-01-aa/map/"


def test_a_page_stays_with_its_release(client: Client) -> None:
    assert "2026-01-01-aa" in client.get("/r/2026-01-01-aa/map/").text
    assert "2026-02-01-bb" in client.get(f"{R}/map/").text


def test_before_the_first_release_it_says_what_to_do(tmp_path: Path) -> None:
    with serving(tmp_path) as client:
        answer = client.get("/")
    assert answer.status == 503
    assert "isw-strikes run" in answer.text


@pytest.mark.parametrize(
    ("asked", "status", "body", "content_range"),
    [
        ("bytes=2-4", 206, b"234", "bytes 2-4/10"),
        ("bytes=7-", 206, b"789", "bytes 7-9/10"),
        ("bytes=-3", 206, b"789", "bytes 7-9/10"),
        ("bytes=8-99", 206, b"89", "bytes 8-9/10"),
        ("bytes=99-", 416, None, "bytes */10"),
    ],
)
def test_byte_ranges(client: Client, asked: str, status: int, body: bytes | None, content_range: str) -> None:
    answer = client.get(f"{R}/tiles/syria.pmtiles", headers={"Range": asked})
    assert answer.status == status
    assert answer.headers["content-range"] == content_range
    if body is not None:
        assert answer.content == body


def test_a_range_of_another_version_gives_the_whole_file(client: Client) -> None:
    headers = {"Range": "bytes=2-4", "If-Range": '"another"'}
    answer = client.get(f"{R}/tiles/syria.pmtiles", headers=headers)
    assert (answer.status, answer.content) == (200, b"0123456789")


def test_head_tells_size_and_ranges(client: Client) -> None:
    answer = client.get(f"{R}/tiles/syria.pmtiles", method="HEAD")
    assert answer.headers["content-length"] == "10"
    assert answer.headers["accept-ranges"] == "bytes"
    assert not answer.content


def test_what_the_reader_has_is_not_sent_again(client: Client) -> None:
    first = client.get(f"{R}/map/page.js")
    again = client.get(f"{R}/map/page.js", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert client.get(f"{R}/map/page.js", headers={"If-None-Match": '"other"'}).status == 200


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("map/", "text/html; charset=utf-8"),
        ("map/page.js", "text/javascript; charset=utf-8"),
        ("map/lib/maplibre-gl.mjs", "text/javascript; charset=utf-8"),
        ("tiles/syria.pmtiles", "application/vnd.pmtiles"),
        ("csv/marts.headline.csv", "text/csv; charset=utf-8"),
    ],
)
def test_media_types(client: Client, path: str, kind: str) -> None:
    assert client.get(f"{R}/{path}").headers["content-type"] == kind


@pytest.mark.parametrize("path", ["/", f"{R}/map/", f"{R}/map/page.js", f"{R}/nothing", "/nothing"])
def test_every_answer_has_the_security_headers(client: Client, path: str) -> None:
    headers = client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "unsafe-eval" not in headers["content-security-policy"]


def test_only_reports_may_carry_their_styles_and_they_run_no_script(client: Client) -> None:
    assert "unsafe-inline" not in client.get(f"{R}/map/").headers["content-security-policy"]
    report = client.get(f"{R}/validation/report.html").headers["content-security-policy"]
    assert "style-src 'unsafe-inline'" in report
    assert "script-src" not in report


def test_the_page_states_the_same_policy_as_the_header(client: Client) -> None:
    from pipeline.front_end import SITE

    policy = client.get(f"{R}/map/").headers["content-security-policy"]
    stated = policy.rsplit("; frame-ancestors", 1)[0]
    assert f'content="{stated}"' in (SITE / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "path",
    [
        f"{R}/tiles/",
        f"{R}/",
        f"{R}/missing.html",
        f"{R}/../../secret.txt",
        f"{R}/%2e%2e/%2e%2e/secret.txt",
        f"{R}/..%2f..%2fsecret.txt",
        f"{R}//etc/passwd",
        f"{R}/%2fetc%2fpasswd",
        f"{R}/map/%00",
        f"{R}/map/{'x' * 300}",
        "/r/../secret.txt",
        "/r/%2e%2e/secret.txt",
        "/r/.building-x/map/",
        "/r/2026-02-01-bb%2f..%2f../secret.txt",
        "/secret.txt",
        "/latest/map/",
    ],
)
def test_nothing_else_is_served_and_no_folder_is_listed(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status == 404
    assert "secret" not in answer.text
    assert "pmtiles" not in answer.text


def test_a_link_out_of_the_release_is_not_followed(client: Client, folder: Path) -> None:
    (folder / "releases" / "2026-02-01-bb" / "out.txt").symlink_to(folder / "secret.txt")
    assert client.get(f"{R}/out.txt").status == 404


def test_a_folder_with_a_page_is_named_with_its_slash(client: Client) -> None:
    answer = client.get(f"{R}/map")
    assert (answer.status, answer.headers["location"]) == (307, f"{R}/map/")


def test_latest_that_leads_elsewhere_is_not_followed(folder: Path, client: Client) -> None:
    (folder / "latest").unlink()
    (folder / "latest").symlink_to("/etc")
    assert client.get("/").status == 503


def test_only_reading_is_allowed(client: Client) -> None:
    assert client.get(f"{R}/map/", method="POST").status == 405
    assert client.get(f"{R}/map/", method="DELETE").status == 405


def test_a_port_in_use_is_told_in_words(folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(UserError, match="--port"):
            serve(folder, port=taken.getsockname()[1])


@pytest.mark.parametrize("host", ["999.1.1.1", "192.0.2.1"])
def test_an_address_of_another_machine_or_of_none_is_told_in_words(folder: Path, host: str) -> None:
    with pytest.raises(UserError, match="--host"):
        serve(folder, host=host, port=0)
