"""The base map: a theatre's land and provinces, as the project ships them (Natural Earth, public domain).

Belongs here: reading those shapes, digests of their files. Does not belong here: drawing them.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.theatres import Theatre


@cache
def _content(path: Path) -> bytes:
    """Bytes of a file, read once a process, so that its digest is that of what was drawn."""
    return path.read_bytes()


@cache
def file_digest(path: Path) -> str:
    """Short SHA-256 of a file of the base map."""
    return hashlib.sha256(_content(path)).hexdigest()[:16]


def theatre_config(theatre: Theatre) -> list[Any]:
    """What is configured of a theatre: its file, and digests of its base map's."""
    return [theatre.model_dump(mode="json"), *(file_digest(path) for path in base_map_files(theatre))]


def base_map_files(theatre: Theatre) -> list[Path]:
    """Every file of the theatre's base map, backdrop included."""
    names = {theatre.land, theatre.provinces_file, *theatre.backdrop.values()}
    return [theatre.path(name) for name in sorted(names)]


@cache
def _features(path: Path) -> list[dict[str, Any]]:
    features: list[dict[str, Any]] = json.loads(_content(path))["features"]
    return features


def land(theatre: Theatre) -> bytes:
    """The theatre's land as one geometry: WKB, OGC:CRS84."""
    return _land(theatre.path(theatre.land), theatre.land_name)


@cache
def _land(path: Path, name: str | None) -> bytes:
    import shapely  # noqa: PLC0415 - only the stages that use shapes pay for it

    shapes = [
        shapely.make_valid(shapely.geometry.shape(feature["geometry"]))
        for feature in _features(path)
        if name in (None, feature["properties"]["name"])
    ]
    return bytes(shapely.to_wkb(shapely.normalize(shapely.union_all(shapes))))


def backdrop_shapes(theatre: Theatre, layer: str) -> pa.Table:
    """One row a feature of a layer of the backdrop: ``name`` and ``geometry`` (WKB, OGC:CRS84).

    No rows where the theatre has no such layer.
    """
    import shapely  # noqa: PLC0415 - as above

    file = {str(name): path for name, path in theatre.backdrop.items()}.get(layer)
    features = _features(theatre.path(file)) if file else []
    geometries = [bytes(shapely.to_wkb(shapely.geometry.shape(f["geometry"]))) for f in features]
    names = [f["properties"].get("name") for f in features]
    return pa.table({"name": pa.array(names, pa.string()), "geometry": pa.array(geometries, pa.binary())})


def towns(theatre: Theatre) -> pa.Table:
    """The towns of the backdrop as the theatre spells them: ``name``, ``longitude``, ``latitude`` (WGS 84)."""
    import shapely  # noqa: PLC0415 - as above

    spelled = {shape: name for name, town in theatre.towns.items() for shape in town.shapes}
    shapes = backdrop_shapes(theatre, "towns")
    coordinates = shapely.get_coordinates(shapely.from_wkb(shapes.column("geometry").to_pylist()))
    names = [spelled.get(name, name) for name in shapes.column("name").to_pylist()]
    return pa.table(
        {"name": pa.array(names, pa.string()), "longitude": coordinates[:, 0], "latitude": coordinates[:, 1]}
    )


def province_shapes(theatre: Theatre) -> pa.Table:
    """One row a province: ``province`` and ``geometry`` (WKB, OGC:CRS84)."""
    import shapely  # noqa: PLC0415 - as above

    features = _features(theatre.path(theatre.provinces_file))
    names, geometries = [], []
    for name, province in theatre.provinces.items():
        shapes = [
            shapely.make_valid(shapely.geometry.shape(feature["geometry"]))
            for feature in features
            if feature["properties"]["name"] in province.shapes
        ]
        names.append(name)
        geometries.append(bytes(shapely.to_wkb(shapely.normalize(shapely.union_all(shapes)))))
    return pa.table({"province": pa.array(names, pa.string()), "geometry": pa.array(geometries, pa.binary())})
