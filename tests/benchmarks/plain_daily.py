"""A plain project of Dagster and dagster-duckdb, as one would start it: a partition a day, a run a partition.

Belongs here: what ``backfill`` measures ours beside. Does not belong here: measuring. It runs in an environment of its
own (``requirements/benchmark.txt``) and imports nothing of ours. Its runs do without the process for each step that
Dagster starts unless told otherwise, so that it is measured at its best.
"""

from __future__ import annotations

import os
from pathlib import Path

import dagster as dg
import pandas as pd
import shapely
from dagster_duckdb_pandas import DuckDBPandasIOManager

FOLDER = Path(os.environ["PLAIN_FOLDER"])
DAYS = dg.DailyPartitionsDefinition(os.environ["PLAIN_FIRST_DAY"], end_date=os.environ["PLAIN_END_DAY"])


@dg.asset(partitions_def=DAYS, metadata={"partition_expr": "day"})
def strikes(context) -> pd.DataFrame:  # type: ignore[no-untyped-def]
    """The strikes of the day."""
    day = pd.Timestamp(context.partition_key)
    return pd.read_parquet(FOLDER / "strikes.parquet", filters=[("day", "==", day)])


@dg.asset(partitions_def=DAYS, metadata={"partition_expr": "day"})
def attribution(context, strikes: pd.DataFrame) -> pd.DataFrame:  # type: ignore[no-untyped-def]
    """Who held the ground of each, by the polygons in force on the day."""
    day = pd.Timestamp(context.partition_key)
    in_force = [("valid_from", "<=", day), ("valid_to", ">", day)]
    areas = pd.read_parquet(FOLDER / "areas.parquet", filters=in_force)
    tree = shapely.STRtree(shapely.from_wkb(areas["geometry"].to_numpy()))
    points = shapely.points(strikes["longitude"], strikes["latitude"])
    strike, area = tree.query(points, predicate="intersects")
    first = pd.Series(area, index=strike).groupby(level=0).min()
    controller = areas["controller"].iloc[first].to_numpy()
    return strikes[["strike_id", "day"]].assign(controller=pd.Series(controller, index=first.index))


defs = dg.Definitions(
    assets=[strikes, attribution],
    jobs=[dg.define_asset_job("daily", [strikes, attribution])],
    resources={"io_manager": DuckDBPandasIOManager(database=str(FOLDER / "plain.duckdb"), schema="public")},
    executor=dg.in_process_executor,
)
