"""Working with what was refused: the lists, a file to fill in, and the run that follows it or a corrected mapping."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from typer.testing import CliRunner

from pipeline.catalogue import table
from pipeline.catalogue.reasons import reason, reasons
from pipeline.cli import app
from pipeline.docs import reason_catalogue
from pipeline.errors import UserError
from pipeline.intake import ingest
from pipeline.ledger import PACKAGE
from pipeline.quarantine import (
    COUNTED,
    LISTED,
    count_refused,
    find_refused,
    name_record,
    tell_counts,
    tell_rows,
    write_csv,
    write_template,
)
from pipeline.sessions import run_sql
from pipeline.settings import Settings
from pipeline.steps import step
from pipeline.telling import tell_overrides
from pipeline.theatres import Theatre, theatres
from pipeline.work import Work, judge, run_step

SYRIA = theatres()["syria"]
HEADER = "airwars_id,date,location_en,governorate,latitude,longitude,geolocation_accuracy"
ROWS = [
    "k1,2016-01-01,Aleppo,Aleppo,36.2,37.1,city",
    "k2,2016-02-02,Aleppo,Aleppo,36.2,37.1,city",
    "=k3,05.01.2016,Aleppo,Aleppo,36.2,37.1,city",
    "k4,2016-01-04,Aleppo,Aleppo,0,0,city",
]
MONTHS = ["2016-01", "2016-02"]


@pytest.fixture
def work(settings: Settings, tmp_path: Path) -> Work:
    """Four rows, of which two are refused: a date in no declared format, and a coordinate at 0, 0."""
    path = tmp_path / "list.csv"
    path.write_text("\n".join([HEADER, *ROWS]), encoding="utf-8")
    ingest(settings, path, SYRIA, SYRIA.sources["airwars"], datetime(2026, 2, 1, tzinfo=UTC))
    work = Work(settings)
    _map(work)
    run_step(work, SYRIA, step("strikes"), MONTHS)
    return work


COUNTABLE = {
    "theatre": "syria", "source": "a", "file_name": "a.csv", "line_no": None, "first_seen": None, "last_seen": None,
    "export_id": None, "source_key": None, "is_corrected": False, "is_held": False,
}  # fmt: skip


def test_open_is_what_no_later_export_has_put_right_once_however_often_it_is_said() -> None:
    row = {**COUNTABLE, "reason_code": "date_missing"}
    rows: list[dict[str, object]] = [
        {"record_id": "1::1", "source_key": "open"},
        {"record_id": "2::1", "source_key": "open"},
        {"record_id": "1::2", "source_key": "right", "is_corrected": True},
        {"record_id": "3::2", "source_key": "right", "is_held": True},
    ]
    (found,) = count_refused(pa.Table.from_pylist([{**row, **one} for one in rows]))
    assert (found["open_rows"], found["refused_rows"]) == (1, 4)
    assert next(tell_counts([found])).split()[:5] == ["1", "open", "of", "4", "date_missing"]


def test_two_files_of_one_name_are_two() -> None:
    row = {**COUNTABLE, "reason_code": "export_empty", "record_id": None}
    schema = pa.schema([(name, pa.bool_() if name.startswith("is_") else pa.string()) for name in row])
    refused = pa.Table.from_pylist([{**row, "export_id": export} for export in ("e1", "e2")], schema)
    (found,) = count_refused(refused)
    assert (found["open_rows"], found["refused_rows"], found["files"]) == (2, 2, 2)


def test_what_belongs_to_another_source_is_counted_last() -> None:
    row = COUNTABLE
    refused = [
        {**row, "source": source, "reason_code": code, "record_id": str(number)}
        for number, (source, code) in enumerate([("a", "record_out_of_scope")] * 3 + [("b", "date_missing")])
    ]
    counts = count_refused(pa.Table.from_pylist(refused))
    assert [found["reason_code"] for found in counts] == ["date_missing", "record_out_of_scope"]
    assert "No fault" in list(tell_counts(counts))[1]


def _map(work: Work, theatre: Theatre = SYRIA) -> None:
    run_step(work, theatre, step("mapped_strikes"), ["airwars"])


def _refused(work: Work) -> list[str]:
    return sorted(row["reason_code"] for row in work.lake.read("core.quarantine").to_pylist())


def _fill_in(settings: Settings, template: Path, values: dict[str, str]) -> None:
    """Give values to the lines of these fields, in the name of a person, and save them as a spreadsheet does."""
    with template.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    folder = settings.overrides_dir / "syria" / "airwars"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / template.name).open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=";")
        writer.writeheader()
        writer.writerows(
            {**row, "value": values[row["field"]], "who": "A. Reader", "why": "The photo shows it"}
            for row in rows
            if row["field"] in values
        )


def test_the_refused_are_counted_by_reason_and_listed_with_place_value_and_what_to_do(work: Work) -> None:
    counts = {row["reason_code"]: row["refused_rows"] for row in count_refused(find_refused(work.settings))}
    assert counts == {"coordinate_null_island": 1, "date_unparsable": 1}
    rows = find_refused(work.settings, "syria", "airwars", "date_unparsable").to_pylist()
    told = "\n".join(tell_rows(reason("date_unparsable"), rows, limit=20))
    assert "syria airwars: list.csv, line 4: date_from = '05.01.2016' (since 2026-02-01)" in told
    assert "What to do: Correct the date or declare its format in the theatre file." in told
    many = list(tell_rows(reason("date_unparsable"), rows * 3, limit=1))[-1]
    assert many == "  … and 2 more: --limit 3 shows them, --csv writes them all"


def test_an_override_of_another_source_of_the_same_file_reaches_no_row(work: Work) -> None:
    (row,) = find_refused(work.settings, reason="date_unparsable").to_pylist()
    override = {
        "theatre": "syria", "file_name": "fix.csv", "line_no": 2, "record": row["record_id"], "field": "place",
        "value": "Azaz", "who": "A. Reader", "why": "w", "state": "applied", "record_id": row["record_id"],
    }  # fmt: skip
    frames = {name: work.lake.read(f"core.{name}") for name in ("quarantine", "receipts")}
    frames["outcomes"] = work.lake.read("core.record_outcomes")
    asked = {"theatre": None, "source": None, "reason": "date_unparsable"}
    for source, is_overridden in (("mod_claims", False), ("airwars", True)):
        overrides = table("core.overrides").conform([{**override, "source": source}])
        (found,) = run_sql("quarantine/list_refused", asked, overrides=overrides, **frames).to_pylist()
        assert found["is_overridden"] is is_overridden


def test_the_list_as_csv_runs_nothing_in_a_spreadsheet(work: Work) -> None:
    file = io.StringIO()
    write_csv(file, LISTED, find_refused(work.settings, reason="date_unparsable").to_pylist())
    (row,) = csv.DictReader(io.StringIO(file.getvalue()))
    assert (row["source_key"], row["first_seen"]) == ("'=k3", "2026-02-01T00:00:00Z")


def test_a_filled_in_template_lets_the_rows_in_at_the_next_run_and_touches_only_their_months(
    work: Work, tmp_path: Path
) -> None:
    template = tmp_path / "dates.csv"
    rows = find_refused(work.settings, reason="date_unparsable").to_pylist()
    assert "Fill in value, who and why" in write_template(work.settings, template, reason("date_unparsable"), rows)
    _fill_in(work.settings, template, {"date_from": "2016-01-05"})
    assert judge(work, SYRIA, step("mapped_strikes"), "airwars").why == ("overrides of airwars changed",)
    assert judge(work, SYRIA, step("mapped_strikes"), "isw_reports").why == ("never made",)
    _map(work)
    assert _refused(work) == ["coordinate_null_island"]
    (told,) = work.lake.read("core.overrides").to_pylist()
    assert (told["state"], told["value_before"], told["value_after"]) == ("applied", "05.01.2016", "2016-01-05")
    assert not judge(work, SYRIA, step("strikes"), "2016-01").is_fresh
    assert judge(work, SYRIA, step("strikes"), "2016-02").is_fresh
    received = work.lake.read("raw.records").column("properties").to_pylist()
    assert any('"05.01.2016"' in properties for properties in received)


def test_a_corrected_mapping_lets_the_rows_in_at_the_next_run(work: Work) -> None:
    airwars = SYRIA.sources["airwars"]
    mended = airwars.model_copy(update={"date_formats": (*airwars.date_formats, "%d.%m.%Y")})
    theatre = SYRIA.model_copy(update={"sources": {**SYRIA.sources, "airwars": mended}})
    assert judge(work, theatre, step("mapped_strikes"), "airwars").why == ("theatre file changed",)
    _map(work, theatre)
    assert _refused(work) == ["coordinate_null_island"]
    assert work.lake.read("work.mapped_strikes").num_rows == 3


def test_an_override_that_is_refused_is_listed_among_the_refused_and_told_by_a_run(work: Work) -> None:
    folder = work.settings.overrides_dir / "syria" / "airwars"
    folder.mkdir(parents=True)
    (folder / "fix.csv").write_text(
        "record,field,value,who,why\nk9,place,Azaz,A. Reader,w\nk1,place,Azaz,A. Reader,w\n=k3,place,Azaz,A. Reader,w\n"
    )
    _map(work)
    (row,) = find_refused(work.settings, reason="override_record_unknown").to_pylist()
    assert (row["file_name"], row["line_no"], row["source_key"]) == ("overrides/syria/airwars/fix.csv", 2, "k9")
    lines: list[str] = []
    (problem,) = tell_overrides(work, ["syria"], lines.append)
    assert lines == [
        "syria airwars: overrides: 2 applied to 2 records (1 of them are refused all the same), 0 unneeded, 0 outdated,"
        " 0 outranked, 1 refused"
    ]
    assert problem.startswith("overrides/syria/airwars/fix.csv line 2: override_record_unknown: Copy the key")


def test_a_template_says_what_the_newest_export_says_and_leaves_out_what_that_has_put_right(
    work: Work, tmp_path: Path
) -> None:
    path = tmp_path / "newer.csv"
    newer = [HEADER, "=k3,05/01/2016,Aleppo,Aleppo,36.2,37.1,city", "k4,2016-01-04,Aleppo,Aleppo,36.20,37.1,city"]
    path.write_text("\n".join(newer), encoding="utf-8")
    ingest(work.settings, path, SYRIA, SYRIA.sources["airwars"], datetime(2026, 2, 2, tzinfo=UTC))
    _map(work)
    right = find_refused(work.settings, reason="coordinate_null_island").to_pylist()
    assert "2026-02-01; a later export has put it right)" in "\n".join(tell_rows(reason("date_null"), right, limit=1))
    with pytest.raises(UserError, match="later exports have put every row of coordinate_null_island right"):
        write_template(work.settings, tmp_path / "a.csv", reason("coordinate_null_island"), right)
    dates = find_refused(work.settings, reason="date_unparsable").to_pylist()
    assert len(dates) == 2
    told = write_template(work.settings, tmp_path / "b.csv", reason("date_unparsable"), [*right, *dates])
    assert "1 lines (1 rows that a later export has put right are left out)" in told
    (line,) = csv.DictReader((tmp_path / "b.csv").open(encoding="utf-8-sig"))
    assert (line["record"], line["field"], line["was"]) == ("'=k3", "date_from", "05/01/2016")


def test_an_override_of_a_field_that_is_not_read_is_told_with_what_is_read_in_its_place(work: Work) -> None:
    folder = work.settings.overrides_dir / "syria" / "airwars"
    folder.mkdir(parents=True)
    (folder / "fix.csv").write_text('record,field,value,who,why\nk1,coordinate,"36.5, 37.5",A. Reader,w\n')
    _map(work)
    assert tell_overrides(work, ["syria"], lambda _: None) == [
        "overrides/syria/airwars/fix.csv line 2: coordinate changes nothing where the record says latitude or"
        " longitude: correct that, or empty it with (empty)"
    ]


def test_a_template_names_the_record_as_an_override_must(work: Work, tmp_path: Path) -> None:
    rows = find_refused(work.settings, reason="coordinate_null_island").to_pylist()
    write_template(work.settings, tmp_path / "a.csv", reason("coordinate_null_island"), rows)
    lines = list(csv.DictReader((tmp_path / "a.csv").open(encoding="utf-8-sig")))
    assert [(line["record"], line["field"], line["value"], line["was"]) for line in lines] == [
        ("k4", "latitude", "", "0"), ("k4", "longitude", "", "0"),
    ]  # fmt: skip
    with pytest.raises(UserError, match="exists"):
        write_template(work.settings, tmp_path / "a.csv", reason("coordinate_null_island"), rows)
    reached = [{**row, "is_overridden": True} for row in rows]
    write_template(work.settings, tmp_path / "b.csv", reason("coordinate_null_island"), reached)
    assert rows[0]["record_id"] in (tmp_path / "b.csv").read_text(encoding="utf-8-sig")
    other = [*rows, {**rows[0], "source": "isw_reports"}]
    with pytest.raises(UserError, match=r"for one source: choose .* syria airwars, syria isw_reports"):
        write_template(work.settings, tmp_path / "c.csv", reason("coordinate_null_island"), other)
    with pytest.raises(UserError, match="no override can put record_malformed right"):
        write_template(work.settings, tmp_path / "c.csv", reason("record_malformed"), rows)


@pytest.mark.parametrize(("source", "named"), [("airwars", "k"), ("isw_area_facts", "e1::1"), ("commons_map", "e1::1")])
def test_a_row_is_named_by_its_id_where_only_its_content_tells_which_it_is(source: str, named: str) -> None:
    row = {"theatre": "syria", "source": source, "reason_code": "date_missing", "is_overridden": False}
    assert name_record({**row, "source_key": "k", "record_id": "e1::1"}) == named


def test_the_command_leads_from_the_counts_to_the_rows_to_the_template(
    work: Work, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ISW_DATA", str(work.settings.root))
    run = CliRunner().invoke
    counts = run(app, ["quarantine"]).output
    assert "Next: isw-strikes quarantine --reason coordinate_null_island" in counts
    rows = run(app, ["quarantine", "--reason", "date_unparsable"]).output
    assert "--theatre syria --source airwars --reason date_unparsable --template FILE.csv" in rows
    made = run(app, ["quarantine", "--reason", "date_unparsable", "--template", str(tmp_path / "f.csv")]).output
    assert "Next: isw-strikes run --theatre syria" in made
    assert run(app, ["quarantine", "--csv"]).output.splitlines()[0] == ",".join(COUNTED)
    assert "Nothing is refused for place_unknown." in run(app, ["quarantine", "--reason", "place_unknown"]).output


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"reason": "date_unparseable"}, "no reason 'date_unparseable': choose one of date_unparsable"),
        ({"source": "airwar"}, "no source 'airwar': choose one of airwars"),
        ({"theatre": "sirya"}, "no theatre 'sirya': choose one of syria"),
    ],
)
def test_a_name_that_is_none_is_told_with_those_alike(work: Work, asked: dict[str, str], told: str) -> None:
    with pytest.raises(UserError, match=told):
        find_refused(work.settings, **asked)


def test_before_the_first_run_there_is_nothing_to_list(settings: Settings) -> None:
    with pytest.raises(UserError, match="run `isw-strikes run` first"):
        find_refused(settings)


# How code gives a reason: in SQL as the column or the outcome of a CASE over faults, in Python by one of these words.
GIVEN_IN_SQL = re.compile(
    r"'([a-z_]+)'(?: AS reason_code|\n\s*(?:WHEN|END|ELSE)|\n\s*END)|coalesce\(problem, '([a-z_]+)'\)"
)
GIVEN_IN_PYTHON = re.compile(
    r'(?:RefusedError\(\s*|_refuse\(row, |reason=|MALFORMED = |return |refused\[number\] = )"([a-z]+_[a-z_]+)"'
)
OVER_CAP = "export_cap_exceeded"


def _codes_in_use() -> set[str]:
    levels = tuple(sorted({code.split("_")[0] for code in reasons()}))
    found = {OVER_CAP}
    for file in [*PACKAGE.glob("sql/*/refuse_*.sql"), *PACKAGE.glob("sql/history/*.sql")]:
        found |= {code for pair in GIVEN_IN_SQL.findall(file.read_text(encoding="utf-8")) for code in pair if code}
    for folder in ("exports", "control", "."):
        for file in (PACKAGE / folder).glob("*.py"):
            text = file.read_text(encoding="utf-8")
            found |= set(GIVEN_IN_PYTHON.findall(text)) | {code for code in reasons() if f'"{code}"' in text}
    return {code for code in found if code.startswith(levels)}


def test_the_catalogue_holds_every_reason_that_the_code_gives_and_no_other() -> None:
    assert _codes_in_use() == set(reasons())


def test_the_page_of_reasons_tells_every_one_of_them() -> None:
    page = reason_catalogue()
    assert [code for code in reasons() if f"| `{code}` |" not in page] == []
