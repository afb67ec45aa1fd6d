"""Columns of Arrow as the values that JSON has.

Belongs here: dates and times as ISO 8601 text, decimals with all their digits, bytes as hexadecimal text.
Does not belong here: geometry columns.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa

from pipeline.exact_json import Digits
from pipeline.exports.types import RefusedError


def json_values(column: pa.ChunkedArray | pa.Array) -> list[Any]:
    """A column's values in order, nothing lost: a moment becomes ISO 8601 text, a decimal keeps its digits.

    Raises:
        RefusedError: it holds what Python has no value for, such as a day of the year 300,000 or an unknown zone.
    """
    try:
        return _values(column)
    except (ArithmeticError, ValueError, LookupError) as error:
        text = f"a column of type {column.type} holds a value that cannot be read: {error}"
        raise RefusedError("export_unreadable", text) from error


def _values(column: pa.ChunkedArray | pa.Array) -> list[Any]:
    kind = column.type
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind):
        return list(column.to_pylist())
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        # A text cut to its field's width can end within a character, whose bytes stay visible as escapes.
        wide = pa.large_binary() if pa.types.is_large_string(kind) else pa.binary()
        return [None if text is None else text.decode("utf-8", "backslashreplace") for text in _cast(column, wide)]
    if pa.types.is_timestamp(kind) and kind.unit == "ns":
        # Python's moments end at microseconds.
        return [None if text is None else text.replace(" ", "T", 1) for text in _cast(column, pa.string())]
    if pa.types.is_time64(kind) or pa.types.is_duration(kind):
        return list(_cast(column, pa.string() if pa.types.is_time64(kind) else pa.int64()))
    return [json_value(value) for value in column.to_pylist()]


def _cast(column: pa.ChunkedArray | pa.Array, kind: pa.DataType) -> list[Any]:
    values: list[Any] = column.cast(kind).to_pylist()
    return values


def json_value(value: Any) -> Any:
    """One value, and what it holds."""
    if isinstance(value, (date, datetime, time)):
        return value.isoformat()
    if isinstance(value, Decimal) and value.is_finite():
        return Digits(str(value))
    if isinstance(value, (timedelta, Decimal)):
        return str(value)
    if isinstance(value, bytes):
        return value.hex()
    return _json_items(value)


def _json_items(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [json_value(item) for item in value]
    if isinstance(value, dict):
        return {str(name): json_value(item) for name, item in value.items()}
    return value
