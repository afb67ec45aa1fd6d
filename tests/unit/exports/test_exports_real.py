"""Real exports, where they are at hand. Counts are identities (features in = records out), not expectations."""

from __future__ import annotations

import csv
import json
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import shapely
from export_files import RECEIVED, column, geometries, properties

from pipeline.exports import Reading, read_export, receive, recognise
from pipeline.settings import Settings
from pipeline.theatres import theatres

pytestmark = pytest.mark.real

SYRIA = shapely.box(35.5, 32.2, 42.5, 37.5)
UKRAINE = shapely.box(22.0, 44.0, 40.5, 52.6)


def read(settings: Settings, path: Path) -> Reading:
    """Read a file as the one source that it is recognised as; as any source where it is none's."""
    targets = recognise(settings, path) or [("ukraine", "isw_control")]
    ((theatre, source),) = targets
    received = receive(settings, path, RECEIVED)
    reading = read_export(settings, received, theatres()[theatre], theatres()[theatre].sources[source], RECEIVED)
    assert reading.export["problem"] is None
    assert not [row for row in properties(reading) if "_problem" in row]
    return reading


def all_within(reading: Reading, box: Any) -> bool:
    return all(box.contains(shape) for shape in geometries(reading) if shape is not None and not shape.is_empty)


def test_csv_files_of_syria(settings: Settings, real_exports: Path) -> None:
    paths = sorted((real_exports / "syria").rglob("*.csv"))
    for path in paths:
        reading = read(settings, path)
        with path.open(encoding="utf-8", newline="") as file:
            wanted = list(csv.DictReader(file))
        assert properties(reading) == wanted
        lines = path.read_text(encoding="utf-8").splitlines()
        assert column(reading, "line_no")[-1] <= len(lines)
    assert len(paths) >= 8


def test_lines_point_at_rows_past_line_breaks_in_arabic(settings: Settings, real_exports: Path) -> None:
    path = real_exports / "syria" / "syrian_archive_russian_attacks.csv"
    reading = read(settings, path)
    lines = path.read_bytes().decode().split("\n")
    for row, line in zip(properties(reading), column(reading, "line_no"), strict=True):
        assert lines[line - 1].lstrip('"').startswith(row["youtube_id"])


def test_geojson_of_every_layer_keeps_all_features(settings: Settings, real_exports: Path) -> None:
    paths = sorted((real_exports / "ukraine" / "isw-geojson").rglob("*.geojson"))[::5]
    for path in paths:
        reading = read(settings, path)
        features = json.loads(path.read_text(encoding="utf-8"))["features"]
        assert reading.export["record_count"] == len(features) > 0
        for row, found, feature in zip(properties(reading), geometries(reading), features, strict=True):
            assert feature["properties"].items() <= row.items()
            assert (found is None) == (feature["geometry"] is None)
        assert all_within(reading, UKRAINE)
    assert len(paths) > 20


def test_control_of_2016_equals_its_file(settings: Settings, real_exports: Path) -> None:
    path = real_exports / "syria" / "control_2016-08-09.geojson"
    reading = read(settings, path)
    for found, feature in zip(geometries(reading), json.loads(path.read_text())["features"], strict=True):
        assert shapely.equals_exact(found, shapely.geometry.shape(feature["geometry"]))


def test_utm_metres_and_arabic_names_land_in_syria(settings: Settings, real_exports: Path) -> None:
    reading = read(settings, real_exports / "base" / "homs_districts_EPSG32637_arabic_fields.geojson")
    assert reading.export["crs"] == "EPSG:32637"
    assert all_within(reading, SYRIA)
    assert {row["محافظة"] for row in properties(reading)} == {"حمص"}
    assert all(shapely.has_z(geometries(reading)))


def test_shapefiles_land_in_ukraine_and_keep_cyrillic(settings: Settings, real_exports: Path) -> None:
    paths = sorted((real_exports / "ukraine" / "isw-shapefiles").glob("*.zip"))
    for path in paths:
        reading = read(settings, path)
        assert reading.export["crs"] == "EPSG:3857"
        assert all_within(reading, UKRAINE)
        assert "1899-12-30" not in "".join(column(reading, "properties"))
        if path.name.startswith("UkraineControlMap"):
            assert {"Севастопольська"} < {row["ADM1_UA"] for row in properties(reading)}
            assert set(column(reading, "layer")) == {"Assessed_Russian-controlled_Ukrainian_Territory"}
    assert len(paths) == 10


def test_bellingcat_json(settings: Settings, real_exports: Path) -> None:
    path = real_exports / "ukraine" / "bellingcat_civharm_2024-06-02.json"
    reading = read(settings, path)
    assert properties(reading) == json.loads(path.read_text(encoding="utf-8"))
    assert set(geometries(reading)) == {None}


def test_kml_agrees_with_gdal_and_keeps_folders_and_styles(settings: Settings, real_exports: Path) -> None:
    import pyogrio

    path = real_exports / "ukraine" / "mymaps-kml" / "2026-01-30.kml"
    assert recognise(settings, path) == [("ukraine", "amk_map")]
    reading = read(settings, path)
    assert reading.export["record_count"] == path.read_text(encoding="utf-8").count("<Placemark") > 400
    found = list(zip(column(reading, "layer"), geometries(reading), properties(reading), strict=True))
    assert all(row["styleUrl"].startswith("#") for _, _, row in found)
    counts = Counter(layer for layer, _, _ in found)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for layer, _ in pyogrio.list_layers(path):
            _, _, wanted, _ = pyogrio.raw.read(path, layer=layer)
            ours = [geometry for name, geometry, _ in found if name == layer]
            assert counts.pop(layer) == len(wanted)
            assert all(map(shapely.equals_exact, ours, shapely.from_wkb(wanted)))
    assert not counts
