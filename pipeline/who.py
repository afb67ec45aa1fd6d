"""Who held a place on a day: the attribution of points that are no strikes.

Belongs here: reading questions, asking ``attribution``, answering in the order asked.
Does not belong here: the join itself.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TextIO

import pyarrow as pa

from pipeline.attribution import CONTROL_TABLES, ControlFrames, attribute
from pipeline.catalogue import table
from pipeline.errors import UserError
from pipeline.released import released_tables
from pipeline.sessions import connect
from pipeline.settings import Settings
from pipeline.spreadsheets import guard
from pipeline.theatres import Theatre

ASKED = ("lat", "lon", "day", "radius_m")
ANSWER = (
    "controller", "parties", "status", "certainty", "shares", "snapshot_day", "snapshot_age_days", "margin_r",
    "front_distance_m", "control_source", "note",
)  # fmt: skip


@dataclass(frozen=True)
class Question:
    """A place (degrees, WGS 84), a day and a radius in metres (0 for the point alone)."""

    latitude: float
    longitude: float
    day: date
    radius_m: float = 0.0


@dataclass(frozen=True)
class Unreadable:
    """A line of a file that is no question: its cells as they stand, and why."""

    cells: tuple[str, ...]
    why: str


def released_control(settings: Settings, theatre: Theatre, source: str | None = None) -> ControlFrames:
    """Control as the latest release holds it.

    Raises:
        UserError: nothing was released yet, or the release holds no control for this theatre.
    """
    files = released_tables(settings, {name: name for name in CONTROL_TABLES})
    source = source or theatre.control.in_force
    frames = {}
    for name, file in files.items():
        with connect(settings) as session:
            rows = session.execute(
                "SELECT * FROM read_parquet($file) WHERE theatre = $theatre AND source = $source",
                {"file": file, "theatre": theatre.name, "source": source},
            ).to_arrow_table()
        frames[name] = table(name).conform(_with_wkb(rows))
    if not frames["core.control_snapshots"].num_rows:
        raise UserError(
            f"the latest release holds no control of {theatre.name} by {source}: ingest its exports and run"
            f" `isw-strikes run --theatre {theatre.name}`"
        )
    return ControlFrames.of(source, frames)


def _with_wkb(rows: pa.Table) -> pa.Table:
    if "geometry" not in rows.column_names:
        return rows
    plain = rows.column("geometry").combine_chunks()
    storage = plain.storage if isinstance(plain, pa.ExtensionArray) else plain
    return rows.set_column(rows.column_names.index("geometry"), "geometry", storage.cast(pa.binary()))


def answer(theatre: Theatre, questions: list[Question], control: ControlFrames) -> list[dict[str, Any]]:
    """Answer each question, in the order asked.

    Returns:
        One dictionary a question: the columns of ``ANSWER``; ``parties`` and ``shares`` are JSON texts, ``note`` says
        what makes the question doubtful, or is empty.
    """
    if not questions:
        return []
    numbers = [f"{i:012d}" for i in range(len(questions))]
    days = pa.array([q.day for q in questions], pa.date32())
    probes = pa.table(
        {
            "strike_id": numbers,
            "longitude": pa.array([q.longitude for q in questions], pa.float64()),
            "latitude": pa.array([q.latitude for q in questions], pa.float64()),
            "radius_m": pa.array([q.radius_m for q in questions], pa.float64()),
            "date_from": days,
            "date_to": days,
        }
    )
    found = attribute(theatre, probes, control).rename_columns({"snapshot_last": "snapshot_day"})
    found = found.append_column("control_source", pa.array([control.source] * found.num_rows, pa.string()))
    notes = pa.array([_doubt(theatre, question) for question in questions], pa.string())
    return list(found.append_column("note", notes).select(list(ANSWER)).to_pylist())


def _doubt(theatre: Theatre, question: Question) -> str:
    west, south, east, north = theatre.extent
    is_inside = west <= question.longitude <= east and south <= question.latitude <= north
    is_inside_swapped = west <= question.latitude <= east and south <= question.longitude <= north
    if is_inside:
        return ""
    return "outside the theatre" + (": latitude and longitude look swapped" if is_inside_swapped else "")


def read_question(row: dict[str, str | None], where: str) -> Question:
    """Read a question from texts: ``lat``, ``lon``, ``day`` (YYYY-MM-DD) and, if given, ``radius_m``.

    Raises:
        UserError: a value is missing or out of range; the message names it and where it stands.
    """
    latitude = _number(row, "lat", where, -90, 90)
    longitude = _number(row, "lon", where, -180, 180)
    radius = _number(row, "radius_m", where, 0, 1_000_000) if (row.get("radius_m") or "").strip() else 0.0
    text = (row.get("day") or "").strip()
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise UserError(f"{where}: day = {text!r} is no day: write YYYY-MM-DD") from None
    return Question(latitude, longitude, day, radius)


def _number(row: dict[str, str | None], name: str, where: str, low: float, high: float) -> float:
    text = (row.get(name) or "").strip()
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not low <= number <= high:
        raise UserError(f"{where}: {name} = {text!r} is no number from {low} to {high}")
    return number


def read_questions(path: Path) -> Iterator[Question | Unreadable]:
    """Read questions from a CSV file with the columns ``lat,lon,day[,radius_m]``; a bad line stops no other.

    Raises:
        UserError: the file or a column is missing, or the file is no CSV in UTF-8.
    """
    try:
        file = path.open(encoding="utf-8-sig", newline="")
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from None
    with file:
        try:
            header = file.readline()
            file.seek(0)
            # A spreadsheet in another language writes semicolons or tabs.
            rows = csv.DictReader(file, delimiter=max(",;\t", key=header.count))
            missing = {"lat", "lon", "day"} - set(rows.fieldnames or ())
        except (UnicodeDecodeError, csv.Error) as error:
            raise UserError(f"{path} cannot be read as CSV in UTF-8 ({error}): save it as CSV UTF-8") from None
        if missing:
            raise UserError(f"{path} lacks the columns {', '.join(sorted(missing))}: it needs lat,lon,day[,radius_m]")
        try:
            for row in rows:
                try:
                    yield read_question(row, f"line {rows.line_num}")
                except UserError as error:
                    yield Unreadable(tuple(row.get(name) or "" for name in ASKED), str(error))
        except (UnicodeDecodeError, csv.Error) as error:
            raise UserError(f"{path} cannot be read as CSV in UTF-8 ({error}): save it as CSV UTF-8") from None


def write_answers(
    file: TextIO, questions: Iterable[Question | Unreadable], answers: Iterable[dict[str, Any]]
) -> list[str]:
    """Write questions and answers as CSV, in order.

    Args:
        file: where to.
        questions: all lines asked; one that is no question gets an empty answer, with the reason as its note.
        answers: the answers to those that are, in order.

    Returns:
        Why each line that is no question could not be read.
    """
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([*ASKED, *ANSWER])
    found = iter(answers)
    unread = []
    for question in questions:
        if isinstance(question, Unreadable):
            # A cell that a spreadsheet would run as a formula is made plain text.
            cells = [guard(cell) for cell in question.cells]
            writer.writerow([*cells, *[""] * (len(ANSWER) - 1), question.why])
            unread.append(question.why)
        else:
            told = next(found)
            asked = [question.latitude, question.longitude, question.day, question.radius_m]
            writer.writerow([*asked, *(_cell(told[name]) for name in ANSWER)])
    return unread


def _cell(value: Any) -> Any:
    return round(value, 6) if isinstance(value, float) else value


def in_words(theatre: Theatre, question: Question, found: dict[str, Any]) -> list[str]:
    """The answer to one question as lines of plain English."""

    def label(name: str) -> str:
        return theatre.controllers[name].label if name in theatre.controllers else name

    place = f"{question.latitude:g} N {question.longitude:g} E on {question.day}"
    if found["note"]:
        return [f"{place}: {found['note']}"]
    lines = [
        f"{place}: {label(found['controller'])} ({found['status']}); "
        f"whether {label(theatre.focus)} held it or not is {found['certainty']}"
    ]
    parties = json.loads(found["parties"])
    if parties:
        lines.append("  parties: " + ", ".join(label(party) for party in parties))
    if found["snapshot_day"] is None:
        lines.append(f"  no control snapshot of {found['control_source']} is in force on that day")
        return lines
    lines.append(
        f"  by {found['control_source']}, snapshot of {found['snapshot_day']} ({found['snapshot_age_days']} days old)"
    )
    shares = json.loads(found["shares"])
    what = f"within {question.radius_m:g} m" if question.radius_m else "at the point"
    lines.append(f"  {what}: " + ", ".join(f"{label(name)} {share:.1%}" for name, share in shares.items()))
    if found["front_distance_m"] is not None:
        lines.append(f"  nearest front line: {found['front_distance_m'] / 1000:.1f} km")
    if found["margin_r"] is not None:
        lines.append(f"  margin r = {found['margin_r']:.2f} (below 0.33 is firm, above 0.5 uncertain)")
    return lines
