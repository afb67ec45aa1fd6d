"""A war of half a year without a backdrop, so that a whole run takes seconds; workers of Dask preload this module."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import yaml

from pipeline.settings import Settings
from pipeline.theatres import reading, theatres

VARIABLE = "SMALL_THEATRE"
RECEIVED = datetime(2026, 11, 1, tzinfo=UTC).timestamp()
SHIPPED = reading.FOLDER / "ukraine.yaml"


def write_theatre(folder: Path) -> None:
    """Write the theatre's file."""
    raw = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    raw |= {"first_month": "2022-03", "last_month": "2022-08", "backdrop": {}, "towns": {}, "countries": {}}
    raw["sources"] = {name: raw["sources"][name] for name in ("bellingcat", "isw_control")}
    (folder / "ukraine.yaml").write_text(yaml.safe_dump(raw, allow_unicode=True), encoding="utf-8")


def use_theatre(folder: Path) -> None:
    """Let this process know no other theatre."""
    reading.FOLDER = folder
    theatres.cache_clear()


def dask_setup(_worker: object) -> None:
    """Called by Dask in a worker that preloads this module."""
    use_theatre(Path(os.environ[VARIABLE]))


def drop_exports(settings: Settings) -> None:
    """Put incidents of six months, and who held the ground on three days, into the inbox."""
    rows = [
        f'{number},{number % 6 + 3}/7/2022,{47.2 + number % 7 / 2},{36.1 + number % 5 / 2},Village {number},"[]","[]",x'
        for number in range(60)
    ]
    header = "id,date,latitude,longitude,location,sources,filters,description"
    _drop(settings, "ukraine/bellingcat/incidents.csv", "\n".join([header, *rows]) + "\n")
    for day, west in (("20220301", 36.5), ("20220501", 37.0), ("20220801", 36.2)):
        ring = [[west, 46.5], [39, 46.5], [39, 49.5], [west, 49.5], [west, 46.5]]
        square = {"type": "Polygon", "coordinates": [ring]}
        feature = {"type": "Feature", "properties": {"FID": 1}, "geometry": square}
        body = json.dumps({"type": "FeatureCollection", "features": [feature]})
        _drop(settings, f"ukraine/isw_control/{day}_RussianAssessedCoTinUkraine.geojson", body)


def _drop(settings: Settings, name: str, content: str) -> None:
    path = settings.inbox_dir / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    os.utime(path, (RECEIVED, RECEIVED))
