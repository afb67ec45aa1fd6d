"""How much memory it takes to ingest a file of a gigabyte into the lake, by the setting that bounds it.

Belongs here: a measurement run by hand. Each ingest runs in a process of its own; the peak is all that the process has
held, libraries included, and is printed beside what it held before. The rows are those of ``ingest_rate``, repeated.

    .venv/bin/python tests/benchmarks/ingest_memory.py --megabytes 1000 --records-memory-mb 256 16
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
from ingest_rate import MEGABYTE, Frame, by_gdal, frame, measure, taken, write_csv

BLOCK = 50_000


def repeat_lines(write: Callable[[Frame, Path], None], headers: int) -> Callable[[Frame, Path, int], int]:
    """A writer of one block's lines again and again below its headers, which gives their number."""

    def repeat(rows: Frame, path: Path, size: int) -> int:
        write(rows, path)
        lines = path.read_bytes().splitlines(keepends=True)[headers:]
        times = max(1, size // path.stat().st_size)
        with path.open("ab") as file:
            for _ in range(times - 1):
                file.writelines(lines)
        return times * len(lines)

    return repeat


def repeat_row_groups(rows: Frame, path: Path, size: int) -> int:
    """Write one block's rows again and again, not compressed, for repeated rows would take no space."""
    rows.to_parquet(path, compression=None, use_dictionary=False)
    block = pq.read_table(path)
    times = max(1, size // path.stat().st_size)
    with pq.ParquetWriter(path, block.schema, compression="none", use_dictionary=False) as writer:
        for _ in range(times):
            writer.write_table(block)
    return times * len(rows)


WRITERS: dict[str, Callable[[Frame, Path, int], int]] = {
    "csv": repeat_lines(write_csv, headers=1),
    "geojsonl": repeat_lines(by_gdal("GeoJSONSeq"), headers=0),
    "parquet": repeat_row_groups,
}


def main() -> None:
    """Print a line for each format and setting."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--megabytes", type=int, default=1_000, help="size of each file")
    parser.add_argument("--formats", nargs="+", choices=list(WRITERS), default=list(WRITERS))
    parser.add_argument("--records-memory-mb", type=int, nargs="+", default=[256, 16], help="cap on records in memory")
    wanted = parser.parse_args()
    rows = frame(BLOCK)
    print("format       MB       rows  records memory MB  peak MB (at start)  seconds")
    for name in wanted.formats:
        for megabytes in wanted.records_memory_mb:
            with tempfile.TemporaryDirectory(prefix="isw-ingest-memory-") as folder:
                path = Path(folder) / f"x.{name}"
                count = WRITERS[name](rows, path, wanted.megabytes * MEGABYTE)
                caps = {"records_memory_bytes": megabytes * MEGABYTE}
                found, seconds, peak, before = measure(taken, path, Path(folder) / "data", caps)
                size = path.stat().st_size / MEGABYTE
            if found != count:
                raise SystemExit(f"{name}: {found:,} records of {count:,} rows")
            print(
                f"{name:10} {size:4,.0f} {count:10,} {megabytes:18,} {peak:8,.0f} ({before:6,.0f}) {seconds:11,.0f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
