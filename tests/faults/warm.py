"""What a forked process finds done: everything imported, DuckDB started with its spatial extension.

Belongs here: what is safe to hold over a fork. DuckDB is (one thread); the runtime of Delta is not, and starts later.
"""

from __future__ import annotations

import deltalake.fs
import pandas
import pyarrow.dataset
import small_pipeline

from pipeline.sessions import connect
from pipeline.settings import Settings

# Most of it is loaded where it is used, which is after the fork: these are what takes longest.
LOADED = (deltalake.fs, pandas, pyarrow.dataset, small_pipeline)

with connect(Settings(threads=1)) as session:
    session.execute("SELECT ST_AsText(ST_Transform(ST_Point(37, 36), 'OGC:CRS84', 'EPSG:3857'))").fetchall()
