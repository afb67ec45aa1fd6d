"""Circumstances: what reading an export depends on besides its bytes, kept with it as ``raw.exports.read_as``.

Belongs here: the source's dialect, the columns that its mapping can't do without, the cap by which a file was refused;
and whether another reading could come of what they are today. Does not belong here: reading (``reading``), reading it
again (``pipeline.intake``).

Nothing else counts: a cap that refused nothing, or one that was lowered, leaves what was read as it is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pipeline.settings import Settings
from pipeline.theatres import Source
from pipeline.theatres.sources import AXES

# Mapped fields without which no record of a file can be placed in time, in space or in its source.
REQUIRED = frozenset({"date_from", "date_exact", "period_from", "controller", "place", "valid_from", "id"})


def needed_columns(source: Source) -> dict[str, tuple[str, ...]]:
    """Fields that the source can't do without, each with the names of columns of which a file must have one."""
    return {
        field: spec.names
        for field, spec in source.fields.items()
        if field in REQUIRED
        and spec.names
        and not (spec.const or spec.file_name or spec.layer or spec.geometry)
        and f"{field}_file" not in source.fields
    }


def axis_columns(source: Source) -> dict[str, tuple[str, ...]]:
    """Latitude and longitude with their names of columns, of which a file must have both or neither."""
    return {
        name: source.fields[name].names
        for name in AXES
        if name in source.fields and source.fields[name].names and not source.fields[name].geometry
    }


def describe(source: Source, cap: Mapping[str, int]) -> str:
    """What a reading depends on, for ``raw.exports.read_as``.

    Args:
        source: the source.
        cap: name and value of the cap by which the file was refused; empty where it was not.
    """
    return json.dumps({**_of_source(source), "cap": dict(cap)}, ensure_ascii=False, sort_keys=True)


def say_outdated(settings: Settings, source: Source, export: Mapping[str, Any]) -> str:
    """Why an export could be read otherwise today, in words; empty where it could not.

    Args:
        settings: gives the caps.
        source: the source as its theatre file has it today.
        export: row of ``raw.exports``.
    """
    if export["read_as"] is None:
        return ""
    then, now = json.loads(export["read_as"]), _of_source(source)
    why = [
        f"ISW_{name.upper()} was raised from {value:,} to {getattr(settings, name):,}"
        for name, value in then["cap"].items()
        if getattr(settings, name, value) > value
    ]
    if then["dialect"] != now["dialect"]:
        why.append("its source has another dialect")
    if _asks_otherwise(then, now, is_refused=export["problem_code"] is not None):
        why.append("its source's mapping asks for other columns")
    return "; ".join(why)


def _of_source(source: Source) -> dict[str, dict[str, Any]]:
    return {
        "dialect": source.dialect.model_dump(exclude_none=True),
        "columns": {field: sorted(names) for field, names in needed_columns(source).items()},
        "axes": {field: sorted(names) for field, names in axis_columns(source).items()},
    }


def _asks_otherwise(then: Mapping[str, Any], now: Mapping[str, Any], is_refused: bool) -> bool:
    """Whether a mapping asks for other columns; of a file that has been read, for any that it may lack.

    A file that has one of some names has one of them and others too, so a further name has nothing read again but what
    was refused.
    """
    before = then["columns"]
    if then["axes"] != now["axes"]:
        return True
    if is_refused:
        return bool(before != now["columns"])
    return any(field not in before or not set(before[field]) <= set(names) for field, names in now["columns"].items())
