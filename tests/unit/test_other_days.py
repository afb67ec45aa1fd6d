"""Who held a centre on other days about its window."""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa
import pytest
import shapely
from strike_rows import Row, strike

from pipeline.catalogue import table
from pipeline.other_days import DAYS_ABOUT, attribute_other_days
from pipeline.theatres import theatres

SYRIA = theatres()["syria"]
GROUND = shapely.box(36.5, 36.0, 37.5, 36.6)
# The ground around Aleppo is ISIS's to 9 October, the government's from the 10th, and nobody's known from November on.
FIRST, CHANGE, LAST = date(2015, 9, 1), date(2015, 10, 10), date(2015, 11, 1)


def frames(*strikes: Row) -> dict[str, pa.Table]:
    source = {"theatre": "syria", "source": SYRIA.control.in_force}
    areas = [
        {
            **source, "area_id": controller, "controller": controller, "parties": "[]",
            "valid_from": start, "valid_to": end, "method": "polygon", "repair": None, "record_ids": "[]",
            "geometry": shapely.to_wkb(GROUND),
        }
        for controller, start, end in (("isis", FIRST, CHANGE), ("government", CHANGE, LAST))
    ]  # fmt: skip
    snapshots = [
        {**source, "snapshot_day": start, "in_force_to": end, "areas": 1}
        for start, end in ((FIRST, CHANGE), (CHANGE, LAST))
    ]
    rows: dict[str, list[Row]] = {
        "core.strikes": list(strikes), "core.control_areas": areas, "core.control_snapshots": snapshots,
        "core.control_observations": [], "core.front_lines": [],
    }  # fmt: skip
    return {name: table(name).conform(content) for name, content in rows.items()}


def found(*strikes: Row) -> list[tuple[str, str, int, int]]:
    rows = attribute_other_days(SYRIA, frames(*strikes)).to_pylist()
    return [(row["strike_id"], row["controller"], row["reported_days"], row["days_off"]) for row in rows]


def reported(name: str, first: str, last: str, **given: Any) -> Row:
    days: Row = {"reported_from": date.fromisoformat(first), "reported_to": date.fromisoformat(last)}
    return strike(name, last, **(days | given))


def test_days_of_the_reported_window_are_counted_by_holder() -> None:
    assert found(reported("a", "2015-10-07", "2015-10-12")) == [("a", "government", 3, 0), ("a", "isis", 3, 0)]


def test_a_single_day_without_a_stated_holder_is_not_asked_about() -> None:
    assert found(reported("a", "2015-10-09", "2015-10-09")) == []


@pytest.mark.parametrize(
    ("day", "off"), [("2015-10-03", DAYS_ABOUT), ("2015-10-16", DAYS_ABOUT), ("2015-10-02", None), ("2015-10-17", None)]
)
def test_a_stated_holder_widens_the_question_by_a_week_on_either_side(day: str, off: int | None) -> None:
    held_then = "isis" if day < "2015-10-10" else "government"
    other = "government" if held_then == "isis" else "isis"
    expected = [("a", held_then, 1, 0), *([("a", other, 0, off)] if off else [])]
    assert found(reported("a", day, day, stated_holder="opposition")) == sorted(expected)


def test_days_without_a_snapshot_say_nothing() -> None:
    assert found(reported("a", "2015-10-30", "2015-11-20")) == [("a", "government", 2, 0)]


def test_order_and_company_change_nothing() -> None:
    a, b = (reported(name, "2015-10-07", "2015-10-12") for name in "ab")
    assert found(a, b) == found(b, a) == [*found(a), *found(b)]
