"""JSON and GeoJSON.

Belongs here: which part of a document are its records, and what each record's properties are.
Does not belong here: decoding JSON (``pipeline.exact_json``), building geometries (``geometry``), Esri's own shape of
JSON (``esri_json``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import pyproj

from pipeline.exact_json import encode
from pipeline.exports import esri_json
from pipeline.exports.crs import CRS84, Geometries, named_crs, place, refuse_metres, short_name, told_crs
from pipeline.exports.encodings import choose_encoding, decode_head
from pipeline.exports.geometry import TYPES, from_geojsons
from pipeline.exports.json_text import Document, Item, plain
from pipeline.exports.types import Content, Given, Reader, Record, RefusedError, over_cap
from pipeline.property_names import GEOMETRY_TEXT, SOURCE_TEXT, name_properties
from pipeline.settings import Settings

START = re.compile(r"\s*(?:\{\s*(?:[\"}]|\Z)|\[\s*(?:[\[\]{\"tfnNI0-9-]|\Z))")
GEOJSON = re.compile(
    r'"type"\s*:\s*"(?:Feature|FeatureCollection|' + "|".join(sorted(TYPES)) + r')"',
)
FEATURE_MEMBERS = ("type", "properties", "geometry")


def sniff_json(head: bytes, names: Sequence[str]) -> bool:
    """Whether the first bytes can begin a JSON list or object."""
    return not names and START.match(decode_head(head)) is not None


def sniff_geojson(head: bytes, names: Sequence[str]) -> bool:
    """Whether the first bytes can begin JSON and name one of GeoJSON's types."""
    return sniff_json(head, names) and GEOJSON.search(decode_head(head)) is not None


def sniff_esri(head: bytes, names: Sequence[str]) -> bool:
    """Whether the first bytes can begin JSON and have the words of an Esri feature set."""
    return sniff_json(head, names) and esri_json.WORDS.search(decode_head(head)) is not None


def read(given: Given) -> Content:
    """Read a GeoJSON document, an Esri feature set, a list of objects, or an object that holds one list of objects.

    A list without geometry gives records without one. Geometries are brought to OGC:CRS84.

    Raises:
        RefusedError: the file as a whole can't be read.
    """
    settings, path, notes = given.settings, given.path, list[str]()
    if path.stat().st_size > settings.max_document_bytes:
        what = f"a document of {path.stat().st_size:,} bytes, read whole (one feature a line is not)"
        raise over_cap(settings, "max_document_bytes", what)
    encoding = choose_encoding(path, given.dialect.encoding, notes)
    with path.open(encoding=encoding, newline="") as file:
        document = Document(settings, file.read().removeprefix("\ufeff")).read()
    if esri_json.is_feature_set(document):
        return esri_json.read(given, document, encoding, notes)
    features = _features(document)
    if features is None:
        records = _objects(document)
        return Content(format="json", records=records, encoding=encoding, notes=notes)
    crs = _declared_crs(document) or told_crs(given.dialect)
    geometries, problems = _geometries(settings, features)
    if crs is None:
        refuse_metres(geometries, "no crs member")
    else:
        geometries = place(geometries, crs, problems)
    records = _feature_records(features, geometries, problems)
    found = CRS84 if crs is None else short_name(crs)
    return Content(format="geojson", records=records, encoding=encoding, crs=found, notes=notes)


GEOJSON_READER = Reader("geojson", sniff_geojson, read)
ESRI_READER = Reader(esri_json.NAME, sniff_esri, read)
JSON_READER = Reader("json", sniff_json, read)


def read_features(settings: Settings, features: list[Item], is_first: bool) -> Iterator[Record]:
    """Records of features in OGC:CRS84, some at a time; the first ones show whether they are in degrees.

    Raises:
        RefusedError: they are not in degrees, or a geometry has more vertices than the cap.
    """
    geometries, problems = _geometries(settings, features)
    if is_first:
        refuse_metres(geometries, "no crs")
    return _feature_records(features, geometries, problems)


def _features(document: dict[str, Any] | list[Item]) -> list[Item] | None:
    """The features of a GeoJSON document; None where it is no GeoJSON."""
    kind = document.get("type") if isinstance(document, dict) else None
    if not isinstance(document, dict) or not isinstance(kind, str):
        return None
    if kind == "FeatureCollection":
        features = document.get("features")
        if not isinstance(features, list):
            raise RefusedError("export_unreadable", "the FeatureCollection has no list of features", field="features")
        return features
    bare = {name: plain(value) for name, value in document.items()}
    if kind == "Feature":
        return [Item(bare, 1)]
    if kind in TYPES:
        return [Item({"type": "Feature", "properties": None, "geometry": bare}, 1)]
    return None


def _declared_crs(document: dict[str, Any] | list[Item]) -> pyproj.CRS | None:
    """The system that the ``crs`` member names; None where there is none, which means OGC:CRS84."""
    declared = document.get("crs") if isinstance(document, dict) else None
    if declared is None:
        return None
    properties = declared.get("properties") if isinstance(declared, dict) else None
    properties = properties if isinstance(properties, dict) else {}
    if isinstance(properties.get("name"), str):
        return named_crs(properties["name"], "crs")
    if isinstance(declared, dict) and declared.get("type") == "EPSG" and isinstance(properties.get("code"), int):
        return named_crs(f"EPSG:{properties['code']}", "crs")
    raise RefusedError("export_crs_unknown", f"crs = {encode(plain(declared))} names no system", field="crs")


def _geometries(settings: Settings, features: list[Item]) -> tuple[Geometries, list[str | None]]:
    values = (item.value for item in features)
    return from_geojsons(settings, (value.get("geometry") if isinstance(value, dict) else None for value in values))


def _feature_records(features: list[Item], geometries: Geometries, problems: list[str | None]) -> Iterator[Record]:
    for number, (item, geometry, problem) in enumerate(zip(features, geometries, problems, strict=True), start=1):
        feature = item.value
        if not isinstance(feature, dict) or feature.get("type") != "Feature":
            text = {SOURCE_TEXT: encode(feature)}
            yield Record("", number, item.line, text, None, "the item is not a GeoJSON feature")
            continue
        own, fault = feature.get("properties"), problem
        if own is not None and not isinstance(own, dict):
            fault = problem or "properties are not an object"
            own = {"properties": own}
        properties = name_properties({**(own or {})}, {k: v for k, v in feature.items() if k not in FEATURE_MEMBERS})
        if problem is not None:
            properties[GEOMETRY_TEXT] = encode(feature.get("geometry"))
        yield Record("", number, item.line, properties, geometry, fault)


def _objects(document: dict[str, Any] | list[Item]) -> Iterator[Record]:
    for number, item in enumerate(_items(document), start=1):
        if isinstance(item.value, dict):
            yield Record("", number, item.line, name_properties(item.value, {}))
        else:
            text = {SOURCE_TEXT: encode(item.value)}
            yield Record("", number, item.line, text, None, "the item is not an object")


def _items(document: dict[str, Any] | list[Item]) -> list[Item]:
    """The list that holds the records."""
    if isinstance(document, list):
        if document and not any(isinstance(item.value, dict) for item in document):
            raise RefusedError("export_unreadable", "the list holds no objects")
        return document
    lists = {name: value for name, value in document.items() if isinstance(value, list)}
    filled = {name: value for name, value in lists.items() if any(isinstance(item.value, dict) for item in value)}
    if len(filled) == 1:
        return next(iter(filled.values()))
    if not filled and len(lists) == 1 and not next(iter(lists.values())):
        return []
    if "error" in document:
        # How an ArcGIS server tells of an error, under HTTP status 200.
        raise RefusedError("export_unreadable", f"a server's error, not data: {encode(plain(document['error']))}")
    names = ", ".join(filled or document)
    found = "several lists of objects" if filled else "no list of objects"
    raise RefusedError("export_unreadable", f"the JSON object holds {found} ({names}); one is read")
