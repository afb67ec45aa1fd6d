"""Trial: one file through one mapping, dry. Nothing is written to the data folder.

Belongs here: reading a file aside, mapping it as a run would, and what came of it in counts, examples and words.
Does not belong here: guessing a mapping (``proposals``), printing (``cli``), any rule of its own.

A trial has no day of receipt, so no date is refused for lying in its future; and no correction by hand (``overrides``)
is applied, for those name records that were taken in.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.catalogue import table
from pipeline.errors import UserError
from pipeline.exports import Reading, read_export, receive
from pipeline.lake import Lake
from pipeline.mapping import Mapped, Received
from pipeline.references import TABLES as REFERENCES
from pipeline.references import map_references
from pipeline.settings import Settings
from pipeline.strikes import map_strikes
from pipeline.theatres import CONTROL_KINDS, Source, Theatre

RECEIVED = datetime(2100, 1, 1, tzinfo=UTC)

# What is shown of a mapped row, by kind of source.
SHOWN: dict[str, tuple[str, ...]] = {
    "strikes": ("date_from", "date_to", "latitude", "longitude", "precision_m", "place", "province", "confidence"),
    "control_observations": ("valid_from", "valid_to", "latitude", "longitude", "place", "province", "controller"),
    "control_polygons": ("snapshot_day", "controller", "parties"),
    "places": ("place", "province", "latitude", "longitude", "precision_m"),
    "reports": ("report_url", "period_from", "period_to", "published"),
    "report_additions": ("report_url", "province", "date_from", "date_to", "status"),
}


@dataclass(frozen=True)
class Finding:
    """A reason for which records were refused, how often, and the first of them."""

    code: str
    count: int
    where: str
    field: str | None
    value: str | None
    hint: str


@dataclass(frozen=True)
class Trial:
    """What came of a trial.

    Attributes:
        export: the row of ``raw.exports`` that the file would get.
        counts: number of records by outcome; all zero where the file was refused as a whole.
        rows: mapped rows that were accepted, in the file's order, each with ``where`` in front.
        columns: columns of ``rows`` that are worth a look.
        findings: reasons, the most frequent first.
        has_places: whether the data folder has a gazetteer for rows without a coordinate.
    """

    export: dict[str, Any]
    counts: dict[str, int]
    rows: list[dict[str, Any]]
    columns: tuple[str, ...]
    findings: list[Finding]
    has_places: bool

    @property
    def accepted(self) -> int:
        """Number of records that would be accepted."""
        return self.counts.get("accepted", 0)


@contextmanager
def read_aside(settings: Settings, path: Path, theatre: Theatre, source: Source) -> Iterator[Reading]:
    """Read a file as an export of a source, by the ordinary readers and their caps, in a folder that is then removed.

    Raises:
        UserError: the file is missing, is no plain file or is larger than the cap.
    """
    with tempfile.TemporaryDirectory(prefix="isw-strikes-trial-") as folder:
        aside = settings.over_scratch(Path(folder))
        yield read_export(aside, receive(aside, path, RECEIVED), theatre, source, RECEIVED)


def try_source(settings: Settings, path: Path, theatre: Theatre, source: Source) -> Trial:
    """Run a source's mapping over a file, and say what would come of it.

    Args:
        settings: gives the caps, and the data folder whose gazetteer and reports are read.
        path: the file.
        theatre: the theatre.
        source: the source; it need not be in the theatre's file.

    Raises:
        UserError: the file cannot be taken, or the mapping names fields that there are not.
    """
    _refuse_merged(source)
    with read_aside(settings, path, theatre, source) as reading:
        lake = Lake(settings)
        references = {kind: lake.read(name, theatre=theatre.name) for kind, name in REFERENCES.items()}
        mapped = _map(theatre, source, reading, references)
        refused = pa.concat_tables([reading.refused, mapped.quarantine])
        return Trial(
            reading.export,
            _count(mapped.outcomes),
            _rows(source, reading, mapped),
            ("where", *SHOWN[source.kind]),
            _findings(refused),
            references["places"].num_rows > 0,
        )


def _refuse_merged(source: Source) -> None:
    if source.kind == "control_merged":
        raise UserError(f"{source.name} is made of {source.base} and {source.overrides} and takes no file")


def _map(theatre: Theatre, source: Source, reading: Reading, references: dict[str, pa.Table]) -> Mapped:
    received = Received(reading.records, table("raw.exports").conform([reading.export]))
    if source.kind == "strikes":
        return map_strikes(theatre, source, received, *references.values())
    if source.kind in CONTROL_KINDS:
        from pipeline.control import map_control  # noqa: PLC0415 - loads where it is used

        return map_control(theatre, source, received)
    return map_references(theatre, source, received)


def _count(outcomes: pa.Table) -> dict[str, int]:
    found = Counter(outcomes.column("outcome").to_pylist())
    return {name: found[name] for name in dict.fromkeys(("accepted", "duplicate", "quarantined", *sorted(found)))}


def _where(layer: str | None, record_no: int | None, line_no: int | None) -> str:
    if record_no is None:
        return "whole file" if line_no is None else f"line {line_no}"
    place = f"row {record_no}" if line_no is None else f"row {record_no} (line {line_no})"
    return f"{place} of {layer}" if layer else place


def _rows(source: Source, reading: Reading, mapped: Mapped) -> list[dict[str, Any]]:
    names = ["record_id", "layer", "record_no", "line_no"]
    order = {
        row["record_id"]: (number, _where(row["layer"], row["record_no"], row["line_no"]))
        for number, row in enumerate(reading.records.select(names).to_pylist())
    }
    rows = mapped.rows.select(["record_id", *SHOWN[source.kind]]).to_pylist()
    rows.sort(key=lambda row: order[row["record_id"]][0])
    return [{"where": order[row["record_id"]][1], **row} for row in rows]


def _findings(refused: pa.Table) -> list[Finding]:
    first: dict[str, dict[str, Any]] = {}
    counts: dict[str, int] = {}
    order = [("layer", "ascending"), ("record_no", "ascending"), ("reason_code", "ascending"), ("field", "ascending")]
    for row in refused.sort_by(order).to_pylist():
        first.setdefault(row["reason_code"], row)
        counts[row["reason_code"]] = counts.get(row["reason_code"], 0) + 1
    return [
        Finding(
            code,
            counts[code],
            _where(row["layer"], row["record_no"], row["line_no"]),
            row["field"],
            row["value"],
            row["hint"],
        )
        for code, row in sorted(first.items(), key=lambda found: (-counts[found[0]], found[0]))
    ]
