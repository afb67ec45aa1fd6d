"""Receiving files: once, whole, and only plain ones."""

from __future__ import annotations

import hashlib
import os
import threading
from pathlib import Path

import pytest
from export_files import RECEIVED

from pipeline.errors import UserError
from pipeline.exports import receive, store
from pipeline.settings import Settings


def kept_files(settings: Settings) -> list[Path]:
    return [path for path in settings.exports_dir.rglob("*") if path.is_file()]


def test_bytes_are_kept_under_their_digest_and_only_once(settings: Settings, tmp_path: Path) -> None:
    first, second = tmp_path / "a.csv", tmp_path / "b.txt"
    first.write_bytes(b"a,b\n1,2\n")
    second.write_bytes(b"a,b\n1,2\n")
    one, two = receive(settings, first, RECEIVED), receive(settings, second, RECEIVED)
    assert one.export_id == two.export_id == hashlib.sha256(b"a,b\n1,2\n").hexdigest()
    assert (one.file_name, two.file_name, one.bytes) == ("a.csv", "b.txt", 8)
    assert kept_files(settings) == [settings.exports_dir / one.export_id[:2] / one.export_id]
    assert one.path.read_bytes() == first.read_bytes()
    assert one.path.stat().st_mtime == RECEIVED.timestamp()


def test_a_damaged_copy_is_put_right(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"whole")
    kept = receive(settings, path, RECEIVED).path
    kept.chmod(0o644)
    kept.write_bytes(b"who")
    assert receive(settings, path, RECEIVED).path.read_bytes() == b"whole"


def test_what_is_no_plain_file_is_refused_in_words(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    os.mkfifo(tmp_path / "pipe")
    for name, words in {"link": "a link", ".": "a folder", "pipe": "device, pipe", "none": "No such file"}.items():
        with pytest.raises(UserError, match=words):
            receive(settings, tmp_path / name, RECEIVED)
    with pytest.raises(UserError, match="device"):
        receive(settings, Path("/dev/null"), RECEIVED)
    assert kept_files(settings) == []


def test_the_cap_on_size_is_told_with_its_name_and_value(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data", max_export_bytes=10)
    (tmp_path / "x").write_bytes(b"x" * 11)
    with pytest.raises(UserError, match=r"max_export_bytes = 10 \(ISW_MAX_EXPORT_BYTES\)"):
        receive(settings, tmp_path / "x", RECEIVED)
    assert kept_files(settings) == []


def test_a_file_that_grows_while_it_is_read_is_refused(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "growing.csv"
    path.write_bytes(b"a" * 100)
    monkeypatch.setattr(store, "CHUNK", 10)
    real = hashlib.sha256

    def grow() -> object:
        with path.open("ab") as file:
            file.write(b"more")
        return real()

    monkeypatch.setattr(hashlib, "sha256", grow)
    with pytest.raises(UserError, match="changed while it was read"):
        receive(settings, path, RECEIVED)
    assert kept_files(settings) == []


def test_many_at_once_keep_one_copy(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"x" * 100_000)
    threads = [threading.Thread(target=receive, args=(settings, path, RECEIVED)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(kept_files(settings)) == 1


def test_a_name_that_is_no_text_is_made_readable(settings: Settings, tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.csv"))
    path.write_bytes(b"x")
    assert receive(settings, path, RECEIVED).file_name == "caf\ufffd.csv"
