"""XLSX workbooks."""

from __future__ import annotations

import io
import random
import zipfile
from datetime import date, datetime, time
from typing import Any

import openpyxl
import pytest
from export_files import a_source, column, properties, read_bytes, refusal, zipped
from openpyxl.workbook import Workbook

from pipeline.exports import Reading
from pipeline.theatres import Dialect

SHEET = "xl/worksheets/sheet1.xml"


def workbook(*rows: list[Any], **sheets: list[list[Any]]) -> Workbook:
    """A workbook of a sheet of these rows, and others."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for name, others in sheets.items():
        sheet = book.create_sheet(name)
        for row in others:
            sheet.append(row)
    return book


def saved(book: Workbook) -> bytes:
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def parts(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def replaced(content: bytes, old: str, new: str, part: str = SHEET) -> bytes:
    """A workbook with a text of a part replaced."""
    members = parts(content)
    assert old.encode() in members[part]
    return zipped({**members, part: members[part].replace(old.encode(), new.encode())})


def read_sheet(content: bytes, sheet: str) -> Reading:
    return read_bytes(content, a_source().model_copy(update={"dialect": Dialect(sheet=sheet)}))


def test_values_keep_their_types() -> None:
    row = [date(2015, 10, 1), datetime(2015, 10, 1, 12, 30), datetime(2015, 10, 1), time(6, 5), 7, 36.1234567890123]
    book = workbook(["day", "moment", "midnight", "hour", "whole", "real", "text", "yes", None], [*row, "حلب", True])
    reading = read_bytes(saved(book))
    assert properties(reading) == [
        {
            "day": "2015-10-01",
            "moment": "2015-10-01T12:30:00",
            "midnight": "2015-10-01T00:00:00",
            "hour": "06:05:00",
            "whole": 7,
            "real": 36.1234567890123,
            "text": "حلب",
            "yes": True,
        }
    ]
    assert (reading.export["format"], reading.export["encoding"], reading.export["crs"]) == ("xlsx", None, None)


@pytest.mark.parametrize("code", ["m/d/yy", "[$-409]d\\-mmm\\-yy;@", "yyyy-mm-dd"])
def test_dates_are_days_however_they_are_shown(code: str) -> None:
    book = workbook(["day"], [date(2016, 2, 1)])
    book.active["A2"].number_format = code
    assert properties(read_bytes(saved(book))) == [{"day": "2016-02-01"}]


def test_dates_since_1904_are_read_as_such() -> None:
    book = workbook(["day"], [date(2016, 2, 1)])
    book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    assert properties(read_bytes(saved(book))) == [{"day": "2016-02-01"}]


def test_a_time_that_the_format_hides_is_kept() -> None:
    book = workbook(["day"], [datetime(2016, 2, 1, 18)])
    book.active["A2"].number_format = "yyyy-mm-dd"
    assert properties(read_bytes(saved(book))) == [{"day": "2016-02-01T18:00:00"}]


def test_a_number_that_is_no_date_though_styled_as_one_is_kept() -> None:
    content = saved(workbook(["day"], [date(2016, 2, 1)]))
    assert properties(read_bytes(replaced(content, "<v>42401</v>", "<v>99999999</v>"))) == [{"day": "99999999"}]


def test_formulas_keep_their_values_and_are_told_of() -> None:
    content = saved(workbook(["a", "b"], [1, "=A2+1"], [2, "plain"]))
    reading = read_bytes(replaced(content, "<f>A2+1</f><v />", "<f>A2+1</f><v>2</v>"))
    assert properties(reading) == [{"a": 1, "b": 2, "_formulas": {"b": "=A2+1"}}, {"a": 2, "b": "plain"}]
    assert "1 cells hold formulas" in reading.export["notes"]
    never_computed = properties(read_bytes(content))[0]
    assert never_computed == {"a": 1, "b": None, "_formulas": {"b": "=A2+1"}}


@pytest.mark.parametrize(
    ("shared", "moved"),
    [("B2+1", "=B3+1"), ("B1", "=B2"), ("A" * 600, "="), ("[", "="), ("$B$2", "=$B$2"), ("A1", "=A2")],
)
def test_a_shared_formula_is_moved_to_its_cells_unless_it_is_long(shared: str, moved: str) -> None:
    content = saved(workbook(["a"], ["=1"], ["=2"]))
    content = replaced(content, "<f>1</f>", f'<f t="shared" ref="A2:A3" si="0">{shared}</f>')
    content = replaced(content, "<f>2</f>", '<f t="shared" si="0"/>')
    first, second = properties(read_bytes(content))
    assert (first["_formulas"]["a"], second["_formulas"]["a"]) == (f"={shared}", moved)


def test_a_shared_formula_that_would_refer_beyond_the_sheet_is_told_without_it() -> None:
    content = saved(workbook(["a", "b"], ["x", "=1"], ["=2"]))
    content = replaced(content, "<f>1</f>", '<f t="shared" ref="A2:B3" si="0">A2</f>')
    content = replaced(content, "<f>2</f>", '<f t="shared" si="0"/>')
    assert [row["_formulas"] for row in properties(read_bytes(content))] == [{"b": "=A2"}, {"a": "="}]


def test_a_record_has_the_row_of_its_sheet() -> None:
    book = workbook()
    for row, text in ((3, "name"), (5, "a"), (9, "b")):
        book.active.cell(row, 2, text)
    reading = read_bytes(saved(book))
    assert properties(reading) == [{"column_1": None, "name": "a"}, {"column_1": None, "name": "b"}]
    assert (column(reading, "line_no"), column(reading, "record_no")) == ([5, 9], [1, 2])


def test_cells_beyond_the_header_are_malformed() -> None:
    (row,) = properties(read_bytes(saved(workbook(["a"], [1, 2, 3]))))
    assert (row["a"], row["_extra"], row["_problem"]) == (1, [2, 3], "record_malformed")


def test_cells_of_one_place_are_malformed_and_both_are_kept() -> None:
    content = saved(workbook(["a", "b"], [1, 2], [3, 4]))
    first, second = properties(read_bytes(replaced(content, 'r="B2"', 'r="A2"')))
    assert first == {
        "a": 1,
        "b": None,
        "_extra": [2],
        "_problem": "record_malformed",
        "_problem_text": "2 cells are in column 1",
    }
    assert second == {"a": 3, "b": 4}
    code, value = refusal(read_bytes(replaced(content, 'r="B1"', 'r="A1"')))
    assert (code, value) == ("export_unreadable", "in the header, 2 cells are in column 1")


def test_the_only_sheet_with_cells_is_read_or_the_one_that_is_named() -> None:
    alone = saved(workbook(["a"], [1], Sheet2=[], Sheet3=[]))
    assert properties(read_bytes(alone)) == [{"a": 1}]
    two = saved(workbook(["a"], [1], Strikes=[["b"], [2]]))
    code, value = refusal(read_bytes(two))
    assert (code, value) == ("export_ambiguous", "2 sheets hold cells: Sheet, Strikes")
    assert properties(read_sheet(two, "Strikes")) == [{"b": 2}]
    code, value = refusal(read_sheet(two, "strike"))
    assert (code, value) == ("export_unreadable", "there is no sheet 'strike', but Sheet, Strikes")
    assert refusal(read_bytes(saved(workbook())))[0] == "export_empty"


@pytest.mark.parametrize("cells", ["A1:B1", "A1:A2"])
def test_a_merged_header_is_refused(cells: str) -> None:
    book = workbook(["Strikes", None, "c"], ["day", "place", "c"], [1, 2, 3])
    book.active.merge_cells(cells)
    code, value = refusal(read_bytes(saved(book)))
    assert code == "export_header_merged"
    assert f"row 1 of sheet Sheet should name the columns, but its cells {cells} are merged" in value


def test_every_merged_range_of_the_header_is_named() -> None:
    book = workbook(["Strikes", None, "c", None], [1, 2, 3, 4])
    for cells in ("A1:B1", "C1:D1"):
        book.active.merge_cells(cells)
    assert "its cells A1:B1, C1:D1 are merged" in refusal(read_bytes(saved(book)))[1]


def test_the_row_of_the_header_can_be_declared() -> None:
    book = workbook(["A title", None], ["a", "b"], [1, 2])
    book.active.merge_cells("A1:B1")
    source = a_source().model_copy(update={"dialect": Dialect(header_row=2)})
    reading = read_bytes(saved(book), source)
    assert (properties(reading), column(reading, "line_no")) == ([{"a": 1, "b": 2}], [3])
    assert "1 rows above the header were passed over" in reading.export["notes"]


def test_merged_cells_below_the_header_are_noted() -> None:
    book = workbook(["a", "b"], [1, 2], [3, 4])
    book.active.merge_cells("A2:A3")
    reading = read_bytes(saved(book))
    assert properties(reading)[1] == {"a": None, "b": 4}
    assert "merged cells" in reading.export["notes"]
    assert "A2:A3" in reading.export["notes"]


def with_shared(texts: list[str]) -> bytes:
    """A workbook whose cells name their texts by number, as Excel writes them; openpyxl does not."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    members = parts(saved(workbook()))
    rows = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>{n - 1}</v></c></row>' for n in range(1, len(texts) + 1))
    shared = "".join(f"<si><t>{text}</t></si>" for text in texts)
    override = f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}.sharedStrings+xml"/></Types>'
    return zipped(
        {
            **members,
            SHEET: f'<worksheet xmlns="{main}"><sheetData>{rows}</sheetData></worksheet>'.encode(),
            "xl/sharedStrings.xml": f'<sst xmlns="{main}">{shared}</sst>'.encode(),
            "[Content_Types].xml": members["[Content_Types].xml"].replace(b"</Types>", override.encode()),
        }
    )


def test_shared_texts_are_read() -> None:
    assert properties(read_bytes(with_shared(["place", "حلب", "a &amp; b"]))) == [{"place": "حلب"}, {"place": "a & b"}]


def test_shared_texts_beyond_the_cap_are_not_read() -> None:
    content = with_shared([f"text {n}" for n in range(3_000)])
    code, value = refusal(read_bytes(content, max_shared_strings_bytes=50_000))
    assert code == "export_cap_exceeded"
    assert "xl/sharedStrings.xml" in value
    assert "max_shared_strings_bytes = 50,000 (ISW_MAX_SHARED_STRINGS_BYTES)" in value


def test_bombs_are_not_unpacked() -> None:
    members = parts(saved(workbook(["a"], [1])))
    row = b'<row r="2">' + b'<c r="A2"><v>1</v></c>' * 1_500_000 + b"</row>"
    bomb = zipped({**members, SHEET: members[SHEET].replace(b"</sheetData>", row + b"</sheetData>")})
    assert "max_unpack_ratio = 200" in refusal(read_bytes(bomb))[1]
    assert "max_field_bytes = 10,485,760" in refusal(read_bytes(bomb, max_unpack_ratio=10_000))[1]


def test_a_header_of_ten_thousand_columns_is_refused() -> None:
    code, value = refusal(read_bytes(saved(workbook([f"c{n}" for n in range(10_000)], [1]))))
    assert code == "export_cap_exceeded"
    assert "a header of 10,000 columns: over max_columns = 2,000 (ISW_MAX_COLUMNS)" in value
    far = workbook(["a"], [1])
    far.active["XFD2"] = 1
    assert "row 2: a cell in column 16,384: over max_columns" in refusal(read_bytes(saved(far)))[1]


def test_a_row_with_a_wild_number_makes_no_rows_before_it() -> None:
    content = saved(workbook(["a"], [1]))
    wild = replaced(content, '<row r="2"', '<row r="999999999999"')
    assert column(read_bytes(replaced(wild, 'r="A2"', 'r="A999999999999"')), "record_no") == [1]


def test_document_types_are_unsafe() -> None:
    entity = '<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet '
    for part in (SHEET, "xl/workbook.xml", "xl/styles.xml"):
        members = parts(saved(workbook(["a"], [1])))
        text = members[part].decode()
        bad = entity + text if part == SHEET else "<!DOCTYPE x []>" + text
        assert refusal(read_bytes(zipped({**members, part: bad.encode()})))[0] == "export_unsafe"


def test_damaged_workbooks_never_raise() -> None:
    chance = random.Random(20151001)
    members = parts(saved(workbook(["a", "b"], [date(2015, 10, 1), "حلب"], [1.5, "=A1"])))
    for _ in range(80):
        name = chance.choice(sorted(members))
        damaged = bytearray(members[name])
        for _ in range(chance.randint(1, 4)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        read_bytes(zipped({**members, name: bytes(damaged)}))
        read_bytes(zipped({other: content for other, content in members.items() if other != name}))
