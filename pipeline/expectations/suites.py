"""What is expected of each table, as plain data.

Belongs here: turning the catalogue and ``contracts.yaml`` into a list of expectations a table.
Does not belong here: Great Expectations itself (``checking``), rules that refuse a single record
(``pipeline/sql``).
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field

from pipeline.catalogue import Column, table, tables

CONTRACTS = Path(__file__).parent / "contracts.yaml"
# A nullable integer comes to pandas as float64. Text and json are told apart by nothing that pandas keeps,
# and a nullable boolean is an object: conform() has settled their types.
PANDAS_TYPES: dict[str, list[str]] = {
    "integer": ["int64", "float64"],
    "number": ["float64"],
    "boolean": ["bool"],
    "date": ["datetime64[ms]"],
}


class Expected(BaseModel):
    """One expectation: the class of Great Expectations that tests it, its arguments, and what it means.

    ``derive`` is the formula of a column that is computed before the expectation looks at it.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    about: str
    arguments: dict[str, Any] = Field(default_factory=dict)
    derive: str | None = None

    @property
    def column(self) -> str | None:
        """The column or columns that it is about; None where it is about the table."""
        given = self.arguments
        pair = [given[name] for name in ("column_A", "column_B") if name in given]
        several = given.get("column_list", []) if self.name == "ExpectCompoundColumnsToBeUnique" else pair
        return self.derive or given.get("column") or ", ".join(several) or None


@cache
def contracts() -> dict[str, tuple[Expected, ...]]:
    """The contracts of ``contracts.yaml``, by table.

    Raises:
        ValueError: a contract is for a table that the catalogue lacks.
    """
    raw: dict[str, list[dict[str, Any]]] = yaml.safe_load(CONTRACTS.read_text(encoding="utf-8"))
    strangers = sorted(set(raw) - set(tables()))
    if strangers:
        raise ValueError(f"{CONTRACTS.name} has contracts for tables that the catalogue lacks: {strangers}")
    return {name: tuple(_contract(body) for body in bodies) for name, bodies in raw.items()}


def _contract(body: dict[str, Any]) -> Expected:
    given = dict(body)
    name, about, derive = given.pop("expect"), given.pop("about"), given.pop("derive", None)
    return Expected(
        name=name, about=about, derive=derive, arguments={**given, **({"column": derive} if derive else {})}
    )


def suite(table_name: str) -> tuple[Expected, ...]:
    """Everything expected of a table, in a fixed order: itself, its columns in order, key, contracts.

    Geometry is left out: its validity is tested where shapes are made, and bytes say nothing here.

    Raises:
        KeyError: the catalogue has no such table.
    """
    spec = table(table_name)
    plain = [column for column in spec.columns.values() if column.type != "geometry"]
    return (
        Expected(
            name="ExpectTableColumnsToMatchOrderedList",
            about="The columns are those of the catalogue, in its order",
            arguments={"column_list": [column.name for column in plain]},
        ),
        Expected(name="ExpectTableRowCountToBeBetween", about="The volume of the batch", arguments={"min_value": 0}),
        *(expected for column in plain for expected in _of_column(column)),
        _of_key(spec.key),
        *contracts().get(table_name, ()),
    )


def _of_key(key: list[str]) -> Expected:
    if len(key) == 1:
        return Expected(name="ExpectColumnValuesToBeUnique", about="The key is unique", arguments={"column": key[0]})
    return Expected(name="ExpectCompoundColumnsToBeUnique", about="The key is unique", arguments={"column_list": key})


def _of_column(column: Column) -> list[Expected]:
    found = []
    if column.type in PANDAS_TYPES and not (column.optional and column.type == "boolean"):
        found.append(
            Expected(
                name="ExpectColumnValuesToBeInTypeList",
                about=f"The column is {column.type}",
                arguments={"column": column.name, "type_list": PANDAS_TYPES[column.type]},
            )
        )
    if not column.optional:
        found.append(
            Expected(
                name="ExpectColumnValuesToNotBeNull",
                about="The column is required",
                arguments={"column": column.name},
            )
        )
    if column.min is not None or column.max is not None:
        found.append(
            Expected(
                name="ExpectColumnValuesToBeBetween",
                about="The value is within its bounds",
                arguments={"column": column.name, "min_value": column.min, "max_value": column.max},
            )
        )
    if column.values:
        found.append(
            Expected(
                name="ExpectColumnValuesToBeInSet",
                about="The value is one of those allowed",
                arguments={"column": column.name, "value_set": column.values},
            )
        )
    return found
