"""What a file makes a reader do grows with the file, however it is made up: measured in memory, never in time."""

from __future__ import annotations

import json
import tempfile
import tracemalloc
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from export_files import (
    feature,
    geojson,
    patched,
    properties,
    read_bytes,
    refusal,
    shapefile_parts,
    zipped,
    zipped_shapefile,
)
from matrix_files import strikes, xlsx

from pipeline.exports.opening import open_export
from pipeline.settings import Settings
from pipeline.theatres import Dialect

# Far above what the readers and their libraries take for a small file, far below what follows from copying.
LITTLE = 64 * 1024**2


def most_memory(content: bytes, **caps: Any) -> int:
    """The most memory that Python holds at once while these bytes are read."""
    tracemalloc.start()
    try:
        read_bytes(content, **caps)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_number_that_is_none_deep_below_long_names_is_found_in_the_memory_of_the_file() -> None:
    content = geojson(feature({"k" * 100_000: [0] * 2_000})).replace(b"0\n", b"NaN\n")
    assert most_memory(content) < LITTLE
    (found,) = properties(read_bytes(content))
    assert found["_problem_text"].endswith("k[1999] = NaN")


def test_rings_whose_boxes_all_lie_over_one_another_are_told_of() -> None:
    rings = [[[n, 0], [n, 1], [1_000 + n, 1_000], [n, 0]] for n in range(2_000)]
    features = [{"attributes": {"a": 1}, "geometry": {"rings": rings}}]
    (row,) = properties(read_bytes(json.dumps({"spatialReference": {"wkid": 3857}, "features": features}).encode()))
    assert row["_problem_text"] == "geometry: rings lie within the boxes of more than 256 others each"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_number_format_without_end_is_refused_before_it_is_looked_through(encoding: str) -> None:
    with zipfile.ZipFile(BytesIO(xlsx(strikes()[:1]))) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    styles = parts["xl/styles.xml"].decode().replace('formatCode="', 'formatCode="' + "[" * 2_000, 1)
    parts["xl/styles.xml"] = styles.encode(encoding)
    code, value = refusal(read_bytes(zipped(parts)))
    assert code == "export_unsafe"
    assert "xl/styles.xml has a number format of 2,0" in value


def test_what_a_long_name_makes_of_a_small_file_is_refused_by_the_cap() -> None:
    content = b"k" * 10_000 + b",b\n" + b"1,2\n" * 100
    assert read_bytes(content, max_records_bytes=2_000_000).export["problem_code"] is None
    code, value = refusal(read_bytes(content, max_records_bytes=500_000))
    assert code == "export_cap_exceeded"
    assert "over max_records_bytes = 500,000 (ISW_MAX_RECORDS_BYTES)" in value


def test_long_records_after_many_short_ones_are_not_held_together() -> None:
    """A workbook says a long text once for all cells that share it, so that only what is made of it is long."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    cells = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>{n > 3_000:d}</v></c></row>' for n in range(1, 4_000))
    with zipfile.ZipFile(BytesIO(xlsx(strikes()[:1]))) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    override = f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}"/></Types>'
    parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(b"</Types>", override.encode())
    parts["xl/worksheets/sheet1.xml"] = f'<worksheet xmlns="{main}"><sheetData>{cells}</sheetData></worksheet>'.encode()
    long = "x" * 200_000
    parts["xl/sharedStrings.xml"] = f'<sst xmlns="{main}"><si><t>a</t></si><si><t>{long}</t></si></sst>'.encode()
    assert refusal(read_bytes(zipped(parts), max_records_bytes=50_000_000))[0] == "export_cap_exceeded"
    assert most_memory(zipped(parts), max_records_bytes=50_000_000) < 2 * LITTLE


def test_the_encoding_of_a_table_is_found_without_holding_the_table() -> None:
    parts = shapefile_parts({"name": ["Балаклія, місто" + " і ще" * 30] * 40_000}, [None] * 40_000, encoding="CP1251")
    del parts[".cpg"]
    parts[".dbf"] = patched(parts[".dbf"], 29, "B", 0)
    assert len(parts[".dbf"]) > 6 * 1024**2
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "layer.zip"
        path.write_bytes(zipped_shapefile(parts))
        with open_export(Settings(data=Path(folder)), path, Dialect()) as opened:
            opened.read()  # what is loaded at first use takes memory too
            tracemalloc.start()
            try:
                assert opened.read().encoding == "cp1251"
                most = tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()
    assert most < len(parts[".dbf"])
