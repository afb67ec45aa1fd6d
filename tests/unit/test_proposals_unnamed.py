"""What `source new` finds where names or the first row say nothing: the header, an id, precisions, confidences."""

from __future__ import annotations

import io
from pathlib import Path

import openpyxl
import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.errors import UserError
from pipeline.proposals import Proposal, propose
from pipeline.settings import Settings
from pipeline.theatres import theatres
from pipeline.trial import try_source

SYRIA = theatres()["syria"]
NAMES = ["day", "lat", "lon", "ref"]
ROWS = [[f"2015-10-{day:02d}", f"36.{day:02d}", f"37.{day:02d}", f"RS{day:04d}"] for day in range(1, 25)]
TITLE = "Casualty monitor, exported 1 Dec 2025"


def workbook(*rows: list[str], merged: str | None = None) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    if merged:
        book.active.merge_cells(merged)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def text(*rows: list[str], delimiter: str = ",") -> bytes:
    return "\n".join(delimiter.join(row) for row in rows).encode()


def proposed(tmp_path: Path, content: bytes) -> Proposal:
    """A proposal for some bytes, under which every row of theirs is accepted."""
    path = tmp_path / "export"
    path.write_bytes(content)
    settings = Settings(data=tmp_path / "data")
    proposal = propose(settings, path, SYRIA)
    trial = try_source(settings, path, proposal.theatre, proposal.source)
    assert trial.accepted == len(ROWS), trial
    return proposal


def columns(*extra: list[str]) -> bytes:
    """The rows with further columns, each its name and the words that it repeats."""
    made = [[*row, *(words[i % len(words)] for _, *words in extra)] for i, row in enumerate(ROWS)]
    return text([*NAMES, *(name for name, *_ in extra)], *made)


@pytest.mark.parametrize(
    ("content", "row"),
    [
        (workbook([TITLE], NAMES, *ROWS), 2),
        (workbook([TITLE, "", "", ""], NAMES, *ROWS, merged="A1:D1"), 2),
        (workbook(["Event", "Point", "", "Code"], NAMES, *ROWS, merged="B1:C1"), 2),
        (text([f'"{TITLE}"'], NAMES, *ROWS), 2),
        (text([TITLE], ["as of today"], [], NAMES, *ROWS, delimiter=";"), 4),
    ],
)
def test_a_title_above_the_header_is_passed_over_and_said(content: bytes, row: int, tmp_path: Path) -> None:
    proposal = proposed(tmp_path, content)
    assert proposal.source.dialect.header_row == row
    assert f"row {row} looks like the header" in proposal.doubts[0]


def test_a_table_under_its_header_is_left_alone(tmp_path: Path) -> None:
    assert proposed(tmp_path, text(NAMES, *ROWS)).source.dialect.header_row is None


def test_a_file_of_which_nothing_is_mapped_ends_with_an_error_and_prints_no_block(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("name,colour\nx y,red\nz y,blue\n", encoding="utf-8")
    result = CliRunner().invoke(app, ["source", "new", str(path), "--theatre", "syria", "--kind", "strikes"])
    assert isinstance(result.exception, UserError) or "fields: {}" not in result.stdout
    path.write_text("a,b\nx y,red\nz y,blue\n", encoding="utf-8")
    result = CliRunner().invoke(app, ["source", "new", str(path), "--theatre", "syria"])
    assert isinstance(result.exception, UserError) and result.stdout == ""
    assert "no column could be mapped" in str(result.exception) and "'a', 'b'" in str(result.exception)


def test_a_code_for_each_row_is_an_id_whatever_its_name(tmp_path: Path) -> None:
    rows = [[f"town of {row[3]}", "7" + row[3][2:] + "000000", *row] for row in ROWS]
    proposal = proposed(tmp_path, text(["x", "y", "day", "lat", "lon", "الرقم"], *rows))
    assert (proposal.source.fields["id"].names, proposal.source.key) == (("الرقم",), ("id",))
    said = "\n".join(proposal.doubts)
    assert "no name says it; `الرقم` is taken" in said and "`y` would do too" in said


def test_levels_of_a_scale_and_words_of_confidence_are_known_under_any_name(tmp_path: Path) -> None:
    content = columns(["exactness", "village", "city"], ["grade", "Fair", "Weak"], ["colour", "red", "blue"])
    proposal = proposed(tmp_path, content)
    fields = proposal.source.fields
    assert (fields["precision"].names, fields["confidence"].names) == (("exactness",), ("grade",))
    assert proposal.source.precision_scale == "airwars"
    assert sum("no name says it" in doubt for doubt in proposal.doubts) == 2
    assert proposal.unmapped == ["colour"]


def test_several_provinces_are_all_read(tmp_path: Path) -> None:
    proposal = proposed(tmp_path, columns(["region", "Aleppo", ""], ["governorate", "Aleppo"], ["note", "Aleppo"]))
    assert sorted(proposal.source.fields["province"].names) == ["governorate", "region"]
