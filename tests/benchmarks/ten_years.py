"""Ten years of made-up strikes and control, and our code location over a theatre of that length.

Belongs here: the data of ``backfill``, in our tables and as the files that the plain project reads. Does not belong
here: measuring. Dagster loads ``defs``; it leaves the sensors out, so that nothing but a backfill starts a run.
"""

from __future__ import annotations

import sys
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import dagster as dg
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

sys.path.append(str(Path(__file__).parents[1]))

from strike_rows import Row, strike

from assets.definitions import definitions
from pipeline.catalogue import table
from pipeline.settings import Settings
from pipeline.theatres import Theatre, months_between, theatres
from pipeline.work import Work

FIRST_DAY = date(2015, 10, 1)
DAYS = 3_650
STRIKES_A_DAY = 20
SNAPSHOT_EVERY = 10
POLYGONS, VERTICES = 20, 400
WEST, SOUTH, EAST, NORTH = 36.0, 32.8, 42.0, 36.4


def theatre() -> Theatre:
    """Syria, of ten years."""
    last = FIRST_DAY + timedelta(DAYS - 1)
    return theatres()["syria"].model_copy(update={"first_month": f"{FIRST_DAY:%Y-%m}", "last_month": f"{last:%Y-%m}"})


@dg.definitions
def defs() -> dg.Definitions:
    """The code location without its sensors and schedules."""
    theatres()["syria"] = theatre()
    ours = definitions(theatres={"syria": theatre()})
    return dg.Definitions(assets=ours.assets, jobs=ours.jobs, resources=ours.resources, executor=ours.executor)


def months_of(days: int) -> list[str]:
    """Months of the first days."""
    return months_between(f"{FIRST_DAY:%Y-%m}", f"{FIRST_DAY + timedelta(days - 1):%Y-%m}")


def write(settings: Settings, plain: Path) -> None:
    """Write strikes and control to the lake, mapped but no month made, and to files for the plain project."""
    chance = np.random.default_rng(11)
    strikes = table("core.strikes").conform(_strikes(chance))
    areas, snapshots = _control(chance)
    lake = Work(settings).lake
    control = {"theatre": "syria", "source": theatre().control.in_force}
    lake.replace("work.mapped_strikes", strikes, theatre="syria", source="isw_reports")
    control_areas = table("core.control_areas").conform(areas)
    lake.replace("core.control_areas", control_areas, **control)
    lake.replace("core.control_snapshots", table("core.control_snapshots").conform(snapshots), **control)
    for name in ("core.front_lines", "core.control_observations"):
        lake.replace(name, table(name).empty(), **control)
    plain.mkdir(parents=True, exist_ok=True)
    own = strikes.select(["strike_id", "longitude", "latitude"])
    day = strikes.column("date_from").cast(pa.timestamp("ns"))
    pq.write_table(own.append_column("day", day), plain / "strikes.parquet", row_group_size=10_000)
    shown = control_areas.select(["controller", "valid_from", "valid_to", "geometry"])
    for number, name in enumerate(shown.column_names[1:3], 1):
        shown = shown.set_column(number, name, shown.column(name).cast(pa.timestamp("ns")))
    pq.write_table(shown, plain / "areas.parquet", row_group_size=10 * POLYGONS)


def _strikes(chance: np.random.Generator) -> list[Row]:
    rows = []
    for number in range(DAYS):
        day = str(FIRST_DAY + timedelta(number))
        places = chance.uniform((SOUTH, WEST), (NORTH, EAST), (STRIKES_A_DAY, 2)).round(6)
        rows += [strike(f"s{number:04d}{i:02d}", day, at=(float(a), float(b))) for i, (a, b) in enumerate(places)]
    return rows


def _control(chance: np.random.Generator) -> tuple[list[Row], list[Row]]:
    """Rows of areas and of snapshots: neighbours in a row with jagged borders that both share to the last bit."""
    controllers = list(theatre().controllers)
    latitudes = np.linspace(SOUTH, NORTH, VERTICES // 2)
    width = (EAST - WEST) / POLYGONS
    areas, snapshots = [], []
    for number in range(0, DAYS, SNAPSHOT_EVERY):
        start = FIRST_DAY + timedelta(number)
        end = start + timedelta(SNAPSHOT_EVERY)
        of = {"theatre": "syria", "source": theatre().control.in_force}
        steps = chance.normal(0, 0.3, (POLYGONS + 1, len(latitudes)))
        lines = [
            np.column_stack([WEST + i * width + 0.45 * width * np.sin(np.cumsum(step)), latitudes])
            for i, step in enumerate(steps)
        ]
        for place, (one, two) in enumerate(pairwise(lines)):
            areas.append(
                of
                | {
                    "area_id": f"a{number:04d}{place:02d}",
                    "controller": controllers[place % len(controllers)],
                    "parties": "[]", "valid_from": start, "valid_to": end, "method": "polygon", "repair": None,
                    "record_ids": "[]", "geometry": shapely.to_wkb(shapely.Polygon(np.vstack([one, two[::-1]]))),
                }
            )  # fmt: skip
        snapshots.append(of | {"snapshot_day": start, "in_force_to": end, "areas": POLYGONS})
    return areas, snapshots
