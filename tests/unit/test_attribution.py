"""Who held the ground: days, snapshots, borders and averages, on a map of which every answer is known."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import permutations

import pyarrow as pa
import pytest
from squares import EAST, NOVEMBER, OCTOBER, SEPTEMBER, SYRIA, area, ask, control_of, snapshot

from pipeline.attribution import attribute
from pipeline.work import Work


def test_the_plain_cases() -> None:
    west, east, disputed, beyond = ask([(36.7, 36.2), (37.2, 36.2), (36.7, 36.5), (39.0, 35.0)])
    assert (west["controller"], west["status"]) == ("opposition", "held")
    assert (east["controller"], east["focus_share"]) == ("isis", 1)
    assert (disputed["controller"], disputed["status"], disputed["parties"]) == (
        "contested",
        "contested",
        '["isis", "opposition"]',
    )
    assert (disputed["unknown_share"], beyond["unknown_share"]) == (1, 1)
    assert (beyond["controller"], beyond["status"]) == ("unknown", "gap")


def test_the_snapshot_in_force_is_the_latest_on_or_before_the_day() -> None:
    last_day, first_day = (ask([(37.2, 36.2)], start=day)[0] for day in (OCTOBER - timedelta(1), OCTOBER))
    assert (last_day["controller"], last_day["snapshot_age_days"]) == ("isis", 29)
    assert (first_day["controller"], first_day["snapshot_age_days"]) == ("government", 0)


@pytest.mark.parametrize("day", [SEPTEMBER - timedelta(1), NOVEMBER, date(2016, 8, 9)])
def test_no_snapshot_before_the_first_or_past_the_last(day: date) -> None:
    found = ask([(37.2, 36.2)], start=day)[0]
    assert (found["status"], found["controller"], found["unknown_share"]) == ("no_snapshot", "unknown", 1)


def test_a_later_map_is_never_used() -> None:
    later = control_of(
        [area("z", "government", EAST, date(2016, 8, 9), date(2016, 9, 9))],
        [snapshot(date(2016, 8, 9), date(2016, 9, 9))],
    )
    assert ask([(37.2, 36.2)], start=date(2016, 3, 1), control=later)[0]["status"] == "no_snapshot"


def test_shares_are_averaged_over_the_days_of_the_window() -> None:
    found = ask([(37.2, 36.2)], start=OCTOBER - timedelta(1), end=OCTOBER + timedelta(2))[0]
    assert (found["focus_share"], found["other_share"], found["focus_at_point"]) == (0.25, 0.75, 0.25)
    assert (found["controller"], found["window_days"]) == ("government", 4)
    half_known = ask([(37.2, 36.2)], start=NOVEMBER - timedelta(1), end=NOVEMBER)[0]
    assert (half_known["unknown_share"], half_known["days_without_snapshot"]) == (0.5, 1)


def test_a_point_on_a_shared_border_belongs_to_the_first_in_the_theatres_order_of_priority() -> None:
    assert SYRIA.controllers["isis"].priority < SYRIA.controllers["opposition"].priority
    assert ask([(37.0, 36.2)])[0]["controller"] == "isis"
    assert ask([(37.0, 36.2)], start=OCTOBER)[0]["controller"] == "opposition"


@pytest.mark.parametrize("pair", list(permutations(["kurdish", "isis", "nusra", "opposition", "government"], 2)))
def test_a_tie_of_all_else_is_settled_by_name(pair: tuple[str, str]) -> None:
    equal = {name: c.model_copy(update={"priority": 1}) for name, c in SYRIA.controllers.items()}
    areas = [area("a1", pair[0], EAST, SEPTEMBER, OCTOBER), area("a2", pair[1], EAST, OCTOBER, NOVEMBER)]
    probes = pa.table(
        {
            "strike_id": ["a"], "longitude": [37.2], "latitude": [36.2], "radius_m": [0.0],
            "date_from": [OCTOBER - timedelta(1)], "date_to": [OCTOBER],
        }
    )  # fmt: skip
    found = attribute(SYRIA.model_copy(update={"controllers": equal}), probes, control_of(areas)).to_pylist()[0]
    assert found["controller"] == max(pair)


def test_every_strike_of_the_showcase_has_exactly_one_attribution(showcase: Work) -> None:
    strikes = showcase.lake.read("core.strikes").column("strike_id").to_pylist()
    attributed = showcase.lake.read("core.attribution").column("strike_id").to_pylist()
    assert sorted(strikes) == sorted(attributed)
    assert len(set(strikes)) == len(strikes)
