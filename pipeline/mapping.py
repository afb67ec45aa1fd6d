"""From lossless records to mapped fields: what every stage that interprets records has in common.

Belongs here: picking the fields that a source's mapping names.
Does not belong here: reading a text as a day or a number (``parsing``), by what a record is known (``identity``), what
becomes of it (``history``), what a strike, a place or a control area is.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from pipeline.exact_json import Digits, decode, encode
from pipeline.names import fold_name
from pipeline.parsing import map_unique
from pipeline.sessions import connect, sql
from pipeline.theatres import FIELDS, FieldSource, Source

# Whole sequences that a terminal would obey; all control characters but tab and line breaks; the byte order mark,
# zero-width spaces, marks and overrides of direction. (The joiners of Arabic and Persian script are part of a word's
# spelling, and stay.)
UNSEEN = (
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|"
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"
    r"\x{061c}\x{200b}\x{200e}\x{200f}\x{202a}-\x{202e}\x{2060}-\x{2069}\x{feff}]"
)

# Values of a record whose text in SQL is another than in the file.
WRITTEN = (float, Digits, list, dict)
DECODED_AT_ONCE = 1_000

KEPT = (
    "record_id",
    "export_id",
    "receipt_no",
    "received_at",
    "file_name",
    "layer",
    "record_no",
    "line_no",
    "problem",
    "geometry",
    "said",
)

# Fields that say where a record lies.
LOCATING = ("latitude", "longitude", "coordinate")

DATES = (
    "date_exact",
    "date_from",
    "date_to",
    "period_from",
    "period_to",
    "published",
    "valid_from",
    "valid_to",
)


@dataclass(frozen=True)
class Received:
    """What was received of one source, and what people decided about it.

    Attributes:
        records: its rows of ``raw.records``.
        exports: its rows of ``raw.exports``.
        accepted: ids of exports that a person let in (of polygons none is ever held back).
        overrides: what people say of its records (``overrides.GIVEN``); nothing where None.
    """

    records: pa.Table
    exports: pa.Table
    accepted: frozenset[str] = frozenset()
    overrides: pa.Table | None = None


@dataclass(frozen=True)
class Mapped:
    """What a stage made of the records of one source."""

    rows: pa.Table
    outcomes: pa.Table
    quarantine: pa.Table
    receipts: pa.Table
    overrides: pa.Table


def extract(source: Source, records: pa.Table, exports: pa.Table) -> pa.Table:
    """Pick the mapped fields of each record as trimmed text.

    Args:
        source: the source whose mapping is used.
        records: rows of ``raw.records`` of that source.
        exports: rows of ``raw.exports`` that hold them.

    Returns:
        One row a record in order of receipt, with the columns of ``KEPT``, one text column for each field of the
        source's kind (null where the record has none), and ``out_of_scope`` (text naming the property, or null).
    """
    fields = FIELDS[source.kind]
    names = sorted({name for spec in source.fields.values() for name in spec.names} | set(source.only))
    frame, values = pick_properties(records, exports, names)
    columns = {name: frame.column(name) for name in KEPT}
    shaped: dict[str, pa.Array] = {}
    for field in fields:
        spec = source.fields.get(field)
        columns[field] = _pick(spec, values, frame)
        if spec is not None and spec.geometry:
            shaped[field] = _axis(field, frame)
    columns |= _unless_written(columns, shaped)
    columns["out_of_scope"] = _out_of_scope(source, values, frame)
    return pa.table(columns)


def pick_properties(records: pa.Table, exports: pa.Table, names: Sequence[str]) -> tuple[pa.Table, dict[str, pa.Array]]:
    """Properties of each record as the texts that a mapping sees, null where a record has none of that name.

    Args:
        records: rows of ``raw.records`` of one source.
        exports: rows of ``raw.exports`` that hold them.
        names: the properties.

    Returns:
        One row a record in order of receipt, with the columns of ``KEPT``; and for each name its texts in that order,
        numbers with the digits of the file.
    """
    with connect() as connection:
        connection.register("records", records)
        connection.register("exports", exports)
        picked = connection.execute(sql("mapping/pick_properties"), {"paths": [_pointer(n) for n in names]})
        frame = picked.to_arrow_table()
    values = _with_own_digits(frame.column("retold"), _columns(frame, names))
    return frame.select(KEPT), values


def _pointer(name: str) -> str:
    return "/" + name.replace("~", "~0").replace("/", "~1")


def _columns(frame: pa.Table, names: Sequence[str]) -> dict[str, pa.Array]:
    lists = frame.column("picked").combine_chunks()
    flat = lists.flatten()
    count = len(names)
    return {name: flat.take(pa.array(range(i, len(flat), count), pa.int64())) for i, name in enumerate(names)}


def _with_own_digits(retold: pa.ChunkedArray, values: dict[str, pa.Array]) -> dict[str, pa.Array]:
    """The texts, with numbers as they came where SQL may have written them otherwise."""
    told = pc.is_valid(retold).combine_chunks()
    kept: dict[str, list[pa.Array]] = {name: [] for name in values}
    # Decoded records take many times their text: only a few are held at once, and of each only what is mapped.
    for batch in pa.table([retold.drop_null()], ["retold"]).to_batches(max_chunksize=DECODED_AT_ONCE):
        records = [decode(text) for text in batch.column(0).to_pylist()]
        for name, texts in kept.items():
            found = (record.get(name) for record in records)
            own = [encode(value) if isinstance(value, WRITTEN) else None for value in found]
            texts.append(pa.array(own, pa.string()))
    return {
        name: pc.replace_with_mask(texts, told, pc.coalesce(pa.concat_arrays(kept[name]), texts.filter(told)))
        if kept[name]
        else texts
        for name, texts in values.items()
    }


def _pick(spec: FieldSource | None, values: dict[str, pa.Array], frame: pa.Table) -> pa.Array:
    size = frame.num_rows
    if spec is None:
        return pa.nulls(size, pa.string())
    if spec.const is not None:
        return pa.array([spec.const] * size, pa.string())
    if spec.file_name:
        found = frame.column("file_name").combine_chunks()
    elif spec.layer:
        found = frame.column("layer").combine_chunks()
    elif not spec.names:
        return pa.nulls(size, pa.string())
    else:
        found = pc.coalesce(*[_trimmed(values[name]) for name in spec.names])
    if spec.pattern:
        pattern = re.compile(spec.pattern)
        found = map_unique(found, lambda text: m.group(1) if (m := pattern.search(text)) else None, pa.string())
    return _trimmed(found)


def _axis(field: str, frame: pa.Table) -> pa.Array:
    """Latitude or longitude of each record's point, with all its digits; null where it has no point."""
    shapes = shapely.from_wkb(frame.column("geometry").to_numpy())
    points = np.where(shapely.get_type_id(shapes) == shapely.GeometryType.POINT, shapes, None)
    axis = shapely.get_y(points) if field == "latitude" else shapely.get_x(points)
    return pa.array([None if math.isnan(value) else repr(value) for value in axis.tolist()], pa.string())


def _unless_written(columns: dict[str, pa.Array], shaped: dict[str, pa.Array]) -> dict[str, pa.Array]:
    """Axes of the geometry for records whose columns give none: half of one and half of the other is no place."""
    if not shaped:
        return {}
    is_silent = functools.reduce(pc.and_, [pc.is_null(columns[name]) for name in LOCATING])
    return {field: pc.if_else(is_silent, axis, columns[field]) for field, axis in shaped.items()}


def _trimmed(texts: pa.Array) -> pa.Array:
    """Texts without what nobody sees: white space around them, control characters, marks that turn the direction."""
    trimmed = pc.utf8_trim_whitespace(pc.replace_substring_regex(texts, UNSEEN, ""))
    return pc.if_else(pc.equal(trimmed, ""), None, trimmed)


def _out_of_scope(source: Source, values: dict[str, pa.Array], frame: pa.Table) -> pa.Array:
    reasons_found: list[str | None] = [None] * frame.num_rows
    # The cells of a malformed record may lie beside their columns: nobody knows that it is out of scope.
    is_sound = pc.is_null(frame.column("problem")).to_pylist()
    for name, pattern in source.only.items():
        wanted = re.compile(pattern)
        for row, value in enumerate(values[name].to_pylist()):
            if is_sound[row] and not wanted.search(value or ""):
                reasons_found[row] = f"{name} = {value}"
    if source.layers:
        for row, layer in enumerate(frame.column("layer").to_pylist()):
            if layer not in source.layers:
                reasons_found[row] = f"layer = {layer}"
    return pa.array(reasons_found, pa.string())


def lookup(texts: pa.Array, spellings: dict[str, str]) -> pa.Array:
    """Translate spellings; null where a text is unknown.

    Args:
        texts: words of the records.
        spellings: known spellings as ``names.fold_name`` makes them, and what each means.
    """
    return map_unique(texts, lambda text: spellings.get(fold_name(text)), pa.string())


def refusals(rows: list[dict[str, Any]]) -> pa.Table:
    """Reasons as the frame that ``history.settle`` takes."""
    schema = pa.schema([(n, pa.string()) for n in ("record_id", "reason_code", "field", "value")])
    return pa.Table.from_pylist(rows, schema=schema)
