"""How fast each format is read into records, beside bare readers of the same file, and how much memory it takes.

Belongs here: a measurement run by hand. Each reading runs in a process of its own, so that peaks of memory are its own;
rates are printed as they are and as ratios to the bare reader, which interprets nothing and keeps no lineage.

    .venv/bin/python tests/benchmarks/ingest_rate.py --megabytes 100
    .venv/bin/python tests/benchmarks/ingest_rate.py --megabytes 1000 --formats csv geopackage --records-memory-mb 64
"""

from __future__ import annotations

import argparse
import multiprocessing
import shutil
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

import duckdb
import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import shapely

sys.path.append(str(Path(__file__).parents[1] / "unit" / "exports"))

from export_files import a_source

from pipeline.exports import read_export, receive
from pipeline.intake import ingest
from pipeline.settings import Settings
from pipeline.theatres import theatres

MEGABYTE = 1024**2
RECEIVED = datetime(2026, 11, 1, tzinfo=UTC)
Frame: TypeAlias = gpd.GeoDataFrame


def frame(rows: int) -> Frame:
    """Reported strikes with texts, numbers and points."""
    chance = np.random.default_rng(7)
    x, y = chance.uniform(36, 42, rows).round(6), chance.uniform(32, 37, rows).round(6)
    return gpd.GeoDataFrame(
        {
            "id": [f"S-{number:08d}" for number in range(rows)],
            "day": pd.Series(np.datetime64("2015-10-01") + chance.integers(0, 150, rows)).astype(str),
            "place": chance.choice(["حلب", "Idlib city", "Qaryat al Hamra", "Şenköy", "Бабуин"], rows),
            "radius": chance.integers(1, 20, rows).astype("int32") * 500,
            "lat": y,
            "lon": x,
            "note": chance.choice(["a note of some length about what was hit, " * n for n in (1, 2, 3)], rows),
        },
        geometry=shapely.points(x, y),
        crs="EPSG:4326",
    )


def write_csv(rows: Frame, path: Path) -> None:
    rows.drop(columns="geometry").to_csv(path, index=False)


def write_xlsx(rows: Frame, path: Path) -> None:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("rows")
    plain = rows.drop(columns="geometry")
    sheet.append(list(plain.columns))
    for row in plain.itertuples(index=False):
        sheet.append(list(row))
    book.save(path)


def write_json(rows: Frame, path: Path) -> None:
    rows.drop(columns="geometry").to_json(path, orient="records", force_ascii=False)


def by_gdal(driver: str) -> Callable[[Frame, Path], None]:
    def write(rows: Frame, path: Path) -> None:
        pyogrio.write_dataframe(rows, path, driver=driver)

    return write


def zipped(driver: str, name: str) -> Callable[[Frame, Path], None]:
    """A writer of a format of several files, which come in one zip."""

    def write(rows: Frame, path: Path) -> None:
        with tempfile.TemporaryDirectory(prefix="isw-ingest-rate-") as folder:
            pyogrio.write_dataframe(rows, Path(folder) / name, driver=driver)
            shutil.make_archive(str(path.with_suffix("")), "zip", folder)

    return write


def bare_duckdb(function: str) -> Callable[[Path], int]:
    def read(path: Path) -> int:
        return int(duckdb.sql(f"SELECT * FROM {function}('{path}')").to_arrow_table().num_rows)

    return read


def bare_xlsx(path: Path) -> int:
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    return sum(1 for _ in book.active.iter_rows(values_only=True)) - 1


def bare_pyogrio(path: Path) -> int:
    return len(pyogrio.read_dataframe(path))


def bare_pyarrow(path: Path) -> int:
    return int(pq.read_table(path).num_rows)


Format = tuple[str, Callable[[Frame, Path], None], str, Callable[[Path], int]]
FORMATS: dict[str, Format] = {
    "csv": ("x.csv", write_csv, "duckdb", bare_duckdb("read_csv")),
    "xlsx": ("x.xlsx", write_xlsx, "openpyxl", bare_xlsx),
    "json": ("x.json", write_json, "duckdb", bare_duckdb("read_json")),
    "geojson": ("x.geojson", by_gdal("GeoJSON"), "pyogrio", bare_pyogrio),
    "geojsonl": ("x.geojsonl", by_gdal("GeoJSONSeq"), "pyogrio", bare_pyogrio),
    "kml": ("x.kml", by_gdal("KML"), "pyogrio", bare_pyogrio),
    "shapefile": ("x.shp.zip", zipped("ESRI Shapefile", "x.shp"), "pyogrio", bare_pyogrio),
    "filegdb": ("x.gdb.zip", zipped("OpenFileGDB", "x.gdb"), "pyogrio", bare_pyogrio),
    "geopackage": ("x.gpkg", by_gdal("GPKG"), "pyogrio", bare_pyogrio),
    "flatgeobuf": ("x.fgb", by_gdal("FlatGeobuf"), "pyogrio", bare_pyogrio),
    "parquet": ("x.parquet", lambda rows, path: rows.to_parquet(path), "pyarrow", bare_pyarrow),
}


def ours(path: Path, data: Path, caps: dict[str, int]) -> int:
    """Received, read into records; as much as a source without a mapping takes."""
    settings = Settings(data=data, **caps)  # type: ignore[arg-type]
    received = receive(settings, path, RECEIVED)
    reading = read_export(settings, received, theatres()["syria"], a_source(), RECEIVED)
    if reading.export["problem"]:
        raise SystemExit(str(reading.export["problem"]))
    return int(reading.records.num_rows)


def taken(path: Path, data: Path, caps: dict[str, int]) -> int:
    """Received, read and written to the lake."""
    return ingest(Settings(data=data, **caps), path, theatres()["syria"], a_source(), RECEIVED).records  # type: ignore[arg-type]


def _measure(work: Callable[..., int], arguments: tuple[Any, ...], answer: Any) -> None:
    warnings.simplefilter("ignore")
    theatres()  # read once for all files, and no part of reading one
    before = _peak()
    start = time.perf_counter()
    rows = work(*arguments)
    answer.put((rows, time.perf_counter() - start, _peak(), before))


def _peak() -> float:
    """Most memory that this process has held, in MB; as Linux tells, since the peak of getrusage outlives a fork."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def measure(work: Callable[..., int], *arguments: Any) -> tuple[int, float, float, float]:
    """Rows, seconds, and the peak of memory in MB with what of it was there before, of a process of its own."""
    context = multiprocessing.get_context("spawn")
    answer = context.Queue()
    process = context.Process(target=_measure, args=(work, arguments, answer))
    process.start()
    rows, seconds, peak, before = answer.get()
    process.join()
    return rows, seconds, peak, before


def _bare(name: str, path: Path) -> int:
    return FORMATS[name][3](path)


def main() -> None:
    """Print a line for each format."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--megabytes", type=int, default=100, help="size of the CSV; other formats hold the same rows")
    parser.add_argument("--formats", nargs="+", choices=list(FORMATS), default=list(FORMATS))
    parser.add_argument("--records-memory-mb", type=int, default=256, help="cap on records held while they are read")
    parser.add_argument("--lake", action="store_true", help="write the records to the lake too")
    wanted = parser.parse_args()
    caps = {"records_memory_bytes": wanted.records_memory_mb * MEGABYTE, "max_document_bytes": 4096 * MEGABYTE}
    work = taken if wanted.lake else ours
    rows = frame(int(wanted.megabytes * MEGABYTE / 165))
    print(f"{len(rows):,} rows; records memory {wanted.records_memory_mb} MB; pyarrow {pa.__version__}")
    print("format        MB    rows/s   MB/s  peak MB (at start)   bare      rows/s   ratio  peak MB")
    for name in wanted.formats:
        file, write, bare, _ = FORMATS[name]
        with tempfile.TemporaryDirectory(prefix="isw-ingest-rate-") as folder:
            path = Path(folder) / file
            write(rows, path)
            size = path.stat().st_size / MEGABYTE
            count, seconds, peak, before = measure(work, path, Path(folder) / "data", caps)
            bare_count, bare_seconds, bare_peak, _ = measure(_bare, name, path)
        if count != bare_count or count != len(rows):
            raise SystemExit(f"{name}: {count:,} records, but {bare_count:,} rows by {bare}")
        print(
            f"{name:11} {size:5.0f} {count / seconds:9,.0f} {size / seconds:6.1f} {peak:8,.0f} ({before:4,.0f}) "
            f"{bare:>14} {bare_count / bare_seconds:11,.0f} {bare_seconds / seconds:7.3f} {bare_peak:8,.0f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
