"""Raw frames for the tests of the control stage, made of a few lines each."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import shapely

from pipeline.catalogue import table
from pipeline.control import ControlBuild, MappedControl, build_control, map_control
from pipeline.mapping import Received
from pipeline.theatres import Source, Theatre, theatres

RECEIVED = datetime(2026, 11, 1, tzinfo=UTC)
Feature = tuple[dict[str, Any], Any]


class Raw:
    """Exports of one source, added one by one."""

    def __init__(self, theatre: Theatre, source: Source) -> None:
        self.theatre, self.source = theatre, source
        self.exports: list[dict[str, Any]] = []
        self.records: list[dict[str, Any]] = []

    def add(
        self, features: Iterable[Feature], file_name: str = "export.geojson", received_at: datetime = RECEIVED
    ) -> Raw:
        """Add an export: properties and geometry (shapely, WKB or None) of each feature."""
        rows = [(properties, _wkb(geometry)) for properties, geometry in features]
        export_id = hashlib.sha256(f"{file_name}{rows}".encode()).hexdigest()
        known = {"theatre": self.theatre.name, "source": self.source.name, "export_id": export_id}
        self.exports.append(
            {
                **known,
                "sha256": export_id,
                "file_name": file_name,
                "format": "geojson",
                "bytes": 1,
                "record_count": len(rows),
                "received_at": received_at,
            }
        )
        for number, (properties, geometry) in enumerate(rows, 1):
            self.records.append(
                {
                    **known,
                    "record_id": f"{export_id[:16]}//{number}",
                    "layer": "",
                    "record_no": number,
                    "properties": json.dumps(properties),
                    "geometry": geometry,
                }
            )
        return self

    def map(self, accepted: Iterable[str] = ()) -> MappedControl:
        """Map all that was added; of the exports a person has accepted some."""
        records, exports = table("raw.records").conform(self.records), table("raw.exports").conform(self.exports)
        return map_control(self.theatre, self.source, Received(records, exports, frozenset(accepted)))

    def build(self) -> ControlBuild:
        """Map and build all that was added."""
        return build_control(self.theatre, self.source, self.map().rows)


def drawn(*features: tuple[str, Any], source: Source | None = None, day: str = "2016-01-01") -> Raw:
    """A day of Syria's polygons: who holds which shape."""
    theatre = theatres()["syria"]
    return redrawn(Raw(theatre, source or theatre.sources["commons_map"]), day, *features)


def redrawn(raw: Raw, day: str, *features: tuple[str, Any]) -> Raw:
    """Another day of the same source."""
    return raw.add([({"controller": name, "as_of": day}, shape) for name, shape in features], f"{day}.geojson")


def _wkb(geometry: Any) -> bytes | None:
    made: bytes | None = geometry
    if isinstance(geometry, shapely.Geometry):
        made = shapely.to_wkb(geometry, output_dimension=3)
    return made


def read_csv(path: Path) -> list[Feature]:
    """Rows of a CSV file as features without geometry."""
    with path.open(encoding="utf-8", newline="") as file:
        return [(row, None) for row in csv.DictReader(file)]


def read_geojson(path: Path) -> list[Feature]:
    """Features of a GeoJSON file."""
    features = json.loads(path.read_text(encoding="utf-8"))["features"]
    return [
        (f["properties"], shapely.from_geojson(json.dumps(f["geometry"])) if f["geometry"] else None) for f in features
    ]


def observation(place: str, latitude: Any, longitude: Any, controller: str, first: str, end: str = "") -> Feature:
    """A row as the showcase's control observations have it."""
    known = {"place": place, "province": "", "lat": str(latitude), "lon": str(longitude)}
    return {**known, "controller": controller, "valid_from": first, "valid_to": end}, None


def observations(*features: Feature) -> Raw:
    """An export of Syria's control observations."""
    theatre = theatres()["syria"]
    return Raw(theatre, theatre.sources["control_observations"]).add(features, "observations.csv")


def changed(source: Source, **changes: Any) -> Source:
    """The source with other settings."""
    return source.model_copy(update=changes)


def standing(frame: pa.Table, day: date) -> list[dict[str, Any]]:
    """Rows of areas or fronts that stand on a day."""
    return [row for row in frame.to_pylist() if row["valid_from"] <= day < row["valid_to"]]


def holders_at(areas: list[dict[str, Any]], longitude: float, latitude: float) -> list[str]:
    """Controllers of the areas that hold a point."""
    point = shapely.Point(longitude, latitude)
    return [a["controller"] for a in areas if shapely.intersects(shapely.from_wkb(a["geometry"]), point)]


def reasons(mapped: MappedControl) -> list[tuple[str, str | None, str | None]]:
    """Code, field and value of each quarantined record."""
    return [(row["reason_code"], row["field"], row["value"]) for row in mapped.quarantine.to_pylist()]


def outcomes(mapped: MappedControl) -> list[str]:
    """Outcome of each record, in order of its export and number."""
    return [row["outcome"] for row in sorted(mapped.outcomes.to_pylist(), key=lambda r: r["record_id"])]
