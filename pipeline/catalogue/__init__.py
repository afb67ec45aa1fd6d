"""The catalogue: one description of every table and column.

Belongs here: reading ``tables.yaml`` and turning it into schemas, DDL and comments.
Does not belong here: any data, any rule about values that needs more than one column (see ``pipeline/sql``).
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import yaml
from pydantic import BaseModel, ConfigDict, Field

ColumnType = Literal["text", "integer", "number", "boolean", "date", "timestamp", "json", "geometry"]

ARROW_TYPES: dict[str, pa.DataType] = {
    "text": pa.string(),
    "json": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us", tz="UTC"),
    "geometry": pa.binary(),
}

SQL_TYPES: dict[str, str] = {
    "text": "VARCHAR",
    "json": "VARCHAR",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMP WITH TIME ZONE",
    "geometry": "GEOMETRY",
}


class Column(BaseModel):
    """One column: its type, unit, bounds and meaning."""

    model_config = ConfigDict(extra="forbid")

    name: str = ""
    type: ColumnType
    about: str
    unit: str | None = None
    optional: bool = False
    min: float | None = None
    max: float | None = None
    values: list[str] | None = None
    deprecated: str | None = Field(default=None, description="What to use instead, where the column will be removed")


class Table(BaseModel):
    """One table: its key, its partition columns and its columns in order."""

    model_config = ConfigDict(extra="forbid")

    name: str = ""
    title: str
    about: str
    key: list[str]
    storage: list[str] | None = None
    columns: dict[str, Column] = Field(default_factory=dict)

    @property
    def schema_name(self) -> str:
        """The DuckDB schema (``raw``, ``core`` or ``marts``)."""
        return self.name.split(".")[0]

    @property
    def short_name(self) -> str:
        """The table's name without its schema."""
        return self.name.split(".")[1]

    @property
    def is_released(self) -> bool:
        """False for working tables, which no release holds."""
        return self.schema_name != "work"

    @property
    def geometry(self) -> str | None:
        """Name of the geometry column, if the table has one."""
        return next((c.name for c in self.columns.values() if c.type == "geometry"), None)

    @property
    def arrow_schema(self) -> pa.Schema:
        """Arrow schema with the columns in the catalogue's order; geometry is WKB."""
        return pa.schema([pa.field(c.name, ARROW_TYPES[c.type], nullable=c.optional) for c in self.columns.values()])

    def conform(self, frame: Any) -> pa.Table:
        """Cast a pandas frame, list of dicts or Arrow table to this table's columns, order and types.

        Raises:
            KeyError: a column of the catalogue is missing from the frame.
            ValueError: a required column holds nulls.
        """
        if isinstance(frame, list):
            frame = pa.Table.from_pylist(frame, schema=self.arrow_schema) if frame else self.empty()
        elif not isinstance(frame, pa.Table):
            frame = pa.Table.from_pandas(frame, preserve_index=False)
        missing = [name for name in self.columns if name not in frame.column_names]
        if missing:
            raise KeyError(f"{self.name} lacks the columns {missing}")
        table = frame.select(list(self.columns)).cast(pa.schema([pa.field(f.name, f.type) for f in self.arrow_schema]))
        for column in self.columns.values():
            if not column.optional and table.column(column.name).null_count:
                raise ValueError(f"{self.name}.{column.name} is required but holds nulls")
        return table.cast(self.arrow_schema)

    def empty(self) -> pa.Table:
        """A table with no rows and this schema."""
        return self.arrow_schema.empty_table()


@cache
def tables() -> dict[str, Table]:
    """All tables of the catalogue, by full name, in the file's order."""
    raw = yaml.safe_load((Path(__file__).parent / "tables.yaml").read_text(encoding="utf-8"))
    result = {}
    for name, body in raw.items():
        if "like" in body:
            model = raw[body.pop("like")]
            model_parts = {"key": model["key"], "columns": model["columns"]}
        else:
            model_parts = {}
        table = Table(name=name, **(model_parts | body))
        for column_name, column in table.columns.items():
            column.name = column_name
        result[name] = table
    return result


def table(name: str) -> Table:
    """The table of this full name (``core.strikes``)."""
    return tables()[name]
