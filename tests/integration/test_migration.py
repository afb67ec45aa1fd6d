"""A data folder of an old version: everything received is kept, and made of it is what a new folder would hold."""

from __future__ import annotations

import json
import shutil
import tarfile
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from pipeline.catalogue import table
from pipeline.content import content_digest
from pipeline.errors import UserError
from pipeline.exports.store import find_kept
from pipeline.intake import find, ingest
from pipeline.lake import Lake
from pipeline.ledger import Ledger
from pipeline.migration import is_of_today, migrate
from pipeline.release import compare_releases, read_manifest, releases, rollback
from pipeline.released import released_tables
from pipeline.settings import Settings
from pipeline.steps import step
from pipeline.theatres import theatres
from pipeline.work import Work, judge

GOLDEN = Path(__file__).parents[1] / "golden" / "data-folder-2026-11-24.tar.xz"
SYRIA = theatres()["syria"]
OLD = "20261003T080000Z-aa290dc08ea3"
RAW = ("raw.exports", "raw.records", "raw.refused_exports")


@pytest.fixture
def old(settings: Settings) -> Settings:
    """A data folder as the old version left it."""
    with tarfile.open(GOLDEN) as archive:
        archive.extractall(settings.root, filter="data")
    return settings


def received(settings: Settings) -> list[tuple[str, ...]]:
    """What was received, as any version knows it."""
    rows = Lake(settings).rows_as_they_are("raw.exports")
    return sorted((row["theatre"], row["source"], row["file_name"], str(row["received_at"])) for row in rows)


def test_migrating_keeps_every_export_and_makes_what_ingesting_anew_makes(old: Settings, tmp_path: Path) -> None:
    before = received(old)
    assert len(before) == 6 and not is_of_today(old)
    with pytest.raises(UserError, match="isw-strikes migrate"):
        Lake(old).read("raw.exports")
    done = migrate(old)
    assert done is not None and (done.exports, done.changed) == (6, [])
    assert received(old) == before and is_of_today(old) and migrate(old) is None

    anew = Settings(data=tmp_path / "anew")
    for row in Lake(old).read("raw.exports").to_pylist():
        copy = tmp_path / row["file_name"]
        shutil.copyfile(find_kept(old, row["sha256"], row["file_name"]).path, copy)
        ingest(anew, copy, *find(row["theatre"], row["source"]), row["received_at"])
    assert digests(old, *RAW) == digests(anew, *RAW)
    then, now = made_of(old), made_of(anew)
    assert {name: content_digest(frame) for name, frame in then.items()} == {
        name: content_digest(frame) for name, frame in now.items()
    }
    assert then["core.past_strikes"].column("source_key").to_pylist() == ["k1"]
    assert now["core.control_areas"].num_rows


def made_of(settings: Settings) -> dict[str, pa.Table]:
    """What two steps make of a data folder, not written."""
    parts = {"mapped_strikes": "airwars", "control": "control_observations"}
    built = [step(name).build(Work(settings), SYRIA, [part])[part] for name, part in parts.items()]
    return {candidate.table: candidate.frame for one in built for candidate in one.candidates}


def digests(settings: Settings, *names: str) -> dict[str, str]:
    return {name: content_digest(Lake(settings).read(name)) for name in names}


def test_the_old_ledger_calls_nothing_fresh(old: Settings) -> None:
    assert Ledger(old).read("control", "syria", "control_observations") is not None
    migrate(old)
    work = Work(old)
    verdicts = [
        judge(work, SYRIA, step(name), part) for name in ("control", "tables") for part in step(name).parts(SYRIA)
    ]
    assert not any(verdict.is_fresh for verdict in verdicts)


def test_a_migration_that_was_killed_is_begun_again(old: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    before = received(old)
    write = Lake.replace_whole

    def die(lake: Lake, spec: object, frames: object) -> None:
        if spec is table("raw.exports"):
            raise KeyboardInterrupt
        write(lake, spec, frames)  # type: ignore[arg-type]

    monkeypatch.setattr(Lake, "replace_whole", die)
    with pytest.raises(KeyboardInterrupt):
        migrate(old)
    assert received(old) == before and not is_of_today(old)
    monkeypatch.setattr(Lake, "replace_whole", write)
    assert migrate(old) is not None
    assert received(old) == before and is_of_today(old)


def by_an_older_reader(settings: Settings) -> None:
    """Make the records alone be laid out otherwise, in a folder whose exports an older reader counted otherwise."""
    lake = Lake(settings)
    spec = table("raw.records")
    records = lake.read(spec.name).append_column("of_before", pa.nulls(lake.read(spec.name).num_rows, pa.string()))
    write_deltalake(
        lake.address(spec.name), records, mode="overwrite", schema_mode="overwrite", partition_by=spec.storage
    )
    exports = lake.read("raw.exports").to_pylist()
    spec = table("raw.exports")
    lake.replace_whole(spec, iter([spec.conform([row | {"record_count": 999} for row in exports])]))
    (settings.root / "format.json").write_text('{"format": 1, "tables": "of before"}', encoding="utf-8")


def test_one_killed_after_its_first_table_ends_as_an_undisturbed_one(
    old: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrate(old)
    by_an_older_reader(old)
    undisturbed = Settings(data=tmp_path / "undisturbed")
    shutil.copytree(old.root, undisturbed.root)
    migrate(undisturbed)
    write = Lake.replace_whole

    def die(lake: Lake, spec: object, frames: object) -> None:
        write(lake, spec, frames)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    monkeypatch.setattr(Lake, "replace_whole", die)
    with pytest.raises(KeyboardInterrupt):
        migrate(old)
    monkeypatch.setattr(Lake, "replace_whole", write)
    assert not is_of_today(old) and migrate(old) is not None
    assert is_of_today(old) and digests(old, *RAW) == digests(undisturbed, *RAW)
    assert 999 not in Lake(old).read("raw.exports").column("record_count").to_pylist()


def test_of_two_that_migrate_at_once_the_slower_stops(old: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    write, other = Lake.replace_whole, Lake(old)

    def be_overtaken(lake: Lake, spec: object, frames: object) -> None:
        write(lake, spec, frames)  # type: ignore[arg-type]
        write(other, table("raw.exports"), iter([table("raw.exports").empty()]))

    monkeypatch.setattr(Lake, "replace_whole", be_overtaken)
    with pytest.raises(UserError, match=r"another process migrated .* meanwhile: run again"):
        migrate(old)


@pytest.mark.parametrize(("harm", "told"), [("lost", "cannot be read"), ("damaged", "are damaged")])
def test_bytes_that_are_lost_or_damaged_stop_it_before_anything_is_changed(harm: str, told: str, old: Settings) -> None:
    kept = next(old.exports_dir.glob("cb/*"))
    kept.chmod(0o644)
    kept.unlink() if harm == "lost" else kept.write_bytes(b"other")
    before = {path: path.read_bytes() for path in old.lake_dir.rglob("*") if path.is_file()}
    with pytest.raises(UserError, match=rf"nothing was migrated: airwars_1\.csv of syria airwars: .*{told}"):
        migrate(old)
    assert {path: path.read_bytes() for path in old.lake_dir.rglob("*") if path.is_file()} == before


def test_a_release_of_before_is_listed_shown_compared_and_gone_back_to(old: Settings) -> None:
    migrate(old)
    (one,) = releases(old)
    assert (one.id, one.is_latest, read_manifest(one.path).contract) == (OLD, True, None)
    with pytest.raises(UserError, match=r"has no core\.revisions: another version of this program made it"):
        released_tables(old, {"revisions": "core.revisions"})
    assert rollback(old, OLD).is_latest
    other = one.path.with_name("other")
    shutil.copytree(one.path, other)
    assert list(compare_releases(one.path, other).in_words(5)) == ["No strike, no attribution and no headline differs."]


def test_a_folder_of_a_newer_version_is_left_alone(settings: Settings) -> None:
    settings.root.mkdir(parents=True)
    (settings.root / "format.json").write_text(json.dumps({"format": 99}), encoding="utf-8")
    with pytest.raises(UserError, match="newer version"):
        migrate(settings)


def test_a_folder_with_nothing_in_it_has_todays_layout(settings: Settings) -> None:
    assert migrate(settings) is None and is_of_today(settings)
