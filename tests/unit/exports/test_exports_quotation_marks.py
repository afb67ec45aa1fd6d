"""Quotation marks in CSV: strays, and those around a value of several lines."""

from __future__ import annotations

import csv
import io

import pytest
from export_files import column, properties, read_bytes, refusal


def test_a_stray_quotation_mark_costs_its_row_only() -> None:
    reading = read_bytes(b'a,b\n"x"y,1\n2,3\n"p\nq"z,4\n5,6\n')
    first, second, third, fourth = properties(reading)
    assert (first["_text"], first["_problem"]) == ('"x"y,1\n', "record_malformed")
    assert third["_text"] == '"p\nq"z,4\n'
    assert (second, fourth) == ({"a": "2", "b": "3"}, {"a": "5", "b": "6"})
    assert column(reading, "line_no") == [2, 3, 4, 6]


def test_rows_that_stray_quotation_marks_join_are_malformed_each_for_itself() -> None:
    lines = [
        "id,place,lat,lon,day",
        '1,"Aleppo,36.1,37.1,2015-10-01',
        "2,Idlib,35.9,36.6,2015-10-02",
        '3,Homs",34.7,36.7,2015-10-03',
        "4,Hama,35.1,36.7,2015-10-04",
    ]
    reading = read_bytes("\r\n".join(lines).encode())
    *joined, good = properties(reading)
    assert [row["_text"] for row in joined] == [f"{line}\r\n" for line in lines[1:4]]
    assert {row["_problem_text"] for row in joined} == {"stray quotation marks: lines 2 to 4 would be one row"}
    assert good == {"id": "4", "place": "Hama", "lat": "35.1", "lon": "36.7", "day": "2015-10-04"}
    assert column(reading, "line_no") == [2, 3, 4, 5]


@pytest.mark.parametrize(
    "note",
    [
        "first\nsecond",
        "first, with a comma,\n\nsecond, third, fourth, fifth",
        "in Aleppo,36.1,37.1\nand elsewhere",
        "36.1,37.1\n36.2,37.2\n36.3,37.3",
        '"quoted, 1, 2, 3"\nwords, 1, 2, 3',
    ],
)
@pytest.mark.parametrize("place", range(4))
def test_a_note_over_several_lines_stays_one_value(note: str, place: int) -> None:
    row = ["1", "2015-10-01", "36.2", "37.1"]
    row[place] = note
    text = io.StringIO()
    csv.writer(text).writerows([["id", "day", "lat", "lon"], row, ["2", "", "", ""]])
    reading = read_bytes(text.getvalue().encode())
    assert list(properties(reading)[0].values()) == row
    assert list(properties(read_bytes(b'id,note\n1,"a\nb,c"\n'))[0].values()) == ["1", "a\nb,c"]


@pytest.mark.parametrize("end", ["", "\n"])
@pytest.mark.parametrize("place", range(3))
def test_coordinates_on_lines_of_their_own_stay_one_value(place: int, end: str) -> None:
    row = ["A", "2015-11-01"]
    row.insert(place, f"\n37.1,36.2,0\n37.2,36.3,0{end}")
    text = io.StringIO()
    csv.writer(text).writerows([["name", "day", "coordinates"], row, ["B", "2015-11-02", ""]])
    reading = read_bytes(text.getvalue().encode())
    assert [list(record.values()) for record in properties(reading)] == [row, ["B", "2015-11-02", ""]]


def test_an_open_quotation_mark_names_its_line() -> None:
    code, value = refusal(read_bytes(b'a,b\n1,2\n3,"open\n4,5\n'))
    assert code == "export_truncated"
    assert "line 3" in value
