"""Telling formats apart, the rows of an export, and recognising its source."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from export_files import (
    CORNERS,
    RECEIVED,
    a_source,
    feature,
    geojson,
    kml,
    read_bytes,
    refusal,
    shapefile_parts,
    zipped,
    zipped_shapefile,
)
from shapely import Polygon

from pipeline.catalogue import table
from pipeline.catalogue.reasons import reason
from pipeline.exports import find_fault, read_export, receive, recognise, registry
from pipeline.exports.opening import UNFORESEEN, open_export
from pipeline.exports.types import Content, Given, Reader, Record
from pipeline.property_names import unique_names
from pipeline.settings import Settings
from pipeline.theatres import Dialect, theatres

POINT = {"type": "Point", "coordinates": [37.1, 36.2]}
MAP = kml("<Placemark><name>a</name><Point><coordinates>1,2</coordinates></Point></Placemark>")


@pytest.mark.parametrize(
    ("content", "format_"),
    [
        (b"a,b\n1,2\n", "csv"),
        (b"a\tb\n1\t2\n", "csv"),
        (b"[id],name\n1,2\n", "csv"),
        (b'"{a}",name\n1,2\n', "csv"),
        (b'\xef\xbb\xbf [ {"a":1}]', "json"),
        ('[{"a":1}]'.encode("utf-16"), "json"),
        (geojson(feature({}, POINT)), "geojson"),
        (b'{"features":[{"type":"Feature"}],"type":"FeatureCollection"}', "geojson"),
        (MAP, "kml"),
        (zipped({"doc.kml": MAP}), "kmz"),
        (zipped_shapefile(shapefile_parts({"a": [1]}, [Polygon(CORNERS)])), "shapefile"),
    ],
)
def test_the_content_says_the_format_and_not_the_name(content: bytes, format_: str) -> None:
    reading = read_bytes(content, name="misleading.pdf")
    assert (reading.export["format"], reading.export["problem"]) == (format_, None)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"%PDF-1.7\n1,2\n", "a PDF document"),
        (b"<!DOCTYPE html><html><body>Not found</body></html>", "an HTML page"),
        (b"<?xml version='1.0'?><gpx><wpt/></gpx>", "XML with the root gpx"),
        (b"\x00\x01\x02\x03" * 50, "binary data"),
        (b"\x00\x00\x27\x0a" + b"\x00" * 96, "not zipped"),
        (zipped({"word/document.xml": b"<x/>"}), "a zip archive of word/document.xml"),
        (zipped({}), "an empty zip archive"),
        (b"\xd0\xcf\x11\xe0" + bytes(range(256)), "an Office document in the old format"),
    ],
)
def test_other_formats_are_told_by_what_they_look_like(content: bytes, words: str) -> None:
    code, value = refusal(read_bytes(content))
    assert (code, words in value) == ("export_format_unknown", True)


def test_a_workbook_with_a_password_is_told_as_such() -> None:
    content = b"\xd0\xcf\x11\xe0" + bytes(512) + "EncryptedPackage".encode("utf-16-le") + bytes(64)
    reading = read_bytes(content)
    assert refusal(reading)[0] == "export_encrypted"
    assert "Remove the password" in reading.export["problem"]


def test_the_rows_conform_to_the_catalogue() -> None:
    good, bad = read_bytes(b"a,b\n1,2\n", name="x.csv"), read_bytes(b"a,b\n", name="x.csv")
    for reading in (good, bad):
        assert table("raw.exports").conform([reading.export]).num_rows == 1
        assert reading.records.schema == table("raw.records").arrow_schema
        assert reading.refused.schema == table("core.quarantine").arrow_schema
    assert good.export["received_at"] == RECEIVED
    assert bad.export["problem"] == (
        "x.csv: The file holds no bytes or no rows: the file holds no rows below its header. "
        "Ask the sender for the file again."
    )
    assert bad.refused.to_pylist()[0]["hint"] == reason("export_empty").hint


def test_the_same_bytes_give_the_same_rows() -> None:
    content = geojson(feature({"a": [1, {"b": None}]}, POINT), feature({"a": 2}))
    assert read_bytes(content).records.equals(read_bytes(content).records)


def test_names_are_unique() -> None:
    for names in (["a", "a", "a_2"], ["a_2", "a", "a"], ["", "", "column_2"], ["_problem", "_problem", "_problem_2"]):
        assert len(set(unique_names(names))) == len(names)


def test_damaged_files_never_raise() -> None:
    """Bytes changed at random (with a fixed seed) are read or refused; the laws of every reading hold."""
    chance = random.Random(20260307)
    whole = [
        'a,b,c\n1,"x\ny",3\n2,"ح""q",\n'.encode(),
        geojson(feature({"a": 1.1, "ح": [{"b": None}]}, {"type": "Polygon", "coordinates": [[*CORNERS]]}), crs=None),
        MAP,
        zipped({"doc.kml": MAP}),
        zipped_shapefile(shapefile_parts({"a": [1], "name": ["ح"]}, [Polygon(CORNERS)])),
    ]
    for content in whole:
        for _ in range(60):
            damaged = bytearray(content)
            for _ in range(chance.randint(1, 4)):
                damaged[chance.randrange(len(damaged))] = chance.randrange(256)
            read_bytes(bytes(damaged))


def test_damaged_shapefiles_within_a_sound_archive_never_raise() -> None:
    chance = random.Random(7)
    parts = shapefile_parts({"a": [1, 2], "name": ["ح", "b"]}, [Polygon(CORNERS)] * 2)
    for _ in range(80):
        suffix = chance.choice(sorted(parts))
        damaged = bytearray(parts[suffix])
        for _ in range(chance.randint(1, 4)):
            damaged[chance.randrange(min(len(damaged), 200))] = chance.choice([0, 255, chance.randrange(256)])
        read_bytes(zipped_shapefile({**parts, suffix: bytes(damaged)}))


def test_sources_are_recognised_by_columns_and_names(settings: Settings, tmp_path: Path) -> None:
    files = {
        "any.txt": (b"airwars_id,incident_code,geolocation_accuracy,date\n1,2,3,4\n", [("syria", "airwars")]),
        "20220910_RussianAssessedCoTinUkraine.GEOJSON": (b"", [("ukraine", "isw_control")]),
        "ukrainecontrolmapAO24May2022.ZIP": (b"damaged", [("ukraine", "isw_control_shapefiles")]),
        "map.geojson": (
            geojson(feature({"controller": "isis", "as_of": "x", "source": "y"})),
            [("syria", "commons_map")],
        ),
        "unknown.csv": (b"a,b\n1,2\n", []),
        "damaged.csv": (b'a,b\n"1,2\n', []),
    }
    for name, (content, wanted) in files.items():
        path = tmp_path / name
        path.write_bytes(content)
        assert recognise(settings, path) == wanted


@pytest.mark.parametrize(
    ("error", "words"),
    [(KeyError("geometry"), "KeyError: 'geometry'"), (MemoryError(), "MemoryError")],
)
@pytest.mark.parametrize("is_late", [False, True])
def test_what_no_reader_foresaw_is_told_with_the_file_and_stops_nothing(
    error: Exception, words: str, is_late: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble() -> Iterator[Record]:
        yield Record("", 1, None, {"a": 1})
        raise error

    def read(_: Given) -> Content:
        if is_late:
            return Content("any", stumble())
        raise error

    monkeypatch.setattr(registry, "READERS", [Reader("any", lambda *_: True, read)])
    path = tmp_path / "strikes.any"
    path.write_bytes(b"anything")
    settings = Settings(data=tmp_path / "data")
    received = receive(settings, path, RECEIVED)
    reading = read_export(settings, received, theatres()["syria"], a_source(), RECEIVED)
    assert refusal(reading) == ("export_unreadable", f"{UNFORESEEN}: {words}")
    assert reading.export["problem"].startswith("strikes.any: The content breaks the rules of its own format: ")
    assert recognise(settings, path) == []
    fault = find_fault(settings, path)
    assert fault is None if is_late else words in str(fault)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError("no space left")])
def test_what_is_no_fault_of_the_file_is_not_laid_to_it(
    error: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(_: Given) -> Content:
        raise error

    monkeypatch.setattr(registry, "READERS", [Reader("any", lambda *_: True, read)])
    (tmp_path / "x").write_bytes(b"anything")
    with (
        pytest.raises(type(error)),
        open_export(Settings(data=tmp_path / "data"), tmp_path / "x", Dialect()) as opened,
    ):
        opened.read()
