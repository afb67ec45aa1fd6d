"""CSV and its kin."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from export_files import RECEIVED, a_source, column, properties, read_bytes, refusal
from hypothesis import assume, given
from hypothesis import settings as rules
from hypothesis import strategies as st
from pydantic import ValidationError

from pipeline.exports import Received, read_export
from pipeline.exports.delimited import DELIMITERS
from pipeline.settings import Settings
from pipeline.theatres import Dialect, Source, theatres

CELL = st.text(
    alphabet=st.sampled_from(["a", "B", "1", ".", " ", ",", ";", "\t", "|", '"', "'", "\n", "\r", "ح", "é", "\u2028"]),
    max_size=6,
)
# Names that could not be taken for several columns under another delimiter, or for another format.
NAME = st.text(alphabet="abcdeم", min_size=1, max_size=4)
DIALECTS = st.tuples(
    st.sampled_from([",", ";", "\t", "|"]), st.sampled_from(["\n", "\r\n", "\r"]), st.booleans(), st.booleans()
)
ENCODINGS = st.sampled_from(["utf-8", "utf-8-sig", "utf-16"])


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[str], list[list[str]]]:
    """A header of different names and rows of as many cells."""
    names = draw(st.lists(NAME, min_size=2, max_size=5, unique=True))
    cells = st.lists(CELL, min_size=len(names), max_size=len(names))
    return names, draw(st.lists(cells, min_size=1, max_size=6))


def write(rows: list[list[str]], dialect: tuple[str, str, bool, bool]) -> str:
    """Rows as text; a cell is quoted where it must be, or always."""
    delimiter, ending, quoted, is_ended = dialect
    special = f'{delimiter}"\n\r'

    def cell(text: str) -> str:
        return '"' + text.replace('"', '""') + '"' if quoted or any(c in special for c in text) else text

    text = ending.join(delimiter.join(map(cell, row)) for row in rows)
    return text + ending if is_ended else text


def could_be_rows(row: list[str], delimiter: str) -> bool:
    """Whether each line of a row with line breaks looks like a row itself, which is taken for stray marks."""
    lines = [line for line in re.split("[\r\n]+", write([row], (delimiter, "\n", False, False))) if line]
    return len(lines) > 1 and all(line.count(delimiter) >= len(row) - 1 for line in lines)


def first_lines(rows: list[list[str]], dialect: tuple[str, str, bool, bool]) -> list[int]:
    """The line on which each row starts."""
    lines, line = [], 1
    for row in rows:
        lines.append(line)
        text = write([row], (*dialect[:3], True))
        line += text.count("\r\n") + text.replace("\r\n", "").count("\n") + text.replace("\r\n", "").count("\r")
    return lines


@given(tables(), DIALECTS, ENCODINGS)
@rules(max_examples=80, deadline=None)
def test_tables_come_back_as_they_were_written(
    table: tuple[list[str], list[list[str]]], dialect: tuple[str, str, bool, bool], encoding: str
) -> None:
    names, rows = table
    assume(not any(could_be_rows(row, dialect[0]) for row in rows))
    reading = read_bytes(write([names, *rows], dialect).encode(encoding))
    assert properties(reading) == [dict(zip(names, row, strict=True)) for row in rows]
    assert [list(found) for found in properties(reading)] == [names] * len(rows)
    assert column(reading, "line_no") == first_lines([names, *rows], dialect)[1:]
    assert column(reading, "record_no") == list(range(1, len(rows) + 1))
    assert reading.export["encoding"] == encoding


@given(tables(), DIALECTS, ENCODINGS)
@rules(max_examples=15, deadline=None)
def test_a_cut_at_any_byte_is_told_or_leaves_every_whole_row(
    table: tuple[list[str], list[list[str]]], dialect: tuple[str, str, bool, bool], encoding: str
) -> None:
    names, rows = table
    assume(not any(could_be_rows(row, dialect[0]) for row in rows))
    content = write([names, *rows], dialect).encode(encoding)
    for cut in range(0, len(content), max(1, len(content) // 25)):
        reading = read_bytes(content[:cut])
        if reading.export["problem_code"] is None:
            # Every row but the last, which the cut may have shortened, is as it was.
            found = properties(reading)
            assert found[:-1] == [dict(zip(names, row, strict=True)) for row in rows][: len(found) - 1]
            ended = (*dialect[:3], True)
            ends = [len(write([names, *rows[:n]], ended).encode(encoding)) for n in range(1, len(rows) + 1)]
            complete = sum(end <= cut for end in ends)
            assert len(found) >= complete


def test_codepages_of_arabic_cyrillic_and_french() -> None:
    samples = {
        "cp1256": "المكان,اليوم\nحلب,قصف\nالرستن,غارة جوية على السوق\n",
        "cp1251": "місце,день\nХарків,обстріл\nІзюм,авіаудар по мосту\n",
        "cp1252": "lieu,jour\nGenève,frappe aérienne\nZürich,été\n",
    }
    for encoding, text in samples.items():
        reading = read_bytes(text.encode(encoding))
        assert reading.export["encoding"] == encoding
        header, *rows = [line.split(",") for line in text.splitlines()]
        assert properties(reading) == [dict(zip(header, row, strict=True)) for row in rows]


def test_text_that_is_utf8_but_for_a_byte_is_not_read_as_something_else() -> None:
    content = "اسم,مكان\n" + "حلب,قصف\n" * 50
    assert refusal(read_bytes(content.encode() + b"\xff\xfe,1\n"))[0] == "export_encoding"


def test_a_cut_within_a_character_is_a_truncated_file() -> None:
    assert refusal(read_bytes("a,b\n1,ح".encode()[:-1]))[0] == "export_truncated"


def test_a_header_line_that_declares_the_delimiter_is_followed() -> None:
    assert properties(read_bytes(b"sep=;\na;b\n1,5;2\n")) == [{"a": "1,5", "b": "2"}]


def test_one_column_is_a_table_too() -> None:
    reading = read_bytes(b'name\nAleppo\n""\n\nHoms\n')
    assert properties(reading) == [{"name": "Aleppo"}, {"name": ""}, {"name": "Homs"}]
    assert column(reading, "line_no") == [2, 3, 5]


def test_names_that_repeat_get_suffixes_and_values_stay() -> None:
    reading = read_bytes(b"name,name,,name_2,_extra\n1,2,3,4,5\n")
    assert list(properties(reading)[0].items()) == [
        ("name", "1"),
        ("name_3", "2"),
        ("column_3", "3"),
        ("name_2", "4"),
        ("_extra_2", "5"),
    ]


def test_rows_of_another_length_stay_records_and_are_told_of() -> None:
    reading = read_bytes(b"a,b,c\n1,2,3\n1,2\n1,2,3,4,5\n")
    good, short, long = properties(reading)
    assert good == {"a": "1", "b": "2", "c": "3"}
    assert short == {"a": "1", "b": "2", "_problem": "record_malformed", "_problem_text": "2 cells under a header of 3"}
    assert (long["c"], long["_extra"], long["_problem"]) == ("3", ["4", "5"], "record_malformed")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_last_row_that_is_short_and_has_no_end_says_that_the_file_may_be_cut(encoding: str) -> None:
    text = "a,b,c\n1,2,3\n4,5"
    assert "line 3: the last row has 2 cells of 3" in read_bytes(text.encode(encoding)).export["notes"]
    for whole in (text + "\n", text + ",6", text.replace("1,2,3", "1,2") + ",6"):
        assert read_bytes(whole.encode(encoding)).export["notes"] is None


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf", b"a,b\n", b"a,b", b"\xff\xfe", b"   "])
def test_files_without_rows_are_empty(content: bytes) -> None:
    assert refusal(read_bytes(content))[0] == "export_empty"


def test_caps_are_told_with_their_name_and_value() -> None:
    wide = ",".join(f"c{n}" for n in range(50)).encode()
    cases: list[tuple[bytes, str, dict[str, Any]]] = [
        (wide + b"\n1\n", "max_columns = 40 (ISW_MAX_COLUMNS)", {"max_columns": 40}),
        (b"a,b\n" + b"," * 50 + b"\n", "max_columns = 40 (ISW_MAX_COLUMNS)", {"max_columns": 40}),
        (wide + b"\n", "max_field_bytes = 100 (ISW_MAX_FIELD_BYTES)", {"max_field_bytes": 100}),
        (b'a,b\n1,"' + b"x\n" * 100 + b'"\n', "max_field_bytes = 100", {"max_field_bytes": 100}),
    ]
    for content, name, caps in cases:
        code, value = refusal(read_bytes(content, **caps))
        assert code == "export_cap_exceeded"
        assert name in value


def test_a_file_without_a_needed_column_names_it() -> None:
    source = a_source(date_from="date", place="town", note="remark")
    code, value = refusal(read_bytes(b"day,town\n1,2\n", source))
    assert code == "export_missing_column"
    assert value == "no column date (for date_from); there are day, town"
    assert read_bytes(b"date,town\n1,2\n", source).export["problem"] is None


def test_large_files_are_read_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline.exports import reading as room

    monkeypatch.setattr(room, "BATCH", 7)
    found = read_bytes(b"a,b\n" + b"".join(b"%d,x\n" % n for n in range(100)))
    assert [row["a"] for row in properties(found)] == [str(n) for n in range(100)]


def delimited(rows: list[list[str]], delimiter: str) -> bytes:
    """Rows as lines of UTF-8."""
    return write(rows, (delimiter, "\n", False, True)).encode()


def declared(**words: str) -> Source:
    """A source that says this of its files."""
    return a_source().model_copy(update={"dialect": Dialect.model_validate(words)})


@pytest.mark.parametrize("delimiter", list(DELIMITERS))
def test_common_delimiters_are_found(delimiter: str) -> None:
    rows = [["id", "name"], ["1", "a, b; c"], ["2", "حلب"]]
    assert properties(read_bytes(delimited(rows, delimiter))) == [
        {"id": "1", "name": "a, b; c"},
        {"id": "2", "name": "حلب"},
    ]


@pytest.mark.parametrize("delimiter", [":", " ", "#", "¦", "·"])
def test_any_delimiter_can_be_declared(delimiter: str) -> None:
    content = delimited([["id", "name"], ["1", f"a{delimiter}b"]], delimiter)
    assert properties(read_bytes(content, declared(delimiter=delimiter))) == [{"id": "1", "name": f"a{delimiter}b"}]


def test_the_line_of_the_header_can_be_declared() -> None:
    content = b"A title, of 1 Dec\n\nid;name\n1;a\n2;b;c\n"
    reading = read_bytes(content, declared(header_row="3"))
    assert [row["name"] for row in properties(reading)] == ["a", "b"]
    assert column(reading, "line_no") == [4, 5]
    assert "2 lines above the header were passed over" in reading.export["notes"]


def test_another_quotation_mark_can_be_declared() -> None:
    content = b"id,name\n1,'a, \"b\"'\n2,'it''s'\n"
    assert [row["name"] for row in properties(read_bytes(content, declared(quote="'")))] == ['a, "b"', "it's"]


def test_a_declared_encoding_is_followed_but_a_mark_goes_before_it() -> None:
    text = "id,name\n1,é\n"
    assert properties(read_bytes(text.encode("cp1252"), declared(encoding="cp1251")))[0]["name"] == "й"
    for encoding in ("utf-8-sig", "utf-16"):
        assert properties(read_bytes(text.encode(encoding), declared(encoding="cp1251")))[0]["name"] == "é"
    code, value = refusal(read_bytes(text.encode("cp1252"), declared(encoding="ascii")))
    assert (code, value.startswith("ascii is declared, but byte")) == ("export_encoding", True)


def test_a_guessed_encoding_says_how_sure_it_is() -> None:
    arabic = "id,name\n" + "1,مدينة حلب وريفها الشمالي\n" * 20
    reading = read_bytes(arabic.encode("cp1256"))
    assert reading.export["encoding"] == "cp1256"
    assert re.search(r"no encoding is declared: read as cp1256 \(confidence [01]\.\d\d\)", reading.export["notes"])
    assert read_bytes(arabic.encode()).export["notes"] is None
    assert read_bytes(arabic.encode("cp1256"), declared(encoding="cp1256")).export["notes"] is None


@pytest.mark.parametrize("words", [{"encoding": "klingon"}, {"delimiter": "||"}, {"quote": ""}, {"colour": "red"}])
def test_a_dialect_that_cannot_be_is_refused(words: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Dialect.model_validate(words)


def test_records_beyond_the_cap_on_memory_wait_on_disk_and_come_back(tmp_path: Path) -> None:
    rows = [["id", "name"], *([str(n), "a name of some length"] for n in range(25_000))]
    content = delimited(rows, ",")
    whole, piled = read_bytes(content), read_bytes(content, records_memory_bytes=1_000_000)
    assert piled.records.equals(whole.records)
    path = tmp_path / "x"
    path.write_bytes(content)
    received = Received("e", "e", "x", len(content), path)
    before = pa.total_allocated_bytes()
    settings = Settings(data=tmp_path / "data", records_memory_bytes=1_000_000)
    reading = read_export(settings, received, theatres()["syria"], a_source(), RECEIVED)
    assert reading.records.num_rows == 25_000
    assert pa.total_allocated_bytes() - before < whole.records.nbytes / 2
    assert list((tmp_path / "data").iterdir()) == []


def test_the_cap_on_records_is_named() -> None:
    code, value = refusal(read_bytes(delimited([["a"], *(["1"] for _ in range(20))], ","), max_records=10))
    assert (code, value) == ("export_cap_exceeded", "more than 10 records: over max_records = 10 (ISW_MAX_RECORDS)")
