"""`isw-strikes source new` and `source check`: what is printed where, exit codes, and that nothing is written."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pipeline.cli import app
from pipeline.errors import UserError
from pipeline.intake import ingest_showcase
from pipeline.settings import Settings
from pipeline.steps import step
from pipeline.theatres import theatres
from pipeline.work import Work, run_step

GOOD = "id,date,lat,lon\nA-1,2015-10-13,36.2,37.1\nA-2,2015-10-14,36.3,37.2\n"
BLOCK = """
mine:
  kind: strikes
  title: Mine
  publisher: Me
  credit: Me
  terms: None
  key: [id]
  fields: {id: id, date_from: date, latitude: lat, longitude: lon}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with an export and a block for it; the data folder would be made in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ISW_DATA", raising=False)
    (tmp_path / "mine.csv").write_text(GOOD, encoding="utf-8")
    (tmp_path / "mine.yaml").write_text(BLOCK, encoding="utf-8")
    return tmp_path


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["source", *words])


def check(*words: str) -> Result:
    return run("check", "mine.csv", "--theatre", "syria", "--yaml", "mine.yaml", *words)


def refused(*words: str) -> str:
    """What a user error of these words says."""
    result = run(*words)
    assert isinstance(result.exception, UserError), result.output
    return str(result.exception)


def test_the_printed_block_is_what_check_takes(folder: Path) -> None:
    made = run("new", "mine.csv")
    assert made.exit_code == 0
    assert made.stdout.startswith("  mine:\n    kind: strikes\n")
    assert "Not sure:" in made.stderr and "Not sure:" not in made.stdout
    (folder / "proposed.yaml").write_text(made.stdout, encoding="utf-8")
    tried = run("check", "mine.csv", "--theatre", "syria", "--yaml", "proposed.yaml")
    assert tried.exit_code == 0
    assert "2 records: 2 accepted, 0 duplicate, 0 quarantined" in tried.stdout
    assert "! title, publisher, credit, terms: still as proposed" in tried.stderr
    assert "as proposed" not in check().stderr


def test_what_comes_next_is_said(folder: Path) -> None:
    assert "isw-strikes source check mine.csv --theatre syria --yaml mine.yaml" in run("new", "mine.csv").stderr
    assert "isw-strikes ingest mine.csv --theatre syria --source mine" in check().stdout


def test_rows_are_shown_whole_with_where_they_stand(folder: Path) -> None:
    lines = check("--rows", "1").stdout.splitlines()
    assert lines[1].split()[:8] == ["row", "1", "(line", "2)", "2015-10-13", "2015-10-13", "36.2", "37.1"]
    assert "2015-10-14" not in "\n".join(lines)


def test_every_reason_is_told_with_count_example_and_what_to_do(folder: Path) -> None:
    (folder / "mine.csv").write_text(GOOD + "A-3,soon,36.2,37.1\nA-4,later,36.2,37.1\n,2015-10-13,0,0\n")
    said = check().stdout
    assert "5 records: 2 accepted, 0 duplicate, 3 quarantined" in said
    assert "date_unparsable: 2\n  mine.csv, row 3 (line 4): date_from = 'soon'\n  " in said
    assert {"coordinate_null_island: 1", "key_missing: 1"} <= set(said.splitlines())


def test_nothing_accepted_ends_with_1(folder: Path) -> None:
    (folder / "mine.csv").write_text("id,date,lat,lon\nA-1,soon,36.2,37.1\n", encoding="utf-8")
    result = check()
    assert result.exit_code == 1
    assert "no row would be accepted" in result.stderr and "ingest" not in result.stdout


def test_a_file_that_is_refused_as_a_whole_says_why(folder: Path) -> None:
    (folder / "mine.csv").write_text("id,when\nA-1,2015-10-13\n", encoding="utf-8")
    result = check()
    assert result.exit_code == 1
    assert "export_missing_column: 1\n  mine.csv, whole file: date_from" in result.stdout


def test_nothing_is_written_to_the_data_folder(folder: Path) -> None:
    run("new", "mine.csv")
    check()
    assert sorted(path.name for path in folder.iterdir()) == ["mine.csv", "mine.yaml"]


def test_a_place_is_found_in_the_gazetteer_of_the_data_folder(folder: Path) -> None:
    (folder / "mine.csv").write_text("id,date,place\nA-1,2015-10-13,Talbisah\n", encoding="utf-8")
    (folder / "mine.yaml").write_text(BLOCK.replace("latitude: lat, longitude: lon", "place: place"), encoding="utf-8")
    before = check()
    assert before.exit_code == 1 and "no gazetteer yet: `isw-strikes run`" in before.stdout
    work = Work(Settings())
    ingest_showcase(work.settings, ["syria"])
    run_step(work, theatres()["syria"], step("references"), ["gazetteer"])
    written = sorted(folder.rglob("*"))
    assert check().exit_code == 0
    assert sorted(folder.rglob("*")) == written


def test_a_source_of_the_theatre_is_checked_by_its_name(folder: Path) -> None:
    observations = theatres()["syria"].path("syria/control_observations.csv")
    said = run("check", str(observations), "--theatre", "syria", "--source", "control_observations", "--rows", "2")
    assert said.exit_code == 0
    assert "671 records: 671 accepted" in said.stdout


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("new", "none.csv"), "none.csv was not received"),
        (("new", "mine.csv", "--theatre", "nowhere"), "there is no theatre 'nowhere'"),
        (("new", "mine.csv", "--dialect", "sheet"), "write KEY=VALUE"),
        (("new", "mine.csv", "--dialect", "crs=EPSG:nothing"), "no coordinate reference system 'EPSG:nothing'"),
        (("new", "mine.csv", "--dialect", "colour=red"), "the keys are encoding, delimiter"),
        (("check", "mine.csv", "--theatre", "syria"), "give --source, one of isw_reports"),
        (("check", "mine.csv", "--theatre", "syria", "--source", "none"), "has no source 'none'"),
        (("check", "mine.csv", "--theatre", "syria", "--yaml", "none.yaml"), "--yaml none.yaml cannot be read"),
        (("check", "mine.csv", "--theatre", "syria", "--yaml", "mine.csv"), "mine.csv: write one source"),
    ],
)
def test_a_mistake_is_told_in_words(words: tuple[str, ...], told: str, folder: Path) -> None:
    assert told in refused(*words)


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("kind: strikes", "kind: storms", "mine.yaml: mine: kind: Input should be"),
        ("latitude: lat", "latitud: lat", "latitud: no field of strikes"),
        ("key: [id]", "key: [code]", "code: no field of strikes"),
        ("key: [id]", "keys: [id]", "mine.yaml: mine: keys: Extra inputs"),
        ("kind: strikes", "kind: [", "this is no YAML"),
    ],
)
def test_a_slip_in_the_block_names_file_and_key(right: str, wrong: str, told: str, folder: Path) -> None:
    (folder / "mine.yaml").write_text(BLOCK.replace(right, wrong), encoding="utf-8")
    assert told in refused("check", "mine.csv", "--theatre", "syria", "--yaml", "mine.yaml")
