"""The store: one of several writers at once wins, tables lose no commit, and a refusing server changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from parts import S3

from pipeline import exports
from pipeline.catalogue import table
from pipeline.errors import UserError
from pipeline.lake import Lake
from pipeline.ledger import Entry, Ledger
from pipeline.settings import Settings
from pipeline.storage import BucketStore, open_bucket

Machine = Callable[[str], Settings]


def _episodes(theatre: str, strike: str) -> pa.Table:
    row = {"strike_id": strike, "theatre": theatre, "source": "airwars", "episode_id": strike}
    return table("core.episodes").conform([row])


def test_of_several_who_write_on_condition_one_does(machine: Machine, s3: S3) -> None:
    bucket = open_bucket(machine("a"))
    assert bucket is not None
    s3.fail_every(7)
    with ThreadPoolExecutor(4) as pool:
        created = list(pool.map(lambda i: bucket.create("pointer", f"{i}".encode()), range(8)))
        body, tag = bucket.read_tagged("pointer")
        swapped = list(pool.map(lambda i: bucket.swap("pointer", f"later {i}".encode(), tag), range(8)))
    # Of a write whose answer was lost the client says that it was not done: whoever asks looks again.
    assert created.count(True) <= 1 and swapped.count(True) <= 1
    assert body in [f"{i}".encode() for i in range(8)]
    assert bucket.read("pointer") in [f"later {i}".encode() for i in range(8)]
    assert not bucket.swap("pointer", b"from an old state", tag)


def test_writers_on_several_machines_lose_no_commit(machine: Machine, s3: S3) -> None:
    s3.fail_every(11)
    lakes = [Lake(machine(name)) for name in ("a", "b")]

    def write(first: int) -> None:
        theatre = ("syria", "ukraine")[first]
        for number in range(first, 6, 2):
            lakes[first].replace("core.episodes", _episodes(theatre, f"{theatre} {number}"), theatre=theatre)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(write, range(2)))
    seen = Lake(machine("c"))
    assert seen.read("core.episodes").column("strike_id").to_pylist() == ["syria 4", "ukraine 5"]
    assert all(lake.files("core.episodes", theatre="syria") == seen.files("core.episodes", theatre="syria")
               for lake in lakes)  # fmt: skip


def test_a_ledger_entry_is_seen_by_every_machine(machine: Machine) -> None:
    entry = Entry("strikes", "syria", "2015-10", {"code": "c"}, {}, {"note": 1})
    assert Ledger(machine("a")).read("strikes", "syria", "2015-10") is None
    Ledger(machine("a")).write(entry)
    assert Ledger(machine("b")).read("strikes", "syria", "2015-10") == entry


def test_an_export_received_on_one_machine_is_read_on_another(machine: Machine, tmp_path: Path) -> None:
    near, far = machine("near"), machine("far")
    path = tmp_path / "strikes.csv"
    path.write_text("a,b\n1,2\n")
    received = exports.receive(near, path, datetime(2026, 11, 1, tzinfo=UTC))
    fetched = exports.fetch(far, received)
    assert fetched.path.read_bytes() == path.read_bytes() and fetched.path.is_relative_to(far.root)
    fetched.path.chmod(0o644)
    fetched.path.write_text("a,b\n1,3\n")
    with pytest.raises(UserError, match="does not hold what was received"):
        exports.fetch(far, received)
    with pytest.raises(UserError, match="the same ISW_STORE"):
        exports.fetch(Settings(data=tmp_path / "alone"), received)


def test_doctor_tries_whether_the_store_honours_conditions(
    machine: Machine, s3: S3, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = open_bucket(machine("a"))
    assert bucket is not None and bucket.find_fault() is None

    def write_whatever_is_there(key: str, data: bytes, _tag: str | None = None) -> bool:
        bucket.write(key, data)
        return True

    monkeypatch.setattr(bucket, "create", write_whatever_is_there)
    assert "If-None-Match" in str(bucket.find_fault())
    monkeypatch.undo()
    monkeypatch.setattr(bucket, "swap", write_whatever_is_there)
    assert "If-Match" in str(bucket.find_fault())
    monkeypatch.undo()
    assert bucket.sizes("") == {}


def test_a_bucket_that_is_not_there_is_told_in_words(s3: S3) -> None:
    bucket = BucketStore("s3://nowhere/prefix")
    for ask in (bucket.find_fault, lambda: bucket.read("key"), lambda: bucket.folders("releases")):
        with pytest.raises(UserError, match=r"^there is no bucket `nowhere`"):
            ask()


def test_credentials_that_are_missing_are_told_in_words(s3: S3, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    # Where nobody answers, as on a machine that is none of Amazon's.
    monkeypatch.setenv("AWS_METADATA_ENDPOINT", "http://127.0.0.1:1")
    with pytest.raises(UserError, match="set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"):
        BucketStore("s3://lake/prefix").find_fault()
