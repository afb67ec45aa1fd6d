"""A run that would not fit on the disk is refused before it writes anything."""

from __future__ import annotations

import os
import shutil
from types import SimpleNamespace

import pytest

from pipeline import running
from pipeline.catalogue import table
from pipeline.doctor import examine
from pipeline.errors import UserError
from pipeline.lake import Lake
from pipeline.migration import is_of_today, migrate
from pipeline.settings import Settings
from pipeline.space import estimate_bytes, require_space

MIB = 1024**2


@pytest.fixture
def crowded(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """10 MiB in the inbox, a release of 5 MiB, and 1,060 MiB free: 45 would be needed, 1,024 left alone."""
    release = settings.releases_dir / "r1"
    release.mkdir(parents=True)
    (release / "tables.bin").write_bytes(b"0" * (5 * MIB))
    settings.latest.symlink_to(release)
    settings.inbox_dir.mkdir()
    (settings.inbox_dir / "strikes.csv").write_bytes(b"0" * (10 * MIB))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1_060 * MIB))
    return settings


def test_refused_with_what_is_missing_and_what_to_do(crowded: Settings) -> None:
    assert estimate_bytes(crowded) == 45 * MIB
    with pytest.raises(UserError, match=r"1\.0 GiB free.* 45\.0 MiB .*ISW_MIN_FREE_BYTES\): 9\.0 MiB are missing"):
        require_space(crowded)


def test_a_lower_reserve_lets_it_through(crowded: Settings) -> None:
    require_space(crowded.model_copy(update={"min_free_bytes": 1_000 * MIB}))


def test_a_refused_run_has_taken_nothing(crowded: Settings) -> None:
    with pytest.raises(UserError, match="Nothing was begun"):
        running.run_all(crowded, ["syria"], force=False, showcase=True, on_progress=print)
    assert (crowded.inbox_dir / "strikes.csv").exists() and not crowded.exports_dir.exists()


def test_a_refused_migration_has_changed_nothing(crowded: Settings) -> None:
    lake = Lake(crowded)
    lake.replace_whole(table("raw.exports"), iter(()))
    with pytest.raises(UserError, match="Nothing was begun"):
        migrate(crowded)
    assert not is_of_today(crowded) and lake.version("raw.exports") == 0


def test_what_a_run_takes_away_meanwhile_does_not_count(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.inbox_dir.mkdir(parents=True)
    (settings.inbox_dir / "strikes.csv").write_bytes(b"0" * MIB)
    walked: list[tuple[str, list[str], list[str]]] = [(str(settings.inbox_dir), [], ["strikes.csv", "taken.csv"])]
    monkeypatch.setattr(os, "walk", lambda folder: walked if folder == settings.inbox_dir else [])
    assert estimate_bytes(settings) == 4 * MIB


def test_doctor_says_so(crowded: Settings) -> None:
    (finding,) = (found for found in examine(crowded) if found.name == "Free space")
    assert not finding.is_well and "are missing" in finding.remedy
