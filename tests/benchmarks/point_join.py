"""Who held each point on its day: the pipeline's join beside other ways to ask, on the same data in the same run.

Belongs here: a measurement run by hand; answers are compared row by row, times are printed as ratios. SedonaDB takes
part where it is installed (it is no dependency of the project).

    .venv/bin/python tests/benchmarks/point_join.py --points 100000 --snapshots 165 --polygons 20 --vertices 2000
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely

from pipeline.attribution import PAIRS_AT_ONCE
from pipeline.overlay import Overlay
from pipeline.sessions import connect, sql
from pipeline.theatres import theatres

SYRIA = theatres()["syria"]
WEST, SOUTH, EAST, NORTH = 36.0, 32.5, 42.0, 36.5
FIRST_DAY = np.datetime64("2015-01-01")
NOBODY = -1


def draw_map(polygons: int, vertices: int, chance: np.random.Generator) -> list[shapely.Polygon]:
    """Neighbours in a row with jagged borders that both share to the last bit."""
    half = vertices // 2
    latitudes = np.linspace(SOUTH, NORTH, half)
    width = (EAST - WEST) / polygons
    walks = [
        WEST + i * width + 0.45 * width * np.sin(np.cumsum(chance.normal(0, 0.3, half))) for i in range(polygons + 1)
    ]
    borders = [np.column_stack([walk, latitudes]) for walk in walks]
    return [shapely.Polygon(np.vstack([a, b[::-1]])) for a, b in pairwise(borders)]


def make(points: int, snapshots: int, polygons: int, vertices: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Areas (``area``, ``day``, ``wkb``) and points (``lon``, ``lat``, ``day``), one in ten on a vertex."""
    chance = np.random.default_rng(7)
    days = FIRST_DAY + 5 * np.arange(snapshots)
    areas = pd.DataFrame(
        [
            {"day": day, "shape": shape, "place": place}
            for day in days
            for place, shape in enumerate(draw_map(polygons, vertices, chance))
        ]
    )
    areas["area"] = np.arange(len(areas))
    areas["wkb"] = shapely.to_wkb(areas["shape"].to_numpy())
    asked = pd.DataFrame(
        {
            "lon": chance.uniform(WEST, EAST, points),
            "lat": chance.uniform(SOUTH, NORTH, points),
            "day": chance.choice(days, points),
        }
    )
    corners, owner = shapely.get_coordinates(areas["shape"].to_numpy(), return_index=True)
    chosen = chance.integers(0, len(corners), points // 10)
    asked.loc[: len(chosen) - 1, ["lon", "lat"]] = corners[chosen]
    asked.loc[: len(chosen) - 1, "day"] = areas["day"].to_numpy()[owner[chosen]]
    return areas[["area", "day", "wkb"]], asked


def ours(areas: pd.DataFrame, asked: pd.DataFrame) -> Any:
    """The pipeline's own steps, up to who held the centre."""
    days = np.sort(areas["day"].unique())
    frames = {
        "areas": {
            "area_id": [f"{i:09d}" for i in areas["area"]],
            "controller": areas["area"].astype(str),
            "parties": ["[]"] * len(areas),
            "valid_from": pa.array(areas["day"].to_numpy(), pa.date32()),
            "valid_to": pa.array(areas["day"].to_numpy() + np.timedelta64(5, "D"), pa.date32()),
            "geometry": areas["wkb"],
        },
        "snapshots": {
            "snapshot_day": pa.array(days, pa.date32()),
            "in_force_to": pa.array(days + np.timedelta64(5, "D"), pa.date32()),
        },
        "probes": {
            "strike_id": np.arange(len(asked)),
            "longitude": asked["lon"],
            "latitude": asked["lat"],
            "radius_m": np.zeros(len(asked)),
            "date_from": pa.array(asked["day"].to_numpy(), pa.date32()),
            "date_to": pa.array(asked["day"].to_numpy(), pa.date32()),
        },
        "priorities": {"controller": ["nobody"], "priority": [0]},
    }
    with connect() as session:
        for name, columns in frames.items():
            session.register(name, pa.table(columns))

        def run(step: str) -> Any:
            for statement in session.extract_statements(sql(f"attribution/{step}")):
                wanted = {name: SYRIA.projection for name in statement.named_parameters}
                session.execute(statement, wanted)
            return session

        run("prepare_control")
        run("prepare_probes")
        shapes = session.execute("SELECT geometry FROM shapes ORDER BY shape_id").to_arrow_table()
        overlay = Overlay(shapes.column("geometry"), shapely.to_wkb(shapely.box(0, 0, 90, 90)), SYRIA.projection)
        pairs = run("pair_discs_with_shapes").to_arrow_reader(PAIRS_AT_ONCE)
        session.register("measured", overlay.measure(pairs))
        run("join_discs_to_areas")
        run("share_ground")
        found = session.execute(
            "SELECT coalesce(CAST(controller AS INTEGER), -1) AS area FROM probe_days"
            " LEFT JOIN at_points USING (disc_id, snapshot_day) ORDER BY strike_id"
        ).fetchnumpy()
    return np.asarray(found["area"])


def by_prepared_polygons(areas: pd.DataFrame, asked: pd.DataFrame) -> Any:
    """Each polygon prepared, asked about the points of its day in its box."""
    found = np.full(len(asked), NOBODY)
    rows = asked.groupby("day").indices
    x, y = asked["lon"].to_numpy(), asked["lat"].to_numpy()
    # The last to answer is the first area, which is the rule for borders.
    for area, day, wkb in reversed(list(areas.itertuples(index=False))):
        shape = shapely.from_wkb(wkb)
        here = rows.get(pd.Timestamp(day), np.array([], int))
        west, south, east, north = shape.bounds
        here = here[(x[here] >= west) & (x[here] <= east) & (y[here] >= south) & (y[here] <= north)]
        shapely.prepare(shape)
        found[here[shapely.intersects_xy(shape, x[here], y[here])]] = area
    return found


def by_geopandas(areas: pd.DataFrame, asked: pd.DataFrame) -> Any:
    """``geopandas.sjoin`` for each snapshot."""
    polygons = gpd.GeoDataFrame(areas[["area", "day"]], geometry=gpd.GeoSeries.from_wkb(areas["wkb"]))
    points = gpd.GeoDataFrame(asked[["day"]], geometry=gpd.points_from_xy(asked["lon"], asked["lat"]))
    pairs = [
        gpd.sjoin(points[points["day"] == day][["geometry"]], today[["area", "geometry"]], predicate="intersects")
        for day, today in polygons.groupby("day")
    ]
    return _first(asked, pd.concat(pairs)["area"])


def by_duckdb(areas: pd.DataFrame, asked: pd.DataFrame) -> Any:
    """DuckDB's SPATIAL_JOIN for each snapshot: with an equality in its condition it would not be used."""
    points = asked.assign(row=np.arange(len(asked)))
    pairs = []
    with connect() as session:
        for day, today in areas.groupby("day"):
            session.register("p", points[points["day"] == day][["row", "lon", "lat"]])
            session.register("a", today[["area", "wkb"]])
            pairs.append(
                session.execute(
                    "SELECT p.row, a.area FROM (SELECT row, ST_Point(lon, lat) AS g FROM p) AS p"
                    " JOIN (SELECT area, ST_GeomFromWKB(wkb) AS g FROM a) AS a ON ST_Intersects(a.g, p.g)"
                ).df()
            )
    return _first(asked, pd.concat(pairs).set_index("row")["area"])


def by_sedona(areas: pd.DataFrame, asked: pd.DataFrame) -> Any:
    """SedonaDB in the form that suits it best: each day moved to a stretch of longitude of its own."""
    import sedonadb

    session = sedonadb.connect()
    shapes = shapely.from_wkb(areas["wkb"].to_numpy())
    shift = np.repeat(_stretch(areas["day"]), shapely.get_num_coordinates(shapes))
    moved = shapely.get_coordinates(shapes) + np.column_stack([shift, np.zeros(len(shift))])
    wkb = shapely.to_wkb(shapely.set_coordinates(shapes, moved))
    session.create_data_frame(pa.table({"area": areas["area"], "wkb": wkb})).to_view("a")
    lon = asked["lon"] + _stretch(asked["day"])
    session.create_data_frame(pa.table({"row": np.arange(len(asked)), "lon": lon, "lat": asked["lat"]})).to_view("p")
    pairs = session.sql(
        'SELECT p."row", a.area FROM (SELECT area, ST_GeomFromWKB(wkb) AS g FROM a) AS a'
        ' JOIN (SELECT "row", ST_Point(lon, lat) AS g FROM p) AS p ON ST_Intersects(a.g, p.g)'
    ).to_pandas()
    return _first(asked, pairs.set_index("row")["area"])


def _stretch(days: pd.Series) -> Any:
    return 2.0 * (days - FIRST_DAY).dt.days.to_numpy()


def _first(asked: pd.DataFrame, pairs: pd.Series) -> Any:
    return pairs.groupby(level=0).min().reindex(range(len(asked)), fill_value=NOBODY).to_numpy()


WAYS: dict[str, Callable[[pd.DataFrame, pd.DataFrame], Any]] = {
    "the pipeline": ours,
    "shapely, prepared": by_prepared_polygons,
    "SedonaDB": by_sedona,
    "geopandas.sjoin": by_geopandas,
    "DuckDB SPATIAL_JOIN": by_duckdb,
}


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, usual in {"points": 100_000, "snapshots": 165, "polygons": 20, "vertices": 2_000}.items():
        asked.add_argument(f"--{name}", type=int, default=usual, help=f"({usual})")
    sizes = vars(asked.parse_args())
    areas, points = make(**sizes)
    print(", ".join(f"{count:,} {name}" for name, count in sizes.items()))
    print(f"{'':22} {'seconds':>8} {'ratio':>6} {'CPU s':>7} {'ratio':>6}  rows that differ")
    connect().close()  # loads the extension, once a process
    first: tuple[float, float, Any] | None = None
    for name, way in WAYS.items():
        wall, cpu = time.perf_counter(), time.process_time()
        try:
            found = way(areas, points)
        except ImportError:
            print(f"{name:22} is not installed")
            continue
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        first = first or (wall, cpu, found)
        differ = int((found != first[2]).sum())
        print(f"{name:22} {wall:8.2f} {wall / first[0]:6.2f} {cpu:7.2f} {cpu / first[1]:6.2f}  {differ}")


if __name__ == "__main__":
    main()
