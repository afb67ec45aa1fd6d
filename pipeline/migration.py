"""Migration: a data folder that an older version of this program wrote, brought to the layout of this one.

Belongs here: knowing the layout of a data folder, and changing it without losing anything received.
Does not belong here: reading a format (``exports``), making tables (a run does).

What was received is the bytes under ``exports/`` and one row each of ``raw.exports``: who published it, under which
name it came, and when. So there is one migration for every change of layout: the raw tables are made again from the
bytes, by today's readers, each export keeping its recorded source, file name and time of receipt. Tables made of them
are emptied where they are laid out otherwise, and made again by the next run. The ledger needs nothing: an entry that
no longer fits is no entry. Releases are never touched; they say themselves how they are laid out.

Each table is replaced in one commit, ``raw.exports`` last. A note beside the tables says for which layout they are, and
before the first commit that the raw tables are being made again: while it says so they are all made again, whatever
their layout, as a migration that was killed may have done some of them. Doing one twice makes the same.

The rows of before stay in the tables' history until it is vacuumed. Where machines share a bucket, the note lies there
too and the lock holds for one machine only. Two that migrate at once write the same; the one that finds the other's
``raw.exports`` stops, so that nothing is put over what was received since.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa
from deltalake.exceptions import CommitFailedError

from pipeline.catalogue import Table, table, tables
from pipeline.errors import UserError
from pipeline.exports import read_export
from pipeline.exports.store import find_kept
from pipeline.exports.types import Reading
from pipeline.intake import find
from pipeline.lake import Lake
from pipeline.ledger import digest
from pipeline.printing import printable
from pipeline.processes import take_turn
from pipeline.receipts import name_export
from pipeline.settings import Settings
from pipeline.space import require_space
from pipeline.storage import open_store

# Raised by one where the raw tables have to be made again though their columns are the same.
FORMAT = 1
NOTE = "format.json"
# In the note while the raw tables are being made again.
UNDER_WAY = "raw_under_way"


@dataclass(frozen=True)
class Migrated:
    """What a migration did: exports read again, those of which another number of records came, tables emptied."""

    exports: int
    changed: list[str]
    emptied: list[str]

    def in_words(self) -> list[str]:
        """What was done, a line each."""
        told = [f"{self.exports:,} exports were read again from their bytes"] if self.exports else []
        told += self.changed
        if self.emptied:
            told.append(f"the next run makes these again: {', '.join(self.emptied)}")
        return told


def is_of_today(settings: Settings) -> bool:
    """True where the tables of a data folder or store have today's layout, or there are none yet.

    Raises:
        UserError: a newer version of this program wrote them.
    """
    note = _read_note(settings)
    if note.get("format", 0) > FORMAT:
        raise UserError(
            f"{open_store(settings).uri('')} was written by a newer version of this program (format {note['format']}; "
            f"this one knows up to {FORMAT}): use that version, or another data folder (ISW_DATA)"
        )
    return note == _today() or not _has_tables(Lake(settings))


def _has_tables(lake: Lake) -> bool:
    return any(lake.version(name) is not None for name in tables())


def migrate(settings: Settings, on_progress: Callable[[str], None] = lambda _: None) -> Migrated | None:
    """Bring a data folder to today's layout.

    Args:
        settings: settings.
        on_progress: told a line for each export.

    Returns:
        What was done; None where there was nothing to do.

    Raises:
        UserError: a newer version wrote the folder; the disk has no room; or bytes that were received are missing or
            damaged, or their source is in no theatre file any more. Nothing is changed then.
    """
    with take_turn(settings.root / ".migration.lock"):
        if is_of_today(settings):
            _write_note(settings, _today())
            return None
        require_space(settings)
        lake = Lake(settings)
        differing = [spec for spec in tables().values() if lake.is_laid_out_otherwise(spec)]
        note = _read_note(settings)
        is_older = note.get("format", FORMAT) < FORMAT or UNDER_WAY in note
        is_raw_older = is_older or any(spec.schema_name == "raw" for spec in differing)
        exports, changed = _remake_raw(settings, lake, on_progress) if is_raw_older else (0, [])
        made = [spec for spec in differing if spec.schema_name != "raw"]
        for spec in made:
            lake.replace_whole(spec, iter(()))
        _write_note(settings, _today())
        if not (differing or is_raw_older):
            return None
        return Migrated(exports, changed, [spec.name for spec in made])


def _remake_raw(settings: Settings, lake: Lake, on_progress: Callable[[str], None]) -> tuple[int, list[str]]:
    version = lake.version("raw.exports")
    received = sorted(lake.rows_as_they_are("raw.exports"), key=lambda row: (row["received_at"], row["file_name"]))
    faults = [fault for row in received if (fault := _find_fault(settings, row))]
    if faults:
        raise UserError(f"nothing was migrated: {'; '.join(faults)}")
    _write_note(settings, {**_read_note(settings), UNDER_WAY: True})
    exports: list[dict[str, Any]] = []
    refused: list[pa.Table] = []

    def records() -> Iterator[pa.Table]:
        for row in received:
            reading = _read_again(settings, row)
            exports.append({**reading.export, "is_fetched": row.get("is_fetched", False)})
            refused.append(reading.refused)
            name = f"{row['theatre']} {row['source']}: {printable(row['file_name'])}"
            on_progress(f"{name}: {reading.export['record_count']:,} records")
            yield from (pa.Table.from_batches([batch]) for batch in reading.pile.batches())

    def put(name: str, make: Callable[[Table], Iterator[pa.Table]]) -> None:
        told = f"another process migrated {lake.address('')} meanwhile: run again"
        if lake.version("raw.exports") != version:
            raise UserError(told)
        try:
            lake.replace_whole(table(name), make(table(name)))
        except CommitFailedError as error:
            raise UserError(told) from error

    put("raw.records", lambda _: records())
    put("raw.refused_exports", lambda _: iter(refused))
    accepted = _carry_acceptances(lake, dict(zip(map(_name, received), exports, strict=True)))
    if accepted:
        put("raw.acceptances", lambda spec: iter([spec.conform(accepted)]))
    put("raw.exports", lambda spec: iter([spec.conform(exports)]))
    return len(received), [
        f"{old['theatre']} {old['source']}: {printable(old['file_name'])}: {old['record_count']:,} records before, "
        f"{new['record_count']:,} now"
        for old, new in zip(received, exports, strict=True)
        if old["record_count"] != new["record_count"]
    ]


def _name(row: dict[str, Any]) -> tuple[str, str, str]:
    return row["theatre"], row["source"], row["export_id"]


def _carry_acceptances(lake: Lake, exports: dict[tuple[str, str, str], dict[str, Any]]) -> list[dict[str, Any]]:
    """What people let in stays let in, under the id that the export has now; it may have it already."""
    rows = lake.rows_as_they_are("raw.acceptances")
    return [row | {"export_id": exports.get(_name(row), row)["export_id"]} for row in rows]


def _read_again(settings: Settings, row: dict[str, Any]) -> Reading:
    theatre, source = find(row["theatre"], row["source"])
    kept = find_kept(settings, row.get("sha256") or row["export_id"], row["file_name"])
    # Since it is known what was fetched, an id also tells an export that came back with the bytes of an earlier one.
    named = replace(kept, export_id=row["export_id"]) if "is_fetched" in row else name_export(kept, source)
    return read_export(settings, named, theatre, source, row["received_at"])


def _find_fault(settings: Settings, row: dict[str, Any]) -> str | None:
    try:
        find(row["theatre"], row["source"])
        find_kept(settings, row.get("sha256") or row["export_id"], row["file_name"])
    except UserError as error:
        return f"{printable(row['file_name'])} of {row['theatre']} {row['source']}: {error}"
    return None


def _today() -> dict[str, Any]:
    columns = {name: [*spec.columns] for name, spec in tables().items()}
    return {"format": FORMAT, "tables": digest(columns)}


def _read_note(settings: Settings) -> dict[str, Any]:
    try:
        note = json.loads(open_store(settings).read(NOTE))
        return note if isinstance(note, dict) else {}
    except (OSError, ValueError):
        return {}


def _write_note(settings: Settings, note: dict[str, Any]) -> None:
    if _read_note(settings) != note:
        open_store(settings).write(NOTE, f"{json.dumps(note, indent=1)}\n".encode())
