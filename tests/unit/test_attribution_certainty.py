"""How sure an attribution is: by shares, by the margin r, and by what is known of the centre; at each limit."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
import shapely
from squares import EAST, NOVEMBER, SEPTEMBER, WEST, area, ask, control_of, snapshot

from pipeline.attribution import ControlFrames
from pipeline.catalogue import table

# North of the centre lies its own side's nearest place, 10 km away; south of it the other side's.
CENTRE = (36.75, 36.2)
KM = 1 / 111.0


def _place(name: str, controller: str, latitude: float) -> dict[str, Any]:
    return {
        "observation_id": name, "theatre": "syria", "source": "drawn", "record_id": name, "place": name,
        "place_local": None, "province": None, "latitude": latitude, "longitude": CENTRE[0],
        "controller": controller, "parties": "[]", "valid_from": SEPTEMBER, "valid_to": None, "basis": None,
        "citation": None, "note": None,
    }  # fmt: skip


def _control(r: float | None, areas: list[dict[str, Any]]) -> ControlFrames:
    control = control_of(areas, [snapshot(SEPTEMBER, NOVEMBER)])
    if r is None:
        return control
    own, other = _place("own", "opposition", CENTRE[1] + 10 * KM), _place("other", "isis", CENTRE[1] - 10 * KM / r)
    return replace(control, observations=table("core.control_observations").conform([own, other]))


def _certainty(control: ControlFrames, longitude: float = CENTRE[0], radius: float = 1_000.0) -> str:
    return str(ask([(longitude, CENTRE[1])], radius, date(2015, 9, 15), control=control)[0]["certainty"])


@pytest.mark.parametrize(
    ("r", "certainty"),
    [
        (None, "firm"),
        (0.2, "firm"),
        (0.32, "firm"),
        (0.34, "likely"),
        (0.49, "likely"),
        (0.51, "uncertain"),
        (0.9, "uncertain"),
    ],
)
def test_the_margin_decides_where_the_disc_is_of_one_holder(r: float | None, certainty: str) -> None:
    opposition = area("a", "opposition", WEST, SEPTEMBER, NOVEMBER)
    assert _certainty(_control(r, [opposition])) == certainty


@pytest.mark.parametrize(
    ("focus_share", "certainty"),
    [(0.0, "firm"), (0.09, "firm"), (0.11, "uncertain"), (0.89, "uncertain"), (0.91, "firm"), (1.0, "firm")],
)
def test_a_disc_of_both_is_uncertain_between_a_tenth_and_nine_tenths(focus_share: float, certainty: str) -> None:
    opposition = area("a", "opposition", WEST, SEPTEMBER, NOVEMBER)
    control = _control(None, [opposition, area("b", "isis", EAST, SEPTEMBER, NOVEMBER)])
    # The disc is moved over the border at 37° E until ISIS holds the share wanted.
    low, high = 36.9, 37.1
    for _ in range(30):
        middle = (low + high) / 2
        row = ask([(middle, CENTRE[1])], 1_000.0, date(2015, 9, 15), control=control)[0]
        low, high = (middle, high) if row["focus_share"] < focus_share else (low, middle)
    assert row["focus_share"] == pytest.approx(focus_share, abs=0.005)
    assert row["certainty"] == certainty


@pytest.mark.parametrize(
    ("parties", "certainty"),
    [("[]", "uncertain"), ('["isis", "opposition"]', "uncertain"), ('["government", "opposition"]', "firm")],
)
def test_a_contested_centre_is_in_doubt_where_the_focus_may_be_a_party(parties: str, certainty: str) -> None:
    spot = shapely.Point(CENTRE).buffer(0.001)
    areas = [
        area("a", "opposition", shapely.difference(WEST, spot), SEPTEMBER, NOVEMBER),
        area("b", "contested", spot, SEPTEMBER, NOVEMBER, parties),
    ]
    # Contested is a hundredth of the disc: the shares alone would say firm.
    assert _certainty(_control(None, areas)) == certainty


def test_a_centre_that_nobody_is_known_to_hold_is_uncertain() -> None:
    hole = area("a", "opposition", shapely.difference(WEST, shapely.Point(CENTRE).buffer(0.001)), SEPTEMBER, NOVEMBER)
    assert _certainty(_control(None, [hole])) == "uncertain"


def test_more_than_a_tenth_not_known_is_uncertain() -> None:
    half = area("a", "opposition", shapely.box(36.5, 36.0, CENTRE[0] + 0.006, 36.4), SEPTEMBER, NOVEMBER)
    assert _certainty(_control(None, [half])) == "uncertain"
