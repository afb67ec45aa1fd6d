"""A pipeline of one small theatre, quick enough to be killed some hundred times.

Belongs here: the theatre, its exports, and a whole way from files to a published release through the real stages.
Does not belong here: doing harm (``killing``, ``damage``), judging what is left (``soundness``).

Real are: taking files in, every step with its Delta commits and ledger, the release with its DuckDB file, Parquet,
CSV, verification, switch and pruning. Stubbed is what takes seconds of computing: Great Expectations' verdicts, the
marts (a release holds the tables that its checks read), and what drawings and pages show; their files are written.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml

import pipeline.expectations
import pipeline.map_page
import pipeline.pages.methods
import pipeline.pictures
import pipeline.release.database
import pipeline.release.manifest
import pipeline.release.package
import pipeline.tables
import pipeline.tiles
import pipeline.variants
from pipeline.catalogue import table, tables
from pipeline.expectations import Validation
from pipeline.intake import ingest
from pipeline.publication import Publication, publish_release
from pipeline.settings import Settings
from pipeline.steps import STEPS
from pipeline.theatres import Theatre, reading, theatres
from pipeline.work import Work, run_step

NAME = "small"
STRIKES, CONTROL = "airwars", "commons_map"
SHIPPED = reading.FOLDER / "syria.yaml"
HEAD = "airwars_id,date,location_en,governorate,latitude,longitude,geolocation_accuracy,incident_code,evidence_grading"
RECEIVED = datetime(2026, 1, 1, tzinfo=UTC)
LATER = datetime(2026, 2, 1, tzinfo=UTC)
# What a release's own checks read, but tables that only other kinds of sources fill.
RELEASED = (
    "raw.exports", "raw.records", "core.record_outcomes", "core.receipts", "core.past_strikes", "core.quarantine",
    "core.sightings", "core.revisions", "core.strikes", "core.control_snapshots", "core.control_areas",
    "core.control_observations", "core.control_repairs", "core.places", "core.reports", "core.report_additions",
    "core.attribution", "core.episodes", "marts.headline", "marts.headline_split",
)  # fmt: skip


@dataclass(frozen=True)
class Small:
    """Where the small theatre and its exports lie: ``first`` is taken, then ``second``, which corrects and adds."""

    folder: Path

    @property
    def control(self) -> Path:
        return self.folder / "map.geojson"

    @property
    def first(self) -> Path:
        return self.folder / "first.csv"

    @property
    def second(self) -> Path:
        return self.folder / "second.csv"


def write_small(folder: Path) -> Small:
    """Write the theatre's file, a map of two squares, and two exports of strikes."""
    raw = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    raw["sources"] = {name: raw["sources"][name] for name in (STRIKES, CONTROL)}
    raw["sources"][STRIKES].pop("place_match")
    raw |= {"first_month": "2015-10", "last_month": "2015-11", "main_source": STRIKES, "main_window": "all"}
    raw |= {"backdrop": {}, "towns": {}, "countries": {}, "events": []}
    raw["control"] |= {"in_force": CONTROL}
    raw["windows"] = {"all": {"title": "All", "start": "2015-10-01", "end": "2015-11-30"}}
    raw["regions"] = {"north_west_box": raw["regions"]["north_west_box"]}
    (folder / "theatres").mkdir(parents=True)
    (folder / "theatres" / f"{NAME}.yaml").write_text(yaml.safe_dump(raw, allow_unicode=True), encoding="utf-8")
    small = Small(folder)
    squares = {"opposition": (36.5, 35.5, 37.0, 36.5), "isis": (37.0, 35.5, 38.0, 36.5)}
    features = [_square(holder, *corners) for holder, corners in squares.items()]
    small.control.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    small.first.write_text(strikes(range(24)), encoding="utf-8")
    # Corrects a date so that the strike changes its month, corrects a place, and brings six more.
    small.second.write_text(strikes(range(30), moved={2: "2015-11-30", 3: "2015-11-29"}), encoding="utf-8")
    return small


def strikes(numbers: range, moved: Mapping[int, str] | None = None) -> str:
    """An export of strikes, half of them in each month."""
    lines = [HEAD]
    for i in numbers:
        day = (moved or {}).get(i, f"2015-{10 + i % 2}-{i % 28 + 1:02d}")
        where = f"{35.6 + i * 0.025:.3f},{36.6 + i * 0.04:.3f}"
        lines.append(f"{i},{day},Place {i},Aleppo,{where},Village,R{i},Fair")
    return "\n".join(lines) + "\n"


def _square(holder: str, west: float, south: float, east: float, north: float) -> dict[str, Any]:
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {
        "type": "Feature",
        "properties": {"controller": holder, "as_of": "2015-09-30", "source": "drawn"},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


def install(small: Small, patch: pytest.MonkeyPatch) -> Theatre:
    """Make the small theatre the only one of this process, and stub what is slow."""
    patch.setattr(reading, "FOLDER", small.folder / "theatres")
    theatres.cache_clear()
    patch.setattr(pipeline.expectations, "validate", _pass)
    patch.setattr(pipeline.tiles, "write_tiles", _write_tiles)
    patch.setattr(pipeline.pictures, "draw_pictures", _draw_pictures)
    patch.setattr(pipeline.variants, "attribute_variants", lambda *_: iter(()))
    patch.setattr(pipeline.tables, "build_tables", _build_tables)
    patch.setattr(pipeline.map_page, "write_map_page", lambda folder, *_: _write_page(folder / "index.html"))
    patch.setattr(pipeline.pages, "write_pages", lambda folder, *_: _write_page(folder / "walk.html"))
    patch.setattr(pipeline.pages, "write_report", lambda path, *_: _write_page(path))
    for module in (pipeline.release.database, pipeline.release.manifest, pipeline.release.package):
        patch.setattr(module, "released", lambda: {name: tables()[name] for name in RELEASED})
    return theatres()[NAME]


def take(settings: Settings, path: Path, source: str, at: datetime = RECEIVED) -> None:
    """Take one file of the small theatre."""
    theatre = theatres()[NAME]
    ingest(settings, path, theatre, theatre.sources[source], at)


def make(settings: Settings) -> None:
    """Do every stale part of every step."""
    work = Work(settings)
    for step in STEPS:
        run_step(work, theatres()[NAME], step)


def whole_way(settings: Settings, small: Small, with_second: bool) -> Publication:
    """Take the exports, do every step, publish."""
    take(settings, small.control, CONTROL)
    take(settings, small.first, STRIKES)
    if with_second:
        take(settings, small.second, STRIKES, LATER)
    make(settings)
    return publish_release(settings)


def _pass(name: str, frame: pa.Table, part: str = "") -> Validation:
    return Validation(table=name, success=True, rows=frame.num_rows, results=[], part=part)


def _write_tiles(theatre: Theatre, frames: Mapping[str, pa.Table], path: Path, *_: object) -> None:
    """As many bytes as there are strikes: what a release of other tables would not have."""
    with path.open("wb") as stream:
        for _strike in range(frames["core.strikes"].num_rows):
            stream.write(b"tile" * 1024)


def _draw_pictures(theatre: Theatre, frames: Mapping[str, pa.Table], folder: Path) -> list[Path]:
    paths = [folder / f"headline{ending}" for ending in (".png", ".svg")]
    for path in paths:
        path.write_text(f"{theatre.name} {frames['core.strikes'].num_rows}\n" * 100, encoding="utf-8")
    return paths


def _build_tables(theatre: Theatre, frames: Mapping[str, pa.Table], *_: object) -> dict[str, pa.Table]:
    """Episodes as they are, and two tables without rows."""
    from pipeline.sessions import connect
    from pipeline.tables.measures import prepare

    with connect() as connection:
        prepare(connection, theatre, frames["core.strikes"])
        episodes = connection.table("episodes").to_arrow_table()
        made = {"core.episodes": table("core.episodes").conform(episodes)}
        return made | {name: table(name).empty() for name in ("marts.headline", "marts.headline_split")}


def _write_page(path: Path) -> None:
    path.write_text("<p>a page</p>\n" * 1000, encoding="utf-8")


def data_settings(data: Path) -> Settings:
    """Settings of a data folder; one thread, so that a machine's cores decide nothing."""
    os.environ["OMP_NUM_THREADS"] = "1"
    return Settings(data=data, threads=1, keep_releases=1)
