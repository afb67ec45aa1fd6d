"""What lies on the disk is damaged behind the pipeline's back: the next run heals it, or says exactly what to do.

Tables that are made are made again; what was received cannot be, and nothing is published from what is left of it.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from calm import Calm, at_first
from nursery import Nursery
from small_pipeline import STRIKES, Small, take, whole_way
from soundness import read_latest
from tally import note

from pipeline.doctor import examine
from pipeline.errors import UserError
from pipeline.lake import Lake
from pipeline.settings import Settings


def go_on(settings: Settings, small: Small) -> str:
    """The next run, which brings the second exports: what it came to, in its own words."""
    try:
        return f"published {whole_way(settings, small, with_second=True).id}"
    except UserError as error:
        return str(error)


def data_file(data: Path, name: str) -> Path:
    """The largest data file of which a table consists now."""
    lake = Lake(Settings(data=data))
    files = [lake.settings.lake_dir / name / path for path in lake.files(name)]
    return max(files, key=lambda path: path.stat().st_size)


def log_entry(data: Path, name: str, which: int = -1) -> Path:
    return sorted((data / "lake" / name / "_delta_log").glob("*.json"))[which]


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def garble(path: Path) -> None:
    """Other bytes, as many: only the content tells."""
    path.write_bytes(b"\xff" * path.stat().st_size)


HEALED: dict[str, Callable[[Path], object]] = {
    "Parquet of a derived table cut off": lambda data: cut(data_file(data, "core.strikes")),
    "log entry of a derived table emptied": lambda data: empty(log_entry(data, "core.attribution")),
    "newest log entry of a derived table missing": lambda data: log_entry(data, "core.strikes").unlink(),
    "whole ledger missing": lambda data: shutil.rmtree(data / "ledger"),
    "Parquet of a derived table missing": lambda data: data_file(data, "core.control_areas").unlink(),
    "log entry of a derived table cut off": lambda data: cut(log_entry(data, "core.control_areas", 0)),
    "ledger entry cut off": lambda data: cut(data / "ledger" / "small" / "control" / "commons_map.json"),
    "ledger entry emptied": lambda data: empty(data / "ledger" / "all" / "release" / "latest.json"),
    "`latest` missing": lambda data: (data / "latest").unlink(),
}
TOLD: dict[str, Callable[[Path], object]] = {
    "Parquet of a raw table cut off": lambda data: cut(data_file(data, "raw.records")),
    "log entry of a raw table emptied": lambda data: empty(log_entry(data, "raw.records")),
    "Parquet of a raw table garbled": lambda data: garble(data_file(data, "raw.records")),
    "Parquet of a raw table missing": lambda data: data_file(data, "raw.exports").unlink(),
    "log entry of a raw table cut off": lambda data: cut(log_entry(data, "raw.exports")),
}


def _after(nursery: Nursery, data: Path) -> str:
    child = nursery.start(data, go_on)
    child.succeed()
    return child.said.read_text(encoding="utf-8")


@pytest.mark.parametrize("harm", at_first(HEALED, 4))
def test_what_is_derived_heals_by_itself(harm: str, calm: Calm, nursery: Nursery, data: Path) -> None:
    HEALED[harm](data)
    said = _after(nursery, data)
    assert said.startswith("published ")
    assert Calm.manifest(data) == Calm.manifest(calm.after)
    read_latest(data)
    note(f"damage: {harm}", "made again; same release")


@pytest.mark.parametrize("harm", at_first(TOLD, 2))
def test_what_was_received_is_not_made_up(harm: str, calm: Calm, nursery: Nursery, data: Path) -> None:
    TOLD[harm](data)
    said = _after(nursery, data)
    assert f"{data / 'lake' / 'raw.'}" in said and "is damaged: " in said
    assert "restore the folder from a backup" in said and str(data / "exports") in said
    assert "Traceback" not in said and "unknown" not in said
    # Readers see the release before, whole.
    assert Calm.manifest(data) == Calm.manifest(calm.before)
    read_latest(data)
    note(f"damage: {harm}", "refused, with what to do; the release before stays")


def test_a_damaged_release_is_found_by_doctor_and_made_again(calm: Calm, nursery: Nursery, tmp_path: Path) -> None:
    data = Path(shutil.copytree(calm.after, tmp_path / "data", symlinks=True))
    cut(data / "latest" / "tables" / "core.strikes.parquet")
    found = next(one for one in examine(Settings(data=data)) if one.name == "Latest release")
    assert not found.is_well and "tables/core.strikes.parquet" in found.found
    assert f"move {(data / 'latest').resolve()} away and run `isw-strikes run`" in found.remedy
    (data / "latest").resolve().rename(tmp_path / "away")
    assert _after(nursery, data).startswith("published ")
    assert Calm.manifest(data) == Calm.manifest(calm.after)
    read_latest(data)
    note("damage: file of the latest release cut off", "`doctor` names it and says what to do; then the same release")


def test_kept_bytes_that_changed_are_kept_again(nursery: Nursery, data: Path, small: Small) -> None:
    digest = hashlib.sha256(small.first.read_bytes()).hexdigest()
    kept = data / "exports" / digest[:2] / digest
    kept.chmod(0o644)
    garble(kept)
    nursery.start(data, _take_first).succeed()
    assert kept.read_bytes() == small.first.read_bytes()
    note("damage: kept bytes of an export garbled", "kept again when the file is taken again")


def _take_first(settings: Settings, small: Small) -> None:
    take(settings, small.first, STRIKES)
