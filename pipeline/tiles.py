"""Tiles: strikes, control areas, front lines and the backdrop of one theatre as one PMTiles v3 file.

Belongs here: which zooms there are, how much is simplified at each, the file's metadata. Encoding is done inside
DuckDB (``sql/tiles``). Does not belong here: colours, styles, or anything about the page that draws the tiles.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer

from pipeline.sessions import connect, sql
from pipeline.settings import Settings
from pipeline.theatres import Theatre

MIN_ZOOM = 3
MAX_ZOOM = 10
LARGEST_TILE_BYTES = 500_000
# A tile with more strikes than this gathers them into hexagons, which count every one.
MOST_STRIKES = 4_000
# From the middle of a hexagon to a corner, as a share of the tile: 21 of its 512 pixels.
CELL_SHARE = 1 / 24
WORLD_M = 40_075_016.685578488
TILE_PIXELS = 512
# Finer than this cannot be seen; up to the second number is given away before a tile is let grow past the limit.
TOLERANCE_PIXELS = 0.75
MOST_TOLERANCE_PIXELS = 12.0
# What a piece keeps beyond its tile, as a share of the tile; more than the 64/4096 that is encoded.
MARGIN = 0.03
BACKDROP_MARGIN_DEGREES = 5.0

# Order within a tile: from the ground up.
SHAPES = ("land", "lakes", "rivers", "provinces", "areas", "fronts")
# Point layer → the table of its rows at the zoom in hand.
POINTS = {"land_names": "land_names", "province_names": "province_names", "towns": "towns", "strikes": "singles"}
LAYERS = {
    "land": "Countries; the theatre's own has is_theatre",
    "land_names": "Countries, at a point inside each",
    "lakes": "Lakes",
    "rivers": "Rivers",
    "provinces": "Provinces of the theatre",
    "province_names": "Provinces, at a point inside each",
    "towns": "Towns",
    "areas": "Control areas; each stands from day_from up to, not on, day_until (days since 1970-01-01)",
    "fronts": "Lines along which two controllers' ground touches, dated as the areas are",
    "discs": "Precision discs of strikes whose location is an area",
    "cells": (
        f"Hexagons, in tiles with more than {MOST_STRIKES} strikes: n strikes gathered, counts by holder and first day"
    ),
    "strikes": "Reported strike locations, in the other tiles; day_from to day_to inclusive (days since 1970-01-01)",
}


@dataclass(frozen=True)
class TileStats:
    """What a tile file holds."""

    tiles: int
    bytes: int
    largest_tile_bytes: int
    strikes: int
    areas: int
    fronts: int


def write_tiles(
    theatre: Theatre, frames: Mapping[str, pa.Table], path: Path, settings: Settings | None = None
) -> TileStats:
    """Write one theatre's tiles.

    Args:
        theatre: the theatre; only its rows are drawn, and only the areas of its control source in force.
        frames: core.strikes, core.attribution, core.episodes, core.control_areas and core.front_lines (OGC:CRS84).
        path: PMTiles file to write; the same rows give the same bytes.
        settings: memory and threads of the DuckDB session.
    """
    with connect(settings) as connection:
        _load(connection, theatre, frames)
        tiles = {
            zxy_to_tileid(zoom, x, y): data
            for zoom in _zooms(connection)
            for (x, y), data in _encode_zoom(connection, zoom).items()
        }
        fields = {layer: _fields(connection, layer) for layer in LAYERS}
        counts = {layer: _count(connection, layer) for layer in ("strikes", "areas", "fronts")}
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        writer = Writer(file)
        for tile_id in sorted(tiles):
            writer.write_tile(tile_id, tiles[tile_id])
        writer.finalize(_header(theatre), _metadata(theatre, frames, fields))
    sizes = [len(data) for data in tiles.values()]
    return TileStats(len(tiles), path.stat().st_size, max(sizes, default=0), **counts)


def _load(connection: duckdb.DuckDBPyConnection, theatre: Theatre, frames: Mapping[str, pa.Table]) -> None:
    for view, name in {
        "strike_rows": "core.strikes",
        "attribution_rows": "core.attribution",
        "episode_rows": "core.episodes",
        "area_rows": "core.control_areas",
        "front_rows": "core.front_lines",
    }.items():
        connection.register(view, frames[name])
    connection.register("backdrop_rows", _backdrop(theatre))
    reach = dict(zip(("west", "south", "east", "north"), _reach(theatre), strict=True))
    extent = dict(zip(("own_west", "own_south", "own_east", "own_north"), theatre.extent, strict=True))
    parameters = {
        "theatre": theatre.name,
        "control_source": theatre.control.in_force,
        "projection": theatre.projection,
        "finest": _tolerance_m(MAX_ZOOM, TOLERANCE_PIXELS),
        **reach,
        **extent,
    }
    steps = {
        "list_strikes": ("theatre",),
        "list_discs": ("projection",),
        "list_areas": ("theatre", "control_source", "finest"),
        "list_fronts": ("theatre", "control_source", "finest"),
        "gather_backdrop": tuple(reach),
        "split_backdrop": (),
        "name_land": tuple(extent),
        "start_pieces": (),
    }
    for step, names in steps.items():
        connection.execute(sql(f"tiles/{step}"), {name: parameters[name] for name in names})


def _reach(theatre: Theatre) -> tuple[float, float, float, float]:
    """Box that the map can be moved over, degrees."""
    west, south, east, north = theatre.extent
    margin = BACKDROP_MARGIN_DEGREES
    return (
        max(west - margin, -180.0),
        max(south - margin, -85.0),
        min(east + margin, 180.0),
        min(north + margin, 85.0),
    )


def _backdrop(theatre: Theatre) -> pa.Table:
    """Features of the base map with the theatre's own spellings, geometry as GeoJSON text (OGC:CRS84)."""
    rows = []
    provinces = {shape: (name, p.label_local) for name, p in theatre.provinces.items() for shape in p.shapes}
    towns = {shape: (name, t.label_local) for name, t in theatre.towns.items() for shape in t.shapes}
    files: list[tuple[str, str, dict[str, tuple[str, str | None]]]] = [
        ("provinces", theatre.provinces_file, provinces),
        *(
            (layer, theatre.backdrop[layer], towns)
            for layer in ("lakes", "rivers", "towns")
            if layer in theatre.backdrop
        ),
    ]
    land = {theatre.backdrop.get("countries", theatre.land), theatre.land}
    countries = {shape: (name, c.label_local) for name, c in theatre.countries.items() for shape in c.shapes}
    files += [("land", file, countries) for file in sorted(land)]
    for layer, file, spellings in files:
        for feature in json.loads(theatre.path(file).read_text(encoding="utf-8"))["features"]:
            name = feature["properties"].get("name") or ""
            is_theatre = layer == "land" and file == theatre.land and theatre.land_name in (None, name)
            own, local = spellings.get(name, (name, None))
            rows.append(
                {
                    "layer": layer,
                    "name": theatre.title if is_theatre and theatre.land_name is None else own,
                    "name_local": local,
                    "rank": int(feature["properties"].get("scalerank") or 0),
                    "is_theatre": is_theatre,
                    "geojson": json.dumps(feature["geometry"]),
                }
            )
    text, flag = pa.string(), pa.bool_()
    kinds = {
        "layer": text,
        "name": text,
        "name_local": text,
        "rank": pa.int64(),
        "is_theatre": flag,
        "geojson": text,
    }
    return pa.Table.from_pylist(rows, schema=pa.schema(list(kinds.items())))


def _zooms(connection: duckdb.DuckDBPyConnection) -> Iterator[int]:
    """Zooms to encode, with the pieces cut to each."""
    for zoom in range(MIN_ZOOM, MAX_ZOOM + 1):
        factor = 2 if zoom > MIN_ZOOM else 2**zoom
        margin = MARGIN * WORLD_M / 2**zoom
        connection.execute(sql("tiles/cut_pieces"), {"zoom": zoom, "factor": factor, "margin": margin})
        yield zoom


def _tolerance_m(zoom: int, pixels: float) -> float:
    """Metres of Web Mercator under so many screen pixels."""
    return pixels * WORLD_M / 2.0**zoom / TILE_PIXELS


def _encode_zoom(connection: duckdb.DuckDBPyConnection, zoom: int) -> dict[tuple[int, int], bytes]:
    """Tiles of one zoom, gzipped, by x and y; simplified more where one would be too large."""
    points = _encode_points(connection, zoom)
    pixels = TOLERANCE_PIXELS
    while True:
        tolerance = _tolerance_m(zoom, pixels)
        parts: dict[tuple[int, int], list[bytes]] = {}
        for layer in SHAPES:
            values: dict[str, Any] = {"zoom": zoom, "layer": layer, "tolerance": tolerance}
            for x, y, part in connection.execute(sql("tiles/encode_shapes"), values).fetchall():
                parts.setdefault((x, y), []).append(part)
        values = {"zoom": zoom, "tolerance": tolerance}
        for x, y, part in connection.execute(sql("tiles/encode_discs"), values).fetchall():
            parts.setdefault((x, y), []).append(part)
        for x, y, part in points:
            parts.setdefault((x, y), []).append(part)
        # mtime 0: the same rows give the same bytes.
        tiles = {place: gzip.compress(b"".join(layers), mtime=0) for place, layers in parts.items()}
        largest = max((len(data) for data in tiles.values()), default=0)
        if largest <= LARGEST_TILE_BYTES or pixels >= MOST_TOLERANCE_PIXELS:
            return tiles
        pixels *= 2


def _encode_points(connection: duckdb.DuckDBPyConnection, zoom: int) -> list[tuple[int, int, bytes]]:
    """Parts of the tiles that no tolerance changes: each as x, y, bytes."""
    connection.execute(sql("tiles/part_strikes"), {"zoom": zoom, "most": MOST_STRIKES})
    connection.execute(sql("tiles/single_strikes"))
    connection.execute(sql("tiles/gather_cells"), {"radius": CELL_SHARE * WORLD_M / 2**zoom})
    parts = connection.execute(sql("tiles/encode_cells"), {"zoom": zoom}).fetchall()
    for layer, rows in POINTS.items():
        values = {"zoom": zoom, "layer": layer, "rows": rows}
        parts += connection.execute(sql("tiles/encode_points"), values).fetchall()
    return parts


def _fields(connection: duckdb.DuckDBPyConnection, layer: str) -> dict[str, str]:
    """Names and kinds of a layer's properties, as TileJSON has them."""
    relation = connection.table(layer).project("properties.*")
    kinds = {"BOOLEAN": "Boolean", "VARCHAR": "String"}
    return {name: kinds.get(str(kind), "Number") for name, kind in zip(relation.columns, relation.types, strict=True)}


def _count(connection: duckdb.DuckDBPyConnection, layer: str) -> int:
    return int(connection.table(layer).count("*").fetchall()[0][0])


def _header(theatre: Theatre) -> dict[str, Any]:
    west, south, east, north = (round(degrees * 10_000_000) for degrees in _reach(theatre))
    own = [round(degrees * 10_000_000) for degrees in theatre.extent]
    return {
        "tile_type": TileType.MVT,
        "tile_compression": Compression.GZIP,
        "min_lon_e7": west,
        "min_lat_e7": south,
        "max_lon_e7": east,
        "max_lat_e7": north,
        "center_zoom": 6,
        "center_lon_e7": (own[0] + own[2]) // 2,
        "center_lat_e7": (own[1] + own[3]) // 2,
    }


def _metadata(theatre: Theatre, frames: Mapping[str, pa.Table], fields: dict[str, dict[str, str]]) -> dict[str, Any]:
    used = {theatre.control.in_force, *frames["core.strikes"].column("source").to_pylist()}
    credits = [source.credit for name, source in theatre.sources.items() if name in used]
    return {
        "name": theatre.title,
        "description": "Reported strike locations and who held the ground. " + theatre.question,
        "version": "1",
        "type": "overlay",
        "attribution": " · ".join([*dict.fromkeys(credits), "Natural Earth"]),
        "vector_layers": [
            {
                "id": layer,
                "description": about,
                "minzoom": MIN_ZOOM,
                "maxzoom": MAX_ZOOM,
                "fields": fields[layer],
            }
            for layer, about in LAYERS.items()
        ],
    }
