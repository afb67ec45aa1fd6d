"""Newline-delimited GeoJSON."""

from __future__ import annotations

import json
from typing import Any

import pytest
from export_files import column, feature, geojson, geometries, properties, read_bytes, refusal

POINT = {"type": "Point", "coordinates": [37.1, 36.2]}


def lines(*features: Any, end: str = "\n", mark: str = "") -> bytes:
    return "".join(f"{mark}{json.dumps(item, ensure_ascii=False)}{end}" for item in features).encode()


@pytest.mark.parametrize(
    "content",
    [
        lines(feature({"a": 1}, POINT), feature({"a": 2})),
        lines(feature({"a": 1}, POINT), feature({"a": 2}), end="\r\n"),
        lines(feature({"a": 1}, POINT), feature({"a": 2}), mark="\x1e"),
        lines(feature({"a": 1}, POINT), feature({"a": 2})).rstrip(b"\n"),
        b"\xef\xbb\xbf\n" + lines(feature({"a": 1}, POINT), feature({"a": 2}), end="\n\n"),
        lines(feature({"a": 1}, POINT), feature({"a": 2})).decode().encode("utf-16"),
    ],
)
def test_each_line_is_a_record(content: bytes) -> None:
    reading = read_bytes(content)
    assert (reading.export["format"], reading.export["problem"]) == ("geojsonl", None)
    assert properties(reading) == [{"a": 1}, {"a": 2}]
    assert [geometry is None for geometry in geometries(reading)] == [False, True]


def test_a_long_first_line_is_known_too() -> None:
    ring = [[36 + n / 20_000, 35] for n in range(10_000)] + [[36, 36], [36, 35]]
    shape = {"type": "Polygon", "coordinates": [ring]}
    reading = read_bytes(lines(feature({"a": 1}, shape), feature({"a": 2}, shape)))
    assert (reading.export["format"], column(reading, "line_no")) == ("geojsonl", [1, 2])


def test_a_lone_feature_is_geojson() -> None:
    assert read_bytes(json.dumps(feature({"a": 1}), indent=1).encode()).export["format"] == "geojson"
    assert read_bytes(geojson(feature({"a": 1})).replace(b"\n", b"")).export["format"] == "geojson"


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n", b"\n\n"])
def test_a_collection_on_one_line_is_geojson(end: bytes) -> None:
    content = json.dumps(json.loads(geojson(feature({"a": 1}), feature({"a": 2})))).encode() + end
    reading = read_bytes(content)
    assert (reading.export["format"], properties(reading)) == ("geojson", [{"a": 1}, {"a": 2}])


def test_lines_that_are_no_features_stay_records() -> None:
    content = lines(feature({"a": 1})) + b'{"a":\n[1]\n' + lines(feature({"a": 2}, {"type": "Point"}))
    found = properties(read_bytes(content))
    assert [row.get("_problem") for row in found] == [None, "record_malformed", "record_malformed", "record_malformed"]
    assert found[1]["_text"] == '"{\\"a\\":"'
    assert column(read_bytes(content), "line_no") == [1, 2, 3, 4]


def test_a_cut_last_line_is_told() -> None:
    whole = lines(feature({"a": 1}), feature({"a": 2}))
    code, value = refusal(read_bytes(whole[:-10]))
    assert (code, value) == ("export_truncated", "line 2: the last line ends before its JSON is complete")


def test_metres_are_refused_by_the_first_lines() -> None:
    metres = {"type": "Point", "coordinates": [4130000, 4320000]}
    assert refusal(read_bytes(lines(feature({}, metres), feature({}, metres))))[0] == "export_crs_unknown"
    wild = [feature({"n": n}, POINT) for n in range(1_000)] + [feature({"n": 1_000}, metres)]
    assert read_bytes(lines(*wild)).records.num_rows == 1_001


def test_caps_are_named() -> None:
    code, value = refusal(read_bytes(lines(feature({"a": 1}), feature({"a": "x" * 200})), max_field_bytes=150))
    assert (code, "line 2: over max_field_bytes = 150" in value) == ("export_cap_exceeded", True)
    deep = b'{"type":"Feature","properties":{"a":' + b"[" * 99 + b"]" * 99 + b"}}\n"
    code, value = refusal(read_bytes(lines(feature({"a": 1})) + deep))
    assert (code, "line 2: JSON nested 101 deep: over max_depth = 64" in value) == ("export_cap_exceeded", True)
