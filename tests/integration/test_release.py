"""A release as its readers meet it: whole or absent, verified, never put back by a slower run, never torn by a kill."""

from __future__ import annotations

import importlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from sample_frames import sample_frames
from sample_release import make

from pipeline.catalogue import table
from pipeline.errors import UserError
from pipeline.expectations import Result, Validation
from pipeline.release import (
    ReleaseRefused,
    publish,
    read_manifest,
    read_pinned,
    releases,
    remove_stale,
    rollback,
    verify_release,
)
from pipeline.release.manifest import write_pinned
from pipeline.settings import Settings

Build = Callable[..., Path]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """A sound release, built once for each version of the code."""
    settings = Settings(data=tmp_path_factory.mktemp("built") / "data")
    return cache(lambda code: make(settings, code))


@pytest.fixture
def build(settings: Settings, built: Build) -> Build:
    """Puts a sound release, made from a version of the tables, where this test's data folder builds."""

    def build(pinned: int = 1, code: str = "0.1.0") -> Path:
        source = built(code)
        folder = settings.releases_dir / source.name
        shutil.copytree(source, folder)
        write_pinned(folder, {"core.strikes": pinned, "core.attribution": pinned})
        return folder

    return build


def test_a_release_holds_what_it_promises(build: Build, settings: Settings) -> None:
    published = publish(settings, build())
    assert settings.latest.resolve() == published.path and not published.already
    for name in (
        "map/index.html",
        "tiles/syria.pmtiles",
        "pictures/headline.png",
        "report.html",
        "validation/index.html",
    ):
        assert (published.path / name).is_file()
    assert published.id in (published.path / "report.html").read_text(encoding="utf-8")
    readme = (published.path / "README.txt").read_text(encoding="utf-8")
    assert published.id in readme and "How to cite" in readme and "Facts from ISW's series" in readme
    manifest = read_manifest(published.path)
    assert manifest.as_of == "2026-11-01T00:00:00Z" and all(check.passed for check in manifest.checks)
    assert [one["sha256"] for one in manifest.inputs] == [
        row["sha256"] for row in sorted(sample_frames()["raw.exports"].to_pylist(), key=lambda r: r["source"])
    ]
    assert verify_release(published.path) == []
    assert not list(settings.releases_dir.glob(".building-*"))


def test_the_datapackage_describes_every_file_of_a_table(build: Build, settings: Settings) -> None:
    path = publish(settings, build()).path
    resources = json.loads((path / "datapackage.json").read_text(encoding="utf-8"))["resources"]
    described = {resource["path"] for resource in resources}
    assert described == {f"{d}/{p.name}" for d in ("csv", "tables") for p in (path / d).iterdir()}
    strikes = next(resource for resource in resources if resource["name"] == "core.strikes")
    header = (path / "csv/core.strikes.csv").read_text(encoding="utf-8").splitlines()[0]
    assert [field["name"] for field in strikes["schema"]["fields"]] == header.replace('"', "").split(",")
    assert strikes["schema"]["primaryKey"] == ["strike_id"]


def test_building_again_gives_the_same_bytes(settings: Settings) -> None:
    def files(folder: Path) -> dict[str, bytes]:
        return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}

    first = make(settings)
    one = files(first)
    shutil.rmtree(first)
    other = files(make(settings))
    differing = {name for name in one if one[name] != other[name]}
    assert one.keys() == other.keys() and differing <= {"strikes.duckdb"}
    assert str(settings.root).encode() not in b"".join(data for name, data in one.items() if name != "strikes.duckdb")


def test_publishing_the_same_again_changes_nothing_but_the_versions(build: Build, settings: Settings) -> None:
    first = publish(settings, build(pinned=3))
    again = publish(settings, build(pinned=5))
    assert again.already and again.path == first.path
    assert read_pinned(first.path) == {"core.attribution": 5, "core.strikes": 5}
    assert [release.id for release in releases(settings)] == [first.id]


def _with(name: str, change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> dict[str, pa.Table]:
    rows = change(sample_frames()[name].to_pylist())
    return {name.replace(".", "__"): table(name).conform(rows)}


def _first(**values: Any) -> Callable[[list[dict[str, Any]]], list[dict[str, Any]]]:
    return lambda rows: [{**rows[0], **values}, *rows[1:]]


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (_with("core.record_outcomes", lambda rows: rows[1:]), "is not its 24 records"),
        (_with("core.record_outcomes", _first(outcome="quarantined")), "no reason stands in core.quarantine"),
        (_with("raw.records", lambda rows: rows[1:]), "cannot be traced"),
        (_with("core.attribution", lambda rows: rows[1:]), "0 times in core.attribution"),
        (_with("core.attribution", lambda rows: [rows[0], *rows]), "2 times in core.attribution"),
        (_with("core.attribution", _first(unknown_share=0.5)), "i + k + u = 1.5"),
        (_with("core.attribution", _first(shares='{"isis": 0.5}')), "do not sum to 1"),
        (_with("marts.headline_split", _first(expected_share=0.0)), "the split sums to"),
        (_with("core.strikes", _first(month="2031-01")), "does not cover"),
    ],
)
def test_a_release_that_breaks_a_law_is_refused(settings: Settings, changed: dict[str, pa.Table], told: str) -> None:
    with pytest.raises(ReleaseRefused, match="not published") as refused:
        publish(settings, make(settings, **changed))
    assert told in str(refused.value)
    assert not settings.latest.exists() and releases(settings) == []


def test_a_failed_validation_is_refused(settings: Settings) -> None:
    failed = Result(
        expectation="expect", column="shares", about="Shares are JSON", expected="", success=False, observed="1 of 30"
    )
    validation = Validation(table="core.attribution", success=False, rows=30, results=[failed], part="syria")
    with pytest.raises(ReleaseRefused, match=r"core.attribution syria: Shares are JSON \(shares: 1 of 30\)"):
        publish(settings, make(settings, validations=[validation]))


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda p: (p / "csv/core.strikes.csv").write_text("x"), "SHA-256 differs"),
        (lambda p: (p / "map/extra.js").write_text("x"), "is in the release but not in the manifest"),
        (lambda p: (p / "README.txt").unlink(), "is in the manifest but not in the release"),
        (lambda p: (p / "tables/core.strikes.parquet").write_bytes(b"PAR1"), "cannot be read"),
        (lambda p: (p / "validation/results.json").write_text("{"), "missing or damaged"),
        (lambda p: (p / "strikes.duckdb").write_bytes(b"x" * 9000), "strikes.duckdb cannot be read"),
        (lambda p: (p / "manifest.json").write_text("{}"), "cannot be read as a manifest"),
    ],
)
def test_damage_is_found(build: Build, damage: Callable[[Path], object], told: str) -> None:
    building = build()
    damage(building)
    assert any(told in failure for failure in verify_release(building))


def test_a_changed_row_of_the_database_is_found(build: Build) -> None:
    building = build()
    with duckdb.connect(str(building / "strikes.duckdb")) as connection:
        connection.execute("UPDATE core.strikes SET place = 'elsewhere' WHERE place = 'Rastan'")
    assert verify_release(building) == [
        "strikes.duckdb does not hold what the manifest describes: its logical digest differs"
    ]


def test_latest_never_goes_back_by_itself_but_by_hand(build: Build, settings: Settings) -> None:
    new = publish(settings, build(pinned=5, code="new"))
    with pytest.raises(ReleaseRefused, match=r"core.strikes \(version 4, latest has 5\)"):
        publish(settings, build(pinned=4, code="old"))
    assert settings.latest.resolve() == new.path
    newer = publish(settings, build(pinned=6, code="newer"))
    assert [(r.id, r.is_latest) for r in releases(settings)] == [(new.id, False), (newer.id, True)]
    assert rollback(settings, new.id).is_latest
    assert settings.latest.resolve() == new.path
    with pytest.raises(UserError, match="There is no release 'x'"):
        rollback(settings, "x")
    assert publish(settings, build(pinned=6, code="newer")).already
    assert settings.latest.resolve() == newer.path


def _remove_before_the_turn(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Let another process remove a release just before this one's turn begins."""
    module = importlib.import_module("pipeline.release.publish")
    hold_turn = module.hold_turn

    @contextmanager
    def wait(settings: Settings) -> Iterator[None]:
        shutil.rmtree(folder)
        with hold_turn(settings):
            yield

    monkeypatch.setattr(module, "hold_turn", wait)


def test_a_release_that_is_removed_before_the_turn_is_not_gone_back_to(
    build: Build, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = publish(settings, build(code="old")), publish(settings, build(code="new", pinned=2))
    _remove_before_the_turn(monkeypatch, first.path)
    with pytest.raises(UserError, match="There is no release"):
        rollback(settings, first.id)
    assert settings.latest.resolve() == second.path


def test_a_release_that_is_removed_while_it_is_published_again_is_there_afterwards(
    build: Build, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = publish(settings, build(code="old"))
    publish(settings, build(code="new", pinned=2))
    _remove_before_the_turn(monkeypatch, first.path)
    again = publish(settings, build(code="old", pinned=3))
    assert again == first and settings.latest.resolve() == first.path
    assert verify_release(first.path) == [] and read_pinned(first.path)["core.strikes"] == 3


def test_a_build_that_fails_leaves_nothing(settings: Settings) -> None:
    settings.releases_dir.mkdir(parents=True)
    with pytest.raises(KeyError):
        make(settings, core__strikes=sample_frames()["core.strikes"].drop_columns(["place"]))
    assert list(settings.releases_dir.iterdir()) == []


def test_only_what_dead_processes_were_building_is_removed(settings: Settings) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    for pid in (dead.pid, os.getpid()):
        (settings.releases_dir / f".building-x-{pid}").mkdir(parents=True)
    remove_stale(settings)
    assert [path.name for path in settings.releases_dir.iterdir()] == [f".building-x-{os.getpid()}"]


def test_readers_meet_whole_releases_while_others_are_published(build: Build, settings: Settings) -> None:
    for code in "0123":
        build(code=code, pinned=int(code))
    built = sorted(settings.releases_dir.glob(".building-*"), key=lambda folder: read_manifest(folder).code_version)
    publish(settings, built[0])
    stop, found, errors = threading.Event(), set(), []

    def read() -> None:
        while not stop.is_set():
            try:
                # A reader opens the folder that the link names now: one release, whatever is published meanwhile.
                path = settings.latest.resolve()
                found.add(read_manifest(path).code_version)
                with duckdb.connect(str(path / "strikes.duckdb"), read_only=True) as connection:
                    counted = connection.execute("SELECT count(*) FROM marts.strikes_attributed").fetchone()
                assert counted == (30,)
                time.sleep(0.02)
            except Exception as error:
                errors.append(error)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for building in built[1:]:
        publish(settings, building)
    stop.set()
    for reader in readers:
        reader.join()
    assert errors == [] and len(found) >= 2


KILL = """
import os, signal, sys
from pathlib import Path
from pipeline.release import publish
from pipeline.settings import Settings

point, when = sys.argv[2].split(":")
real, calls = getattr(os, point), [0]

def deadly(*given, **named):
    calls[0] += 1
    if when == "before" and calls[0] == int(sys.argv[4]):
        os.kill(os.getpid(), signal.SIGKILL)
    result = real(*given, **named)
    if when == "after" and calls[0] == int(sys.argv[4]):
        os.kill(os.getpid(), signal.SIGKILL)
    return result

setattr(os, point, deadly)
publish(Settings(data=Path(sys.argv[1])), Path(sys.argv[3]))
"""


@pytest.mark.parametrize(
    ("point", "call"),
    [
        ("fsync:after", 10),
        ("rename:after", 1),
        ("replace:before", 1),
        ("replace:after", 1),
    ],
)
def test_a_kill_leaves_the_old_release_or_the_new_one(build: Build, settings: Settings, point: str, call: int) -> None:
    old = publish(settings, build(code="old"))
    mine = build(code="new", pinned=2)
    theirs = mine.with_name(mine.name.rsplit("-", 1)[0] + "-0")
    shutil.copytree(mine, theirs)
    given = [sys.executable, "-c", KILL, str(settings.root), point, str(theirs), str(call)]
    killed = subprocess.run(given, check=False, capture_output=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    seen = settings.latest.resolve()
    new = settings.releases_dir / read_manifest(mine).release
    assert seen == (new if point == "replace:after" else old.path)
    for release in releases(settings):
        assert verify_release(release.path) == []
    # The next publication goes on from there, and nothing half-made is left.
    theirs_left = theirs.rename(theirs.with_name(f"{theirs.name[:-1]}{2**22 + 1}")) if theirs.exists() else None
    assert publish(settings, mine).path == new and settings.latest.resolve() == new
    assert not theirs_left or not theirs_left.exists()
    assert sorted(p.name for p in settings.releases_dir.iterdir()) == sorted([".lock", old.id, new.name])
