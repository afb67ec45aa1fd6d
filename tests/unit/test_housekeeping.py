"""Housekeeping removes what nobody needs, and nothing that a kept release pins."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import UTC, datetime

import pytest

from pipeline.as_of import scratch_of
from pipeline.housekeeping import Tidied, tidy
from pipeline.lake import Lake
from pipeline.release.manifest import write_pinned
from pipeline.settings import Settings
from pipeline.table_files import DamagedTable

TABLE = "raw.acceptances"
WHERE = {"theatre": "syria", "source": "isw_reports"}
OLD = time.time() - 60 * 24 * 3600


@pytest.fixture
def lake(settings: Settings) -> Lake:
    return Lake(settings.model_copy(update={"vacuum_after_hours": 0}))


def _write(lake: Lake, by: str) -> int:
    """The one acceptance, by another person; returns the table's version."""
    row = {
        **WHERE, "export_id": "e1", "accepted_at": datetime(2026, 1, 1, tzinfo=UTC), "accepted_by": by, "reason": "so",
    }  # fmt: skip
    return lake.replace(TABLE, [row], **WHERE).version


def _release(settings: Settings, version: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A release that pins a version and is not among the superfluous."""
    from pipeline import housekeeping
    from pipeline.release import Release

    folder = settings.releases_dir / "r1"
    folder.mkdir(parents=True)
    write_pinned(folder, {TABLE: version})
    release = Release("r1", folder, "2026-01-01T00:00:00Z", "c", False, {})
    monkeypatch.setattr(housekeeping, "releases", lambda _: [release])


def _by(lake: Lake, version: int | None = None) -> list[str]:
    return list(lake.read(TABLE, version=version).column("accepted_by").to_pylist())


def _of_tables(done: list[Tidied]) -> Tidied:
    return next(one for one in done if one.what.startswith("data files"))


def test_pinned_versions_stay_and_the_others_go(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    versions = [_write(lake, by) for by in ("Ann", "Bob", "Cyd", "Dan")]
    _release(lake.settings, versions[1], monkeypatch)
    before = lake.files(TABLE, **WHERE)

    would = _of_tables(tidy(lake.settings, is_dry=True))
    assert (would.count, would.bytes > 0) == (2, True)
    assert [_by(lake, version) for version in versions] == [["Ann"], ["Bob"], ["Cyd"], ["Dan"]]

    assert _of_tables(tidy(lake.settings)) == would
    assert _by(lake, versions[1]) == ["Bob"]
    assert _by(lake) == ["Dan"]
    for version in (versions[0], versions[2]):
        with pytest.raises(DamagedTable):
            _by(lake, version)
    assert lake.files(TABLE, **WHERE) == before, "the ledger knows parts by their files"


def test_tidied_again_there_is_nothing_and_nothing_is_written(lake: Lake) -> None:
    for by in ("Ann", "Bob"):
        _write(lake, by)
    assert _of_tables(tidy(lake.settings)).count == 1
    version = lake.version(TABLE)
    assert _of_tables(tidy(lake.settings)).count == 0
    assert lake.version(TABLE) == version


def test_files_removed_a_moment_ago_are_left_to_who_reads_them(settings: Settings) -> None:
    lake = Lake(settings)
    for by in ("Ann", "Bob"):
        _write(lake, by)
    assert _of_tables(tidy(settings)).count == 0


def test_tables_as_of_other_days_keep_their_newest_version_alone(settings: Settings) -> None:
    scratch = Lake(scratch_of(settings))
    for by in ("Ann", "Bob", "Cyd"):
        _write(scratch, by)

    def told(is_dry: bool) -> Tidied:
        return next(one for one in tidy(settings, is_dry) if "as of other days" in one.what)

    would = told(is_dry=True)
    assert (would.count, would.bytes > 0) == (2, True)
    assert told(is_dry=False) == would and told(is_dry=False).count == 0
    assert _by(scratch) == ["Cyd"]


def test_version_that_is_gone_is_told(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    _write(lake, "Ann")
    _release(lake.settings, 77, monkeypatch)
    assert _of_tables(tidy(lake.settings)).remark == f"releases pin versions that are gone: {TABLE} 77"


@pytest.mark.parametrize("said", [None, "[1]", '{"raw.acceptances": '])
def test_nothing_is_removed_while_a_release_does_not_say_what_it_pins(
    said: str | None, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = _write(lake, "Ann")
    _write(lake, "Bob")
    _release(lake.settings, version, monkeypatch)
    pinned = lake.settings.releases_dir / "r1/pinned.json"
    pinned.unlink() if said is None else pinned.write_text(said, encoding="utf-8")
    done = _of_tables(tidy(lake.settings))
    assert done.count == 0 and str(pinned) in done.remark
    assert _by(lake, version) == ["Ann"]


def test_a_pinned_version_outlives_its_log_retention(lake: Lake) -> None:
    """Delta itself drops commits older than 30 days at every hundredth commit."""
    pinned = _write(lake, "Ann")
    for entry in (lake.settings.lake_dir / TABLE / "_delta_log").iterdir():
        os.utime(entry, (OLD, OLD))
    for _ in range(101):
        last = _write(lake, "Bob")
    assert last > 100
    assert _by(lake, pinned) == ["Ann"]


def test_leftovers_of_dead_processes_go_and_young_ones_stay(settings: Settings) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    old = [
        settings.exports_dir / ".incoming-a", settings.root / ".reading-a", settings.root / "as_of/.k.duckdb.tmp",
        settings.root / "work/release/syria.pmtiles",
        settings.root / "ledger/syria/strikes/2015-10.12.tmp", settings.fetched_dir / "syria/airwars/download.part",
        settings.releases_dir / f".building-r-{ended.pid}/a",
    ]  # fmt: skip
    kept = [
        settings.exports_dir / ".incoming-b", settings.inbox_dir / "mine.csv", settings.exports_dir / "ab/abcd",
        settings.releases_dir / f".building-r-{os.getpid()}/a", settings.root / "inbox-done/a/mine.csv",
    ]  # fmt: skip
    for path in (*old, *kept):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"12345")
        if path != kept[0]:
            for one in (path, path.parent):
                os.utime(one, (OLD, OLD))
    assert _leftovers(tidy(settings, is_dry=True)).count == len(old)
    assert all(path.exists() for path in old)
    tidy(settings)
    assert [path for path in old if path.exists()] == []
    assert [path for path in kept if not path.exists()] == []


def _leftovers(done: list[Tidied]) -> Tidied:
    return next(one for one in done if one.what.startswith("leftovers"))


def test_outcome_is_told_in_a_line() -> None:
    assert Tidied("older releases", 2, 3 * 1024**2, "ISW_KEEP_RELEASES keeps 10").in_words() == (
        "older releases: 2, 3.0 MiB (ISW_KEEP_RELEASES keeps 10)"
    )
    assert Tidied("Dagster runs", 0, 0).in_words() == "Dagster runs: 0, nothing to remove"
