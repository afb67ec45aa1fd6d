"""KML and KMZ."""

from __future__ import annotations

from typing import Any

import pytest
import shapely
from export_files import column, geometries, kml, properties, read_bytes, refusal, zipped

from pipeline.catalogue import table
from pipeline.mapping import extract
from pipeline.theatres import Source

RING = "37,36 38,36 38,37 37,36"
POLYGON = (
    f"<Polygon><outerBoundaryIs><LinearRing><coordinates>{RING}</coordinates></LinearRing></outerBoundaryIs></Polygon>"
)


def placemark(inner: str, attributes: str = "") -> str:
    return f"<Placemark{attributes}>{inner}</Placemark>\n"


def folder(name: str, inner: str) -> str:
    return f"<Folder><name>{name}</name>{inner}</Folder>"


def test_folders_are_layers_and_numbers_count_within_them() -> None:
    one = placemark(POLYGON)
    body = "<name>Map</name>\n" + one + folder(" Held ", one + one) + folder("Lost", one) + folder(" Held ", one)
    reading = read_bytes(kml(body))
    assert column(reading, "layer") == ["Map", "Held", "Held", "Lost", "Held"]
    assert column(reading, "record_no") == [1, 1, 2, 1, 3]
    assert column(reading, "line_no") == [3, 4, 5, 6, 7]
    assert (reading.export["format"], reading.export["crs"], reading.export["encoding"]) == (
        "kml",
        "OGC:CRS84",
        "utf-8",
    )


def test_folders_within_folders_are_kept_as_a_path() -> None:
    reading = read_bytes(kml("<name>Map</name>" + folder("Outer", folder("Inner", placemark(POLYGON)))))
    assert column(reading, "layer") == ["Inner"]
    assert properties(reading)[0]["_folders"] == ["Map", "Outer", "Inner"]


@pytest.mark.parametrize(
    ("field", "inner"),
    [
        ({"layer": True, "pattern": "([A-Za-z]+)"}, folder("Isis held", placemark(POLYGON))),
        ({"names": ["_folders"], "pattern": '"([A-Za-z]+)"'}, folder("Isis", folder("Oct", placemark(POLYGON)))),
        ({"names": ["styleUrl"], "pattern": "#([A-Za-z]+)-"}, placemark(f"<styleUrl>#isis-1200</styleUrl>{POLYGON}")),
        (
            {"names": ["Style"], "pattern": "<color>(ff0000)"},
            placemark(f"<Style><PolyStyle><color>ff0000</color></PolyStyle></Style>{POLYGON}"),
        ),
    ],
)
def test_a_controller_can_stand_in_a_folder_or_style_alone(field: dict[str, Any], inner: str) -> None:
    about = {"title": "t", "publisher": "p", "credit": "c", "terms": "t", "key": ["controller"]}
    source = Source.model_validate(
        {**about, "name": "any", "kind": "control_polygons", "fields": {"controller": field}}
    )
    reading = read_bytes(kml(inner), source)
    fields = extract(source, reading.records, table("raw.exports").conform([reading.export]))
    assert [text.lower() for text in fields.column("controller").to_pylist()] in (["isis"], ["ff0000"])


def test_every_property_is_kept_as_text() -> None:
    inner = (
        "<name> حلب </name><description><![CDATA[a<br>b]]></description><styleUrl>#poly-A52714</styleUrl>"
        "<TimeStamp><when>2016-01-02</when></TimeStamp><Style><LineStyle><width>2</width></LineStyle></Style>"
        '<ExtendedData><Data name="n"><displayName>N</displayName><value>007</value></Data>'
        '<SchemaData schemaUrl="#s"><SimpleData name="x">1.50</SimpleData><SimpleData name="n">2</SimpleData>'
        "</SchemaData></ExtendedData>"
        "<Point><extrude>1</extrude><altitudeMode>absolute</altitudeMode><coordinates>37.1,36.2,5</coordinates></Point>"
    )
    reading = read_bytes(kml(placemark(inner, ' id="p1"')))
    (found,) = properties(reading)
    style = found.pop("Style")
    assert "<width>2</width>" in style
    assert found == {
        "id": "p1",
        "name": " حلب ",
        "description": "a<br>b",
        "styleUrl": "#poly-A52714",
        "timestamp": "2016-01-02",
        "n": "007",
        "x": "1.50",
        "n_2": "2",
        "altitudeMode": "absolute",
        "extrude": "1",
    }
    assert geometries(reading)[0].wkt == "POINT Z (37.1 36.2 5)"


def test_kinds_of_geometry() -> None:
    hole = (
        "<innerBoundaryIs><LinearRing><coordinates>37.6,36.1 37.8,36.1 37.8,36.3 37.6,36.1</coordinates></LinearRing>"
    )
    shapes = {
        POLYGON: "POLYGON ((37 36, 38 36, 38 37, 37 36))",
        POLYGON.replace("</Polygon>", hole + "</innerBoundaryIs></Polygon>"): (
            "POLYGON ((37 36, 38 36, 38 37, 37 36), (37.6 36.1, 37.8 36.1, 37.8 36.3, 37.6 36.1))"
        ),
        f"<MultiGeometry>{POLYGON}</MultiGeometry>": "MULTIPOLYGON (((37 36, 38 36, 38 37, 37 36)))",
        "<LineString><coordinates>37,36,0\n38,37</coordinates></LineString>": "LINESTRING Z (37 36 0, 38 37 0)",
        f"<MultiGeometry>{POLYGON}<Point><coordinates>1,2</coordinates></Point></MultiGeometry>": (
            "GEOMETRYCOLLECTION (POLYGON ((37 36, 38 36, 38 37, 37 36)), POINT (1 2))"
        ),
        '<gx:Track xmlns:gx="g"><gx:coord>37 36 1</gx:coord><gx:coord>38 37 1</gx:coord></gx:Track>': (
            "LINESTRING Z (37 36 1, 38 37 1)"
        ),
        "": None,
    }
    reading = read_bytes(kml("".join(map(placemark, shapes))))
    assert not any("_problem" in row for row in properties(reading))
    found = [geometry and geometry.wkt for geometry in geometries(reading)]
    assert found == [text and shapely.from_wkt(text).wkt for text in shapes.values()]


@pytest.mark.parametrize(
    "text", ["37;36", "37", "a,b", "1,2 3,4,5,6", "nan,1", "1e999,1", "37, 36", "3_7.1,36", "٣٧,36"]
)
def test_a_broken_geometry_stays_a_record_with_its_text(text: str) -> None:
    point = f"<Point><coordinates>{text}</coordinates></Point>"
    reading = read_bytes(kml(placemark(f"<name>a</name>{point}") + placemark(POLYGON)))
    broken, good = properties(reading)
    assert (broken["name"], broken["_problem"]) == ("a", "record_malformed")
    assert f"<coordinates>{text}</coordinates>" in broken["_geometry_text"]
    assert good == {}


def test_a_cut_at_any_byte_is_told() -> None:
    content = kml(folder("حلب", placemark(f"<name>&amp;<![CDATA[x]]></name>{POLYGON}") * 2))
    for cut in range(len(content)):
        code, _ = refusal(read_bytes(content[:cut]))
        is_recognised = b"<kml " in content[:cut]
        assert code == "export_truncated" or not is_recognised


def test_a_cut_archive_is_told() -> None:
    content = zipped({"doc.kml": kml(placemark(POLYGON))})
    assert {refusal(read_bytes(content[:cut]))[0] for cut in range(4, len(content))} == {"export_truncated"}


@pytest.mark.parametrize(
    "head",
    [
        '<!DOCTYPE kml [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>',
        '<!DOCTYPE kml [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE kml SYSTEM "http://example.com/kml.dtd">',
        '<!DOCTYPE kml [<!ENTITY % a SYSTEM "http://example.com/a.dtd">%a;]>',
    ],
)
def test_entities_and_document_types_are_unsafe(head: str) -> None:
    assert refusal(read_bytes(kml(placemark("<name>&b;</name>"), head)))[0] == "export_unsafe"


def test_caps_on_depth_text_and_vertices() -> None:
    deep = "<a>" * 70 + "</a>" * 70
    cases: list[tuple[str, str, dict[str, Any]]] = [
        (placemark(deep), "max_depth = 64 (ISW_MAX_DEPTH)", {}),
        (placemark("<name>" + "x" * 200 + "</name>"), "max_field_bytes = 100", {"max_field_bytes": 100}),
        (placemark(POLYGON), "max_vertices = 3", {"max_vertices": 3}),
    ]
    for body, name, caps in cases:
        code, value = refusal(read_bytes(kml(body), **caps))
        assert (code, name in value) == ("export_cap_exceeded", True)


def test_many_comments_before_the_root_take_no_time() -> None:
    assert refusal(read_bytes(b"<!---->" * 9000 + b"<gpx/>"))[0] == "export_format_unknown"
    assert read_bytes(kml(placemark(POLYGON), "<!-- a -->" * 5000)).export["problem"] is None


def test_files_without_placemarks() -> None:
    assert refusal(read_bytes(kml("<name>Nothing</name>")))[0] == "export_empty"
    link = "<NetworkLink><Link><href>http://example.com/map.kml</href></Link></NetworkLink>"
    code, value = refusal(read_bytes(kml(link)))
    assert (code, "NetworkLink" in value) == ("export_empty", True)


def test_broken_xml_names_its_line() -> None:
    code, value = refusal(read_bytes(kml("\n<Placemark></Folder>")))
    assert (code, value.startswith("line 3")) == ("export_unreadable", True)
    code, _ = refusal(read_bytes(kml(placemark(POLYGON), '<?xml version="1.0" encoding="klingon"?>')))
    assert code == "export_encoding"


def test_other_encodings_are_read_as_declared() -> None:
    head = '<?xml version="1.0" encoding="{}"?>'
    text = kml(placemark("<name>Ізюм</name>"), head.format("windows-1251")).decode()
    assert properties(read_bytes(text.encode("cp1251"))) == [{"name": "Ізюм"}]
    assert properties(read_bytes(text.replace("windows-1251", "utf-16").encode("utf-16"))) == [{"name": "Ізюм"}]


def test_every_kml_of_an_archive_is_read() -> None:
    one, two = (kml(folder("Held", placemark(f"<name>{name}</name>"))) for name in "ab")
    reading = read_bytes(zipped({"doc.kml": one, "files/icon.png": b"\x89PNG", "more.kml": two}))
    assert reading.export["format"] == "kmz"
    assert [row["name"] for row in properties(reading)] == ["a", "b"]
    assert column(reading, "record_id") == [f"{reading.export['export_id'][:16]}:Held:{n}" for n in (1, 2)]
