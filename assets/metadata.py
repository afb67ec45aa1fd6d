"""Metadata: what the UI shows of an asset before and after it was made.

Belongs here: turning the catalogue, the ledger's verdicts and the headline into Dagster's metadata.
Does not belong here: checks (``checks``), any count that has to be computed from rows.
"""

from __future__ import annotations

import base64
import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg

from pipeline.catalogue import SQL_TYPES, Column, Table, table
from pipeline.ledger import digest
from pipeline.theatres import Theatre
from pipeline.work import Done, Step, Work

if TYPE_CHECKING:
    from pipeline.publication import Publication

# Table whose columns and row count stand for a step that writes several; the first where not named.
MAIN = {"control": "core.control_areas", "tables": "marts.headline"}
LINEAGE = "dagster/column_lineage"
PICTURE_WIDTH = 900
PICTURE_BYTES = 400_000
# Columns of marts.headline that are worth a plot over time.
PLOTTED = ("n", "not_focus_at_point", "not_focus_expected", "not_focus_lower_t10", "not_focus_upper_t10")

Metadata = dict[str, Any]


def main_table(step: Step) -> Table:
    """The table that stands for a step."""
    return table(MAIN.get(step.name, step.tables[0]))


def describe_tables(opening: str, names: Sequence[str]) -> str:
    """Markdown: an opening sentence, and the tables that are written."""
    if len(names) == 1:
        return f"{opening}. {table(names[0]).about}\n\nWrites `{names[0]}`."
    lines = [f"- `{name}`: {table(name).title}. {table(name).about}" for name in names]
    return f"{opening}.\n\nWrites\n\n" + "\n".join(lines)


def column_schema(spec: Table) -> dg.TableSchema:
    """Columns of a table as Dagster shows them: type, meaning, unit, bounds."""
    columns = [
        dg.TableColumn(
            name=column.name,
            type=SQL_TYPES[column.type],
            description=column.about,
            constraints=_constraints(spec, column),
            tags={"unit": column.unit.replace(" ", "_")} if column.unit else {},
        )
        for column in spec.columns.values()
    ]
    return dg.TableSchema(columns, constraints=dg.TableConstraints(other=[f"key: {', '.join(spec.key)}"]))


def _constraints(spec: Table, column: Column) -> dg.TableColumnConstraints:
    other = [f"at least {column.min:g}"] if column.min is not None else []
    other += [f"at most {column.max:g}"] if column.max is not None else []
    other += [f"one of {', '.join(column.values)}"] if column.values else []
    return dg.TableColumnConstraints(nullable=column.optional, unique=spec.key == [column.name], other=other)


def of_definition(names: Sequence[str], main: Table) -> Metadata:
    """Metadata known before a run: the main table's columns, and those of the others by name."""
    others = {f"columns of {name}": column_schema(table(name)) for name in names if name != main.name}
    return {"dagster/column_schema": column_schema(main), "table": main.name, **others}


def rows_of(done: Iterable[Done], main: Table) -> Metadata:
    """Row counts of all tables that parts wrote; that of the main table under Dagster's own name."""
    rows: Counter[str] = Counter()
    for part in done:
        rows.update(part.rows)
    named = {f"rows in {name}": count for name, count in sorted(rows.items()) if name != main.name}
    return {"dagster/row_count": rows[main.name], **named}


def reason(done: Done) -> str:
    """Why a part was made, or that it was fresh."""
    return "fresh: nothing it is made from has changed" if done.verdict.is_fresh else "; ".join(done.verdict.why)


def of_parts(done: Sequence[Done], main: Table) -> Metadata:
    """Metadata of a step that is not partitioned: rows, parts made, and why."""
    listed = "\n".join(f"- **{part.verdict.part}**: {reason(part)}" for part in done) or "no parts"
    return {**rows_of(done, main), "parts made": made(done), "why": dg.MetadataValue.md(listed)}


def of_month(done: Done, main: Table) -> Metadata:
    """Metadata of one month of a partitioned step."""
    return {**rows_of([done], main), "why": reason(done)}


def version(work: Work, theatre: Theatre, step: Step) -> dg.DataVersion:
    """What all parts of a step hold: it stays when they were made again with the same result."""
    entries = [work.ledger.read(step.name, theatre.name, part) for part in step.parts(theatre)]
    digests = [{name: o.digest for name, o in entry.outputs.items()} if entry else None for entry in entries]
    return dg.DataVersion(digest(digests))


def made(done: Iterable[Done]) -> int:
    """Parts that were not fresh."""
    return sum(not part.verdict.is_fresh for part in done)


def of_exports(work: Work, theatre: Theatre, new: int, left: Mapping[str, str]) -> Metadata:
    """Every export that a theatre holds, how old the newest is, and files that nobody knows what to do with.

    Args:
        work: the data folder.
        theatre: the theatre.
        new: exports that this run took.
        left: files left in the inbox, with the reason.
    """
    rows = sorted(work.lake.read("raw.exports", theatre=theatre.name).to_pylist(), key=lambda row: str(row["source"]))
    records = [
        dg.TableRecord(
            {
                "source": row["source"],
                "file": row["file_name"],
                "records": row["record_count"],
                "received": f"{row['received_at']:%Y-%m-%d %H:%M} UTC",
                "problem": "" if row["problem_code"] is None else f"{row['problem_code']}: {row['problem']}",
                "sha256": row["sha256"][:16],
            }
        )
        for row in rows
    ]
    types = {"records": "int"}
    names = ("source", "file", "records", "received", "problem", "sha256")
    schema = dg.TableSchema([dg.TableColumn(name, types.get(name, "string")) for name in names])
    listed = "\n".join(f"- `{name}`: {hint}" for name, hint in left.items())
    newest = max((row["received_at"] for row in rows), default=None)
    age = {} if newest is None else {"days since the newest receipt": (datetime.now(UTC) - newest) / timedelta(days=1)}
    return {
        **age,
        "dagster/row_count": sum(row["record_count"] for row in rows),
        "exports": len(rows),
        "new exports": new,
        "exports taken": dg.MetadataValue.table(records, schema),
        **({"left in the inbox": dg.MetadataValue.md(listed)} if left else {}),
    }


def of_quarantine(work: Work, theatre: Theatre, sources: Sequence[str]) -> Metadata:
    """What was refused of some sources, by reason."""
    refused = work.lake.read("core.quarantine", columns=["source", "reason_code"], theatre=theatre.name)
    counted = Counter((row["source"], row["reason_code"]) for row in refused.to_pylist() if row["source"] in sources)
    lines = [f"| {source} | {code} | {count} |" for (source, code), count in sorted(counted.items())]
    columns = ["source", "outcome"]
    outcomes = work.lake.read("core.record_outcomes", columns=columns, theatre=theatre.name, source=list(sources))
    ended = outcomes.column("outcome").to_pylist()
    share = {"quarantined share": ended.count("quarantined") / len(ended)} if ended else {}
    if not lines:
        return {"refused": "nothing", **share}
    return {**share, "refused": dg.MetadataValue.md("| source | reason | rows |\n|---|---|---|\n" + "\n".join(lines))}


def of_headline(work: Work, theatre: Theatre) -> Metadata:
    """The sentence told first, its figures for a plot over time, and the same of every other source."""
    from pipeline.publication import headline_sentences  # noqa: PLC0415 - loads where it is used

    headline = work.lake.read("marts.headline", theatre=theatre.name)
    rows = [
        row
        for row in headline.to_pylist()
        if (row["window"], row["filter"], row["unit"]) == (theatre.main_window, "all", "episode")
    ]
    sentences = "\n".join(f"- {row['sentence']}" for row in rows)
    main = next((row for row in rows if row["source"] == theatre.main_source), None)
    figures = {name: main[name] for name in PLOTTED if main[name] is not None} if main else {}
    told = headline_sentences(theatre, headline).values()
    return {
        "headline": dg.MetadataValue.md(next(iter(told), "No headline yet.")),
        "by source": dg.MetadataValue.md(sentences or "No strikes in the main window yet."),
        **figures,
    }


def of_release(publication: Publication) -> Metadata:
    """The release: its id, folder, headlines and pictures."""
    sentences = "\n\n".join(f"**{name}**: {sentence}" for name, sentence in publication.headlines.items())
    shown = {_picture_name(path): picture(path) for path in publication.pictures}
    return {
        "release": publication.id,
        "folder": dg.MetadataValue.path(publication.path),
        "report": dg.MetadataValue.path(publication.path / "report.html"),
        "validation report": dg.MetadataValue.path(publication.path / "validation" / "index.html"),
        "already published": publication.already,
        "headline": dg.MetadataValue.md(sentences or publication.remark or "No headline yet."),
        **shown,
    }


def _picture_name(path: Path) -> str:
    """``picture: headline``, or ``picture: ukraine headline`` where it stands in a theatre's folder."""
    folder = "" if path.parent.name == "pictures" else f"{path.parent.name} "
    return f"picture: {folder}{path.stem}"


def picture(path: Path) -> dg.MarkdownMetadataValue:
    """A picture inside Markdown, made small, because every run keeps its own copy in Dagster's storage."""
    from PIL import Image  # noqa: PLC0415 - loads where it is used

    with Image.open(path) as image:
        small = image.convert("RGB")
        small.thumbnail((PICTURE_WIDTH, PICTURE_WIDTH * 4))
        buffer = io.BytesIO()
        small.quantize(256).save(buffer, "PNG", optimize=True)
    if buffer.tell() > PICTURE_BYTES:
        return dg.MetadataValue.md(f"`{path}`")
    encoded = base64.b64encode(buffer.getvalue()).decode("ascii")
    return dg.MetadataValue.md(f"![{path.stem}](data:image/png;base64,{encoded})")
