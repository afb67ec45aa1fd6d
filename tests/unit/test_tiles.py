"""Tiles hold every strike once a zoom, where it lies, and the same bytes each time."""

from __future__ import annotations

import gzip
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import mapbox_vector_tile
import numpy as np
import pyarrow as pa
import pytest
from crowded_frames import crowd
from hypothesis import given, settings
from hypothesis import strategies as st
from pmtiles.reader import MmapSource, Reader, all_tiles
from pyproj import Transformer
from sample_frames import sample_frames
from shapely.geometry import Point, shape

from pipeline.sessions import connect, sql
from pipeline.theatres import theatres
from pipeline.tiles import LARGEST_TILE_BYTES, MAX_ZOOM, MIN_ZOOM, MOST_STRIKES, WORLD_M, TileStats, write_tiles

SYRIA = theatres()["syria"]
Tiles = dict[tuple[int, int, int], dict[str, Any]]


@pytest.fixture(scope="module")
def frames() -> dict[str, pa.Table]:
    return sample_frames()


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory, frames: dict[str, pa.Table]) -> tuple[Path, TileStats]:
    path = tmp_path_factory.mktemp("tiles") / "syria.pmtiles"
    return path, write_tiles(SYRIA, frames, path)


@pytest.fixture(scope="module")
def tiles(written: tuple[Path, TileStats]) -> Tiles:
    with written[0].open("rb") as file:
        return {place: decoded(data) for place, data in all_tiles(MmapSource(file))}


def decoded(tile: bytes) -> dict[str, Any]:
    """Layers of a tile as it is stored."""
    layers: dict[str, Any] = mapbox_vector_tile.decode(gzip.decompress(tile), default_options={"y_coord_down": True})
    return layers


def metres(tile: tuple[int, int, int], x: float, y: float) -> tuple[float, float]:
    """Web Mercator metres of a tile's own coordinates."""
    zoom, column, row = tile
    side = WORLD_M / 2**zoom
    return (column + x / 4096) * side - WORLD_M / 2, WORLD_M / 2 - (row + y / 4096) * side


def test_every_strike_is_in_every_zoom_exactly_once(tiles: Tiles, frames: dict[str, pa.Table]) -> None:
    expected = Counter(frames["core.strikes"].column("strike_id").to_pylist())
    for zoom in range(MIN_ZOOM, MAX_ZOOM + 1):
        found = Counter(
            feature["properties"]["strike_id"]
            for place, layers in tiles.items()
            if place[0] == zoom
            for feature in layers.get("strikes", {"features": []})["features"]
        )
        assert found == expected


def test_strikes_lie_where_they_are_to_the_grid_of_the_largest_zoom(tiles: Tiles, frames: dict[str, pa.Table]) -> None:
    to_metres = Transformer.from_crs("OGC:CRS84", "EPSG:3857", always_xy=True)
    rows = {row["strike_id"]: row for row in frames["core.strikes"].to_pylist()}
    step = WORLD_M / 2**MAX_ZOOM / 4096
    for place, layers in tiles.items():
        if place[0] != MAX_ZOOM:
            continue
        for feature in layers.get("strikes", {"features": []})["features"]:
            row = rows[feature["properties"]["strike_id"]]
            x, y = metres(place, *feature["geometry"]["coordinates"])
            true_x, true_y = to_metres.transform(row["longitude"], row["latitude"])
            assert abs(x - true_x) <= step
            assert abs(y - true_y) <= step


def test_a_strike_carries_what_the_map_filters_and_colours_by(tiles: Tiles, frames: dict[str, pa.Table]) -> None:
    found = {
        feature["properties"]["strike_id"]: feature["properties"]
        for layers in tiles.values()
        for feature in layers.get("strikes", {"features": []})["features"]
    }
    rows = {row["strike_id"]: row for row in frames["core.strikes"].to_pylist()}
    for row in frames["core.attribution"].to_pylist():
        seen, strike = found[row["strike_id"]], rows[row["strike_id"]]
        assert (seen["controller"], seen["certainty"]) == (row["controller"], row["certainty"])
        assert seen["date_from"] == strike["date_from"].isoformat()
        assert seen["day_to"] - seen["day_from"] == row["window_days"] - 1
        assert (seen["is_area"], seen["is_background"]) == (strike["is_area"], strike["is_background"])
    contested = next(p for p in found.values() if p["controller"] == "contested")
    assert contested["parties"] == "isis, government"


def test_areas_of_a_day_cover_the_ground_that_was_held(tiles: Tiles) -> None:
    """East of the opposition's pocket changes hands on 4 February 2016."""
    x, y = Transformer.from_crs("OGC:CRS84", "EPSG:3857", always_xy=True).transform(37.1, 35.5)

    def holders(day: int) -> set[str]:
        found = set()
        for place, layers in tiles.items():
            if place[0] != 8:
                continue
            for feature in layers.get("areas", {"features": []})["features"]:
                at = feature["properties"]
                if not at["day_from"] <= day < at["day_until"]:
                    continue
                side = WORLD_M / 2**8
                inside = Point((x + WORLD_M / 2) / side - place[1], (WORLD_M / 2 - y) / side - place[2])
                if shape(feature["geometry"]).covers(Point(inside.x * 4096, inside.y * 4096)):
                    found.add(at["controller"])
        return found

    change = 16835
    assert holders(change - 1) == {"opposition"}
    assert holders(change) == {"government"}


def test_discs_are_drawn_for_areas_alone(tiles: Tiles, frames: dict[str, pa.Table]) -> None:
    wide = {row["strike_id"] for row in frames["core.strikes"].to_pylist() if row["is_area"]}
    found = {
        feature["properties"]["strike_id"]
        for layers in tiles.values()
        for feature in layers.get("discs", {"features": []})["features"]
    }
    assert found == wide


def test_metadata_names_layers_fields_and_credits(written: tuple[Path, TileStats]) -> None:
    with written[0].open("rb") as file:
        reader = Reader(MmapSource(file))
        header, metadata = reader.header(), reader.metadata()
    assert (header["min_zoom"], header["max_zoom"]) == (MIN_ZOOM, MAX_ZOOM)
    assert header["min_lon_e7"] < SYRIA.extent[0] * 1e7
    assert header["max_lon_e7"] > SYRIA.extent[2] * 1e7
    assert metadata["name"] == SYRIA.title
    for source in ("isw_reports", "mod_claims", "control_observations"):
        assert SYRIA.sources[source].credit in metadata["attribution"]
    assert SYRIA.sources["airwars"].credit not in metadata["attribution"]
    fields = {layer["id"]: layer["fields"] for layer in metadata["vector_layers"]}
    assert fields["strikes"]["day_from"] == "Number"
    assert fields["strikes"]["is_area"] == "Boolean"
    assert fields["areas"]["controller"] == "String"


def test_stats_count_what_was_written(written: tuple[Path, TileStats], tiles: Tiles) -> None:
    path, stats = written
    assert (stats.strikes, stats.areas, stats.fronts) == (30, 8, 11)
    assert (stats.tiles, stats.bytes) == (len(tiles), path.stat().st_size)
    assert stats.largest_tile_bytes < LARGEST_TILE_BYTES


def test_the_same_rows_give_the_same_bytes(
    written: tuple[Path, TileStats], frames: dict[str, pa.Table], tmp_path: Path
) -> None:
    shuffled = {
        name: frame.take(pa.array(range(frame.num_rows - 1, -1, -1), pa.int64())) for name, frame in frames.items()
    }
    write_tiles(SYRIA, shuffled, tmp_path / "again.pmtiles")
    assert (tmp_path / "again.pmtiles").read_bytes() == written[0].read_bytes()


def test_no_strikes_and_no_control_still_give_a_map(frames: dict[str, pa.Table], tmp_path: Path) -> None:
    empty = {name: frame.slice(0, 0) for name, frame in frames.items()}
    stats = write_tiles(SYRIA, empty, tmp_path / "empty.pmtiles")
    assert (stats.strikes, stats.areas, stats.fronts) == (0, 0, 0)
    assert stats.tiles > 0


# Edges of tiles, and a hair to either side of them, where a point is lost or doubled most easily.
edges = st.integers(0, 1023).flatmap(
    lambda column: st.sampled_from([-1e-6, 0.0, 1e-6]).map(lambda shift: column / 1024 * 360 - 180 + shift)
)
longitudes = st.one_of(edges, st.floats(-179.9, 179.9)).filter(lambda degrees: abs(degrees) < 180)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(longitudes, st.floats(-84, 84)), min_size=1, max_size=30), st.integers(MIN_ZOOM, MAX_ZOOM))
def test_any_point_falls_in_one_tile_and_within_its_edges(points: list[tuple[float, float]], zoom: int) -> None:
    rows = pa.table({"lon": [p[0] for p in points], "lat": [p[1] for p in points], "n": range(len(points))})
    with connect() as connection:
        connection.register("points", rows)
        connection.execute(
            "CREATE TEMP TABLE strikes AS SELECT n AS feature, {'n': n} AS properties, "
            "ST_Transform(ST_Point(lon, lat), 'OGC:CRS84', 'EPSG:3857') AS shape FROM points"
        )
        encoded = connection.execute(
            sql("tiles/encode_points"), {"zoom": zoom, "layer": "strikes", "rows": "strikes"}
        ).fetchall()
    found: Counter[int] = Counter()
    for x, y, part in encoded:
        assert 0 <= x < 2**zoom
        assert 0 <= y < 2**zoom
        for feature in mapbox_vector_tile.decode(part, default_options={"y_coord_down": True})["strikes"]["features"]:
            found[feature["properties"]["n"]] += 1
            assert all(0 <= value < 4096 for value in feature["geometry"]["coordinates"])
    assert found == Counter(range(len(points)))


def days_of(counts: str) -> Counter[tuple[str, int]]:
    """(holder, day) → strikes, from a hexagon's counts."""
    found: Counter[tuple[str, int]] = Counter()
    for held in counts.split(";"):
        holder, steps = held.split("=")
        day = 0
        for step in steps.split(","):
            by, n = step.split(":")
            day += int(by)
            found[holder, day] += int(n)
    return found


@pytest.fixture(scope="module")
def crowded(
    tmp_path_factory: pytest.TempPathFactory, frames: dict[str, pa.Table]
) -> tuple[dict[str, pa.Table], Tiles, TileStats]:
    rows = crowd(frames, 400)
    path = tmp_path_factory.mktemp("crowd") / "syria.pmtiles"
    stats = write_tiles(SYRIA, rows, path)
    with path.open("rb") as file:
        return rows, {place: decoded(data) for place, data in all_tiles(MmapSource(file))}, stats


def test_no_strike_is_dropped_where_hexagons_stand_for_them(
    crowded: tuple[dict[str, pa.Table], Tiles, TileStats],
) -> None:
    """At every zoom, single strikes and hexagons together hold each strike once, on its day and with its holder."""
    rows, tiles, stats = crowded
    held = {row["strike_id"]: row["controller"] for row in rows["core.attribution"].to_pylist()}
    expected: Counter[tuple[Any, ...]] = Counter(
        (row["source"], row["is_background"], held[row["strike_id"]], (row["date_from"] - date(1970, 1, 1)).days)
        for row in rows["core.strikes"].to_pylist()
    )
    for zoom in range(MIN_ZOOM, MAX_ZOOM + 1):
        found: Counter[tuple[Any, ...]] = Counter()
        for place, layers in tiles.items():
            if place[0] != zoom:
                continue
            singles = [feature["properties"] for feature in layers.get("strikes", {"features": []})["features"]]
            assert len(singles) <= MOST_STRIKES
            found.update((p["source"], p["is_background"], p["controller"], p["day_from"]) for p in singles)
            for feature in layers.get("cells", {"features": []})["features"]:
                cell = feature["properties"]
                days = days_of(cell["counts"])
                assert days.total() == cell["n"]
                for (holder, day), n in days.items():
                    found[cell["source"], cell["is_background"], holder, day] += n
        assert found == expected
    assert any("cells" in layers for layers in tiles.values())
    assert any("strikes" in layers for layers in tiles.values())
    assert stats.largest_tile_bytes < LARGEST_TILE_BYTES


def test_a_strike_is_counted_in_the_hexagon_nearest_to_it(
    crowded: tuple[dict[str, pa.Table], Tiles, TileStats],
) -> None:
    """Of hexagons that tile the plane, the nearest middle is that of the hexagon a point lies in."""
    rows, tiles, _ = crowded
    counted: Counter[tuple[float, float]] = Counter()
    for place, layers in tiles.items():
        if place[0] == MIN_ZOOM:
            for feature in layers.get("cells", {"features": []})["features"]:
                cell = feature["properties"]
                counted[cell["east_m"], cell["north_m"]] += cell["n"]
    strikes = rows["core.strikes"]
    east, north = Transformer.from_crs("OGC:CRS84", "EPSG:3857", always_xy=True).transform(
        strikes.column("longitude").to_numpy(), strikes.column("latitude").to_numpy()
    )
    middles = np.array(list(counted))
    nearest = np.hypot(east[:, None] - middles[:, 0], north[:, None] - middles[:, 1]).argmin(axis=1)
    assert Counter(tuple(middles[at]) for at in nearest) == counted
