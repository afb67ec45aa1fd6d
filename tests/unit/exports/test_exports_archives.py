"""What an archive may and may not do."""

from __future__ import annotations

import gzip
import io
import stat
import zipfile
from collections.abc import Callable

import matrix_files
import openpyxl
import pytest
from export_files import (
    column,
    kml,
    properties,
    read_bytes,
    refusal,
    shapefile_parts,
    zipped,
    zipped_shapefile,
)

MAP = kml("<Placemark><name>a</name></Placemark>")


def with_member(change: Callable[[zipfile.ZipInfo], None]) -> bytes:
    """An archive with a member that has been changed."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("doc.kml", MAP)
        member = zipfile.ZipInfo("other")
        change(member)
        archive.writestr(member, b"x")
    return target.getvalue()


@pytest.mark.parametrize(
    "name", ["../doc.kml", "a/../../doc.kml", "/etc/doc.kml", "C:\\doc.kml", "..\\doc.kml", "a\\..\\..\\doc.kml"]
)
def test_paths_that_lead_outside_are_unsafe(name: str) -> None:
    code, value = refusal(read_bytes(zipped({name: MAP})))
    assert (code, "leads outside" in value) == ("export_unsafe", True)


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_links_and_devices_are_unsafe(kind: int) -> None:
    def change(member: zipfile.ZipInfo) -> None:
        member.external_attr = (kind | 0o777) << 16

    code, value = refusal(read_bytes(with_member(change)))
    assert (code, value) == ("export_unsafe", "member 'other' is a link or device")


def test_two_members_of_one_name_are_unsafe() -> None:
    def change(member: zipfile.ZipInfo) -> None:
        member.filename = member.orig_filename = "doc.kml"

    with pytest.warns(UserWarning, match="Duplicate"):
        content = with_member(change)
    assert refusal(read_bytes(content)) == ("export_unsafe", "two members are named doc.kml")


def test_encrypted_members_are_told_as_such() -> None:
    content = bytearray(zipped({"doc.kml": MAP}))
    content[content.index(b"PK\x01\x02") + 8] |= 1
    code, value = refusal(read_bytes(bytes(content)))
    assert (code, "encrypted" in value) == ("export_encrypted", True)


def test_bombs_are_not_unpacked() -> None:
    bomb = zipped({"doc.kml": b"\0" * (20 * 1024**2)})
    code, value = refusal(read_bytes(bomb))
    assert (code, "max_unpack_ratio = 200 (ISW_MAX_UNPACK_RATIO)" in value) == ("export_cap_exceeded", True)
    code, value = refusal(read_bytes(bomb, max_unpacked_bytes=1000))
    assert (code, "max_unpacked_bytes = 1,000" in value) == ("export_cap_exceeded", True)
    many = zipped({f"{n}.kml": MAP for n in range(20)})
    code, value = refusal(read_bytes(many, max_members=10))
    assert (code, "max_members = 10" in value) == ("export_cap_exceeded", True)


def test_a_size_that_lies_does_not_unpack_more() -> None:
    content = bytearray(zipped({"doc.kml": MAP * 1000}))
    for magic, place in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        start = content.index(magic) + place
        content[start : start + 4] = (len(MAP)).to_bytes(4, "little")
    assert refusal(read_bytes(bytes(content)))[0] == "export_unreadable"


def test_a_member_that_is_damaged_is_unreadable() -> None:
    content = bytearray(zipped({"doc.kml": MAP}, zipfile.ZIP_STORED))
    content[content.index(b"<name>a") + 6] = ord("b")
    code, value = refusal(read_bytes(bytes(content)))
    assert (code, "CRC" in value) == ("export_unreadable", True)


def test_archives_within_archives_are_opened_to_a_depth() -> None:
    wrapped = zipped({"inner.kmz": zipped({"doc.kml": MAP})})
    assert read_bytes(wrapped).export["format"] == "kmz"
    for deeper in (zipped({"outer.zip": wrapped}), gzip.compress(wrapped)):
        code, value = refusal(read_bytes(deeper))
        assert (code, "max_archive_depth = 2 (ISW_MAX_ARCHIVE_DEPTH)" in value) == ("export_cap_exceeded", True)
    assert refusal(read_bytes(wrapped, max_archive_depth=1))[0] == "export_cap_exceeded"


@pytest.mark.parametrize(("method", "name"), [(zipfile.ZIP_BZIP2, "bzip2"), (zipfile.ZIP_LZMA, "LZMA")])
def test_members_that_unpack_without_bounds_are_refused(method: int, name: str) -> None:
    code, value = refusal(read_bytes(zipped({"a.csv": b"a,b\n1,2\n"}, method)))
    assert (code, value) == (
        "export_unreadable",
        f"member 'a.csv' is compressed by {name}; stored and deflate are read",
    )


def test_gzip_bombs_are_not_unpacked() -> None:
    bomb = gzip.compress(b"a,b\n" + b"1,2\n" * 5_000_000)
    code, value = refusal(read_bytes(bomb))
    assert (code, "max_unpack_ratio = 200" in value) == ("export_cap_exceeded", True)
    code, value = refusal(read_bytes(bomb, max_unpacked_bytes=1000))
    assert (code, "max_unpacked_bytes = 1,000" in value) == ("export_cap_exceeded", True)


def test_a_cut_or_damaged_gzip_file_is_told() -> None:
    whole = gzip.compress(b"a,b\n" + b"".join(b"%d,2\n" % n for n in range(1000)), mtime=0)
    for cut in range(3, len(whole), 97):
        assert refusal(read_bytes(whole[:cut]))[0] == "export_truncated"
    assert refusal(read_bytes(whole[:-8] + b"\0" * 8))[0] == "export_unreadable"
    assert refusal(read_bytes(gzip.compress(b"")))[0] == "export_empty"


@pytest.mark.parametrize("name", ["csv", "kml"])
def test_archives_within_an_archive_unpack_to_the_cap_together(name: str) -> None:
    content = MAP if name == "kml" else b"a,b\n" + b"1,2\n" * 1_000
    inner = zipped({f"a.{name}": content})
    many = zipped({f"{number}.zip": inner for number in range(20)})
    assert read_bytes(many).export["problem_code"] is None
    code, value = refusal(read_bytes(many, max_unpacked_bytes=20 * len(inner) + 2 * len(content)))
    assert (code, "the file unpacks to over" in value) == ("export_cap_exceeded", True)


def test_several_files_of_one_format_are_layers_of_one_export() -> None:
    reading = read_bytes(
        zipped(
            {
                "2015/oct.csv": b"id,day\n1,2015-10-01\n",
                "2015/nov.csv": b"id,place\n2,Aleppo\n3,Idlib\n",
                "readme.txt": b"What this is.\nAnd who made it.\n",
                "logo.png": b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
            }
        )
    )
    assert column(reading, "layer") == ["2015/oct", "2015/nov", "2015/nov"]
    assert [row["id"] for row in properties(reading)] == ["1", "2", "3"]
    for words in ("readme.txt was passed over", "logo.png was passed over", "2015/oct.csv was read"):
        assert words in reading.export["notes"]


def test_files_of_several_formats_in_one_archive_are_ambiguous() -> None:
    code, value = refusal(read_bytes(zipped({"a.csv": b"a,b\n1,2\n", "a.json": b'[{"a":1}]'})))
    assert code == "export_ambiguous"
    assert "a.csv (csv), a.json (json)" in value


def test_files_of_one_name_in_several_archives_are_layers_of_their_own() -> None:
    october, november = (zipped({"a.csv": b"id,day\n1,2015-%d-01\n" % month}) for month in (10, 11))
    reading = read_bytes(zipped({"x.zip": october, "y.zip": november}))
    assert column(reading, "layer") == ["x.zip/a", "y.zip/a"]
    assert reading.export["notes"] == "x.zip/a.csv was read; y.zip/a.csv was read"


def test_files_that_come_to_one_name_within_archives_are_refused() -> None:
    """An archive ``x`` in a folder's place beside a folder ``x``: their records would have the same ids."""
    inner = zipped({"a.csv": b"id,day\n1,2015-10-01\n"})
    deeper = zipped({"y/a.csv": b"id,day\n1,2015-10-02\n"})
    code, value = refusal(read_bytes(zipped({"x/y": inner, "x": deeper})))
    assert (code, value) == ("export_ambiguous", "2 files within the archive are named x/y/a.csv: rename one")


def test_a_name_without_its_ending_that_is_the_name_of_another_file_stays_whole() -> None:
    names = ("a.csv", "a.txt", "a.csv.csv", "b.csv")
    reading = read_bytes(zipped({name: b"id,day\n1,2015-10-01\n" for name in names}))
    assert column(reading, "layer") == ["a.csv", "a.txt", "a.csv.csv", "b"]


def geodatabase() -> bytes:
    """The members of a zipped File Geodatabase, in the folder ``x.gdb``."""
    return matrix_files.SHAPED["filegdb"](matrix_files.areas())


def with_members(archive: bytes, **more: bytes) -> bytes:
    """An archive with more members, whose names have a dot where these have two underscores."""
    with zipfile.ZipFile(io.BytesIO(archive)) as found:
        members = {name: found.read(name) for name in found.namelist()}
    return zipped(members | {name.replace("__", "."): content for name, content in more.items()})


def a_workbook(*rows: list[str]) -> bytes:
    """A workbook of one sheet with these rows."""
    book, target = openpyxl.Workbook(write_only=True), io.BytesIO()
    sheet = book.create_sheet()
    for row in rows:
        sheet.append(row)
    book.save(target)
    return target.getvalue()


LAYER = zipped_shapefile(shapefile_parts({"a": [1]}, [None]), "control")
BOOK = matrix_files.xlsx(matrix_files.strikes()[:1])
WHOLES = {"shapefile": LAYER, "kmz": zipped({"doc.kml": MAP}), "xlsx": BOOK, "filegdb": geodatabase()}
TABLE = b"id,day\n1,2015-10-01\n"
STRIKES = b"id,day,lat,lon\n1,2015-10-01,36,37\n"


@pytest.mark.parametrize("format_", list(WHOLES))
@pytest.mark.parametrize(
    ("name", "content", "other"),
    [
        ("control__csv", STRIKES, "control.csv (csv)"),
        ("pairs__csv", b'id;"Event Coordinates"\n1;"36.2, 37.1"\n', "pairs.csv (csv)"),
        ("shapes__csv", b'id,WKT\n1,"POINT (37 36)"\n', "shapes.csv (csv)"),
        ("cut__csv", STRIKES + b'2,"2015', "cut.csv (csv)"),
        ("more__json", b'[{"a":1},{"at":{"Latitude":36,"lng":37}}]', "more.json (json)"),
        ("broken__json", b'[{"lat":36,"lon":37},{"lat"', "broken.json (json)"),
        ("more__geojson", b'{"type":"FeatureCollection","features":[]}', "more.geojson (geojson)"),
        ("more__zip", zipped({"b.csv": STRIKES}), "more.zip/b.csv (csv)"),
        ("strikes__xlsx", matrix_files.xlsx(matrix_files.strikes()[:1]), "strikes.xlsx (xlsx)"),
    ],
)
def test_data_beside_a_format_that_takes_the_whole_archive_is_ambiguous(
    format_: str, name: str, content: bytes, other: str
) -> None:
    code, value = refusal(read_bytes(with_members(WHOLES[format_], **{name: content})))
    assert (code, value.partition(": ")[2]) == ("export_ambiguous", f"the archive itself ({format_}), {other}")


@pytest.mark.parametrize("format_", list(WHOLES))
def test_what_explains_such_a_format_is_passed_over_and_noted(format_: str) -> None:
    content = with_members(
        WHOLES[format_],
        readme__txt=b"What this is, in words.\nMade by us, for you.\nIn 2016, in Idlib.\nThanks, all!\n",
        quoted__txt=b'"Control, as it was.\nSee the page.\n',
        note__txt=b"Thanks.\n",
        licence__pdf=b"%PDF-1.7",
        metadata__json=b'{"title":"x"}',
        codes__json=b'[{"code":"A","meaning":"Opposition"}]',
        fields__csv=b"field,meaning\nid,number\nlat,latitude\n",
        fields__zip=zipped({"a.csv": b"field,meaning\nid,number\n"}),
        fields__xlsx=a_workbook(["field", "meaning"], ["id", "number"]),
    )
    reading = read_bytes(content)
    assert (reading.export["format"], reading.export["problem"]) == (format_, None)
    assert properties(reading) == properties(read_bytes(WHOLES[format_]))
    assert ".csv was read" not in reading.export["notes"]
    assert "licence.pdf was passed over: the content looks like a PDF document" in reading.export["notes"]
    texts = ("readme.txt", "quoted.txt", "note.txt", "metadata.json", "codes.json")
    for name in (*texts, "fields.csv", "fields.zip/a.csv", "fields.xlsx"):
        assert f"{name} was passed over: it names no coordinates" in reading.export["notes"]


def test_two_formats_that_each_take_the_whole_archive_are_ambiguous() -> None:
    code, value = refusal(read_bytes(with_members(LAYER, doc__kml=MAP)))
    assert (code, "the archive itself (shapefile), the archive itself (kmz)" in value) == ("export_ambiguous", True)


def test_what_programs_write_beside_their_data_is_no_other_data() -> None:
    drawn = b'{"type":"CIMLayerDocument","version":"3.0.0"}'
    beside = {"control__shp__xml": b"<metadata/>", "control__qix": b"\0\1"}
    assert read_bytes(with_members(LAYER, **beside, control__lyrx=drawn)).export["notes"] is None
    assert read_bytes(with_members(WHOLES["kmz"], icon__png=b"\x89PNG\r\n\x1a\n")).export["notes"] is None
    for format_ in WHOLES:
        assert "passed over" not in (read_bytes(WHOLES[format_]).export["notes"] or "")


@pytest.mark.parametrize(
    ("ragged", "problems"),
    [
        (b"3,2015-11-03,36.2,37.2\n4,2015-11-03,36.2,37.2,y\n5,2015-11-03,36.2,37.2\n6,2015-11-03,36.2\n", 3),
        (b"3,2015-11-03,36.2,37.2\n", 1),
        (b"3,2015-11-03,36.2,37.2,x,\n4,2015-11-03,36.2,37.2,y,\n", 2),
        (b"", 0),
    ],
)
def test_a_table_of_ragged_rows_is_read_beside_others(ragged: bytes, problems: int) -> None:
    header = b"id,day,lat,lon,note\n"
    october = header + b"1,2015-10-01,36,37,x\n"
    reading = read_bytes(zipped({"oct.csv": october, "nov.csv": header + ragged}))
    assert column(reading, "layer") == ["oct", *["nov"] * ragged.count(b"\n")]
    assert [row["id"] for row in properties(reading)][1:] == [line[:1].decode() for line in ragged.splitlines()]
    assert sum("_problem" in row for row in properties(reading)) == problems
    assert "passed over" not in reading.export["notes"]
