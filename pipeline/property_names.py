"""Names of a record's properties: those that the readers add, and all others made unique beside them.

Belongs here: the reserved names and telling properties of one name apart. Does not belong here: what a property means.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

# Names that the readers add. A property of the source that has one of these names gets a suffix.
PROBLEM = "_problem"
PROBLEM_TEXT = "_problem_text"
EXTRA = "_extra"
SOURCE_TEXT = "_text"
GEOMETRY_TEXT = "_geometry_text"
FORMULAS = "_formulas"
RESERVED = frozenset({PROBLEM, PROBLEM_TEXT, EXTRA, SOURCE_TEXT, GEOMETRY_TEXT, FORMULAS})


def unique_names(names: Sequence[str]) -> list[str]:
    """Names with ``_2``, ``_3``… where one repeats or is reserved; an empty one becomes ``column_<place>``.

    >>> unique_names(["name", "name", "", "_extra"])
    ['name', 'name_2', 'column_3', '_extra_2']
    """
    named = [name or f"column_{position}" for position, name in enumerate(names, start=1)]
    taken = set(named) | RESERVED
    result: list[str] = []
    given: set[str] = set(RESERVED)
    counts: dict[str, int] = {}  # where the search for a free number goes on, so that many repeats take no time
    for name in named:
        unique, count = name, counts.get(name, 1)
        while unique in given or (count > 1 and unique in taken):
            count += 1
            unique = f"{name}_{count}"
        counts[name] = count
        given.add(unique)
        result.append(unique)
    return result


def name_properties(properties: dict[str, Any], members: dict[str, Any]) -> dict[str, Any]:
    """Properties, then a feature's other members (``id`` becomes ``_id``), under names of their own."""
    if not members and _are_plain(tuple(properties)):
        return properties
    names = unique_names([*properties, *(f"_{name}" for name in members)])
    return dict(zip(names, [*properties.values(), *members.values()], strict=True))


@lru_cache(maxsize=64)
def _are_plain(names: tuple[str, ...]) -> bool:
    """Whether no name is empty or could be one that a reader adds. Records of a file mostly have the same names."""
    return "" not in names and not any(name.startswith("_") for name in names)
