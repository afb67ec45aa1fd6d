"""Questions in SQL: they see the tables of a release, and nothing else of this machine."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from sample_frames import sample_frames
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.errors import UserError
from pipeline.query import ask, write_rows
from pipeline.release.database import write_database
from pipeline.release.manifest import combine
from pipeline.settings import Settings


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The DuckDB file of the sample, in the data folder that holds it as its latest release."""
    folder = tmp_path_factory.mktemp("data") / "latest"
    folder.mkdir()
    write_database(folder / "strikes.duckdb", combine({"syria": sample_frames()}), Settings())
    return folder / "strikes.duckdb"


def told(database: Path, text: str, is_json: bool = False, **values: str) -> str:
    stream = io.StringIO()
    with ask(Settings(), database, text, values) as answer:
        write_rows(stream, answer, is_json)
    return stream.getvalue()


def test_rows_come_as_csv_and_as_json(database: Path) -> None:
    count = len(sample_frames()["core.strikes"].to_pylist())
    assert told(database, "SELECT count(*) AS n FROM core.strikes") == f"n\n{count}\n"
    rows = json.loads(told(database, "SELECT 'حلب' AS place, DATE '2016-01-15' AS day, NULL AS no", is_json=True))
    assert rows == [{"place": "حلب", "day": "2016-01-15", "no": None}]
    assert json.loads(told(database, "SELECT 1 WHERE false", is_json=True)) == []


def test_geometry_comes_as_text_and_its_functions_are_there(database: Path) -> None:
    row = json.loads(
        told(database, "SELECT geometry, ST_Area(geometry) > 0 AS ok FROM core.control_areas LIMIT 1", True)
    )
    assert row[0]["geometry"].startswith("POLYGON ((") and row[0]["ok"] is True


def test_values_are_no_sql(database: Path) -> None:
    sly = "x' OR '1' = '1"
    assert told(database, "SELECT $v AS v FROM core.strikes WHERE source = $v", v=sly) == "v\n"
    assert next(csv.DictReader(io.StringIO(told(database, "SELECT $v AS v", v="=1+1"))))["v"] == "'=1+1"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("COPY core.strikes TO 'x.csv'", "only reads"),
        ("DELETE FROM core.strikes", "only reads"),
        ("CREATE TEMP TABLE x AS SELECT 1", "only reads"),
        ("SELECT 1; SELECT 2", "only reads"),
        ("", "this is nothing"),
        ("SET enable_external_access = true", "only reads"),
        ("FROM read_csv('{file}')", "disabled"),
        ("FROM read_text('{file}')", "disabled"),
        ("FROM glob('{file}')", "disabled"),
        ("FROM ST_Read('{file}')", "cannot be answered"),
        ("FROM ST_Read('/vsicurl/http://127.0.0.1:9/x')", "cannot be answered"),
        ("FROM query('FROM read_text(''{file}'')')", "disabled"),
        ("FROM core.no_such", "no_such"),
        ("SELEC 1", "syntax error"),
    ],
)
def test_what_reaches_beyond_the_release_is_refused(text: str, why: str, database: Path, tmp_path: Path) -> None:
    file = tmp_path / "x.geojson"
    file.write_text('{"type": "Point", "coordinates": [1, 2]}', encoding="utf-8")
    before = sorted(path.name for path in Path.cwd().iterdir())
    with pytest.raises(UserError, match=why):
        told(database, text.replace("{file}", str(file)))
    assert sorted(path.name for path in Path.cwd().iterdir()) == before


def test_the_command_tells_headlines_rows_and_what_is_wrong(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ISW_DATA", str(database.parents[1]))
    run = CliRunner()
    assert "reported strike locations" in run.invoke(app, ["query"]).output
    assert "isw_reports" in run.invoke(app, ["query", "FROM core.strikes SELECT DISTINCT source"]).output
    hostile = run.invoke(app, ["query", "SELECT '[bold]x[/bold]' || chr(27) || '[31m' AS v"]).output
    assert "[bold]x[/bold]" in hostile and "\x1b" not in hostile
    asked = run.invoke(app, ["query", "SELECT $day::DATE AS day", "--param", "day=2016-01-15", "--format", "csv"])
    assert asked.output == "day\n2016-01-15\n"
    many = run.invoke(app, ["query", "FROM range(500)"])
    assert "The first 100 rows are shown" in many.output and "99" in many.output
    with pytest.raises(UserError, match="write name=value"):
        run.invoke(app, ["query", "SELECT 1", "--param", "day"], catch_exceptions=False)
    with pytest.raises(UserError, match="is no day"):
        run.invoke(app, ["query", "--as-of", "2016-13-01"], catch_exceptions=False)
    for beyond in ("0001-01-01T00:00:00+05:00", "9999-12-31T23:00:00-05:00"):
        with pytest.raises(UserError, match="is no time"):
            run.invoke(app, ["query", "--as-of", beyond], catch_exceptions=False)
