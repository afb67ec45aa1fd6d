"""The table contract: what may change under which version."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from pipeline.catalogue.contract import describe, find_breaches

SETTLED: dict[str, Any] = {
    "version": "1.2",
    "tables": {
        "core.a": {
            "key": ["x"],
            "columns": {
                "x": {"type": "text"},
                "y": {"type": "number", "unit": "metres"},
                "old": {"type": "text", "deprecated": "use x"},
            },
        }
    },
}


def changed(version: str, **columns: dict[str, Any] | None) -> dict[str, Any]:
    now = copy.deepcopy(SETTLED) | {"version": version}
    for name, column in columns.items():
        now["tables"]["core.a"]["columns"].pop(name, None)
        if column is not None:
            now["tables"]["core.a"]["columns"][name] = column
    return now


def test_the_catalogue_keeps_the_settled_contract() -> None:
    assert find_breaches() == []
    assert find_breaches(describe(), describe()) == []


@pytest.mark.parametrize(
    ("now", "told"),
    [
        (changed("1.2", z={"type": "text"}), ["core.a.z was added: that is version 1.3"]),
        (changed("1.3", z={"type": "text"}), []),
        (changed("1.3", y={"type": "text", "unit": "metres"}), ["another type: that is version 2.0"]),
        (changed("1.3", y={"type": "number", "unit": "feet"}), ["another unit: that is version 2.0"]),
        (changed("1.3", x={"type": "text", "optional": True}), ["may be null: that is version 2.0"]),
        (changed("1.2", x={"type": "text", "deprecated": "use y"}), []),
        (changed("2.0", y={"type": "text"}), []),
        (changed("1.3", old=None), ["core.a.old was removed: that is version 2.0"]),
        (changed("2.0", old=None), []),
        (changed("2.0", y=None), ["y was removed without having been deprecated in 1.2"]),
        ({"version": "2.0", "tables": {}}, ["core.a.x was removed without", "core.a.y was removed without"]),
    ],
)
def test_what_a_change_asks_of_the_version(now: dict[str, Any], told: list[str]) -> None:
    found = find_breaches(SETTLED, now)
    assert len(found) == len(told)
    assert all(part in breach for part, breach in zip(told, found, strict=True))


def test_another_key_is_a_major_change() -> None:
    now = copy.deepcopy(SETTLED) | {"version": "1.3"}
    now["tables"]["core.a"]["key"] = ["x", "y"]
    assert find_breaches(SETTLED, now) == ["the key of core.a changed: that is version 2.0, not 1.3"]
