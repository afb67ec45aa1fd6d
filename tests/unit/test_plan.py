"""What would be made is told before it is, with the reason, by step and month."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import plan, running
from pipeline.plan import pieces, plan_theatre
from pipeline.settings import Settings
from pipeline.theatres import theatres
from pipeline.work import Verdict, Work

SYRIA = theatres()["syria"]
MONTHS = SYRIA.months()


def _planned(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, stale: list[tuple[str, str, str]], months: list[str] | None
) -> list[str]:
    verdicts = [Verdict(step, "syria", part, (why,)) for step, part, why in stale]
    monkeypatch.setattr(plan, "stale_parts", lambda *_: verdicts)
    return plan_theatre(Work(settings), SYRIA, months)


def test_nothing_stale_is_nothing_to_do(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _planned(settings, monkeypatch, [], None) == []


def test_an_override_tells_what_it_makes_stale(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    stale = [("mapped_strikes", "isw_reports", "overrides of isw_reports changed")]
    assert _planned(settings, monkeypatch, stale, None) == [
        "syria: mapped_strikes isw_reports: overrides of isw_reports changed",
        "syria: then strikes, attribution, tables, release, wherever mapped_strikes come out otherwise",
    ]


def test_neighbouring_months_share_a_reason(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    stale = [
        ("strikes", month, f"strikes of airwars in {month} changed") for month in ("2015-10", "2015-11", "2016-01")
    ]
    assert _planned(settings, monkeypatch, stale, None)[:2] == [
        "syria: strikes 2015-10 to 2015-11 (2 months): strikes of airwars changed",
        "syria: strikes 2016-01: strikes of airwars changed",
    ]


def test_months_outside_the_range_are_told_as_what_keeps_a_release(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    stale = [("attribution", month, "code changed") for month in MONTHS]
    assert _planned(settings, monkeypatch, stale, MONTHS[2:4]) == [
        f"syria: attribution {MONTHS[2]} to {MONTHS[3]} (2 months): code changed",
        "syria: then tables, release, wherever attribution come out otherwise",
        f"syria: no release, as months outside the range are stale too: {MONTHS[0]} to {MONTHS[1]} (2 months), "
        f"{MONTHS[4]} to {MONTHS[-1]} ({len(MONTHS) - 4} months)",
    ]


def test_force_makes_every_part_in_reach_and_keeps_the_reasons_of_the_stale(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    stale = [Verdict("tables", "syria", "all", ("code changed",)), Verdict("strikes", "syria", MONTHS[5], ("new",))]
    monkeypatch.setattr(plan, "stale_parts", lambda *_: stale)
    told = plan_theatre(Work(settings), SYRIA, MONTHS[2:4], force=True)
    assert "syria: mapped_strikes airwars: asked for by --force" in told
    assert f"syria: strikes {MONTHS[2]} to {MONTHS[3]} (2 months): asked for by --force" in told
    assert "syria: tables all: code changed" in told
    assert told[-1] == f"syria: no release, as months outside the range are stale too: {MONTHS[5]}"
    assert len([line for line in told if line.startswith("syria: strikes")]) == 1


def test_a_theatre_of_which_nothing_was_received_is_not_called_fresh(settings: Settings) -> None:
    told = ["nothing was received for ukraine"]
    assert running.plan_months(settings, "ukraine", ("2022-03", "2022-04")) == told
    assert running.plan(settings, ["ukraine"], showcase=False) == told


@pytest.mark.parametrize(
    ("months", "said"),
    [
        ((MONTHS[0], MONTHS[-1]), None),
        (("2012-12", "2015-10"), f"has only {MONTHS[0]} to 2015-10"),
        (("2016-01", "2030-01"), f"has only 2016-01 to {MONTHS[-1]}"),
    ],
)
def test_a_range_that_reaches_beyond_the_theatre_is_told_to(months: tuple[str, str], said: str | None) -> None:
    told = running.say_clipped("syria", months)
    assert told is None if said is None else said in str(told)


@given(first=st.integers(0, len(MONTHS) - 1), length=st.integers(1, len(MONTHS)), count=st.integers(1, 20))
def test_pieces_hold_each_month_once_in_order(first: int, length: int, count: int) -> None:
    chosen = MONTHS[first : first + length]
    found = pieces(chosen, count)
    assert len(found) == min(count, len(chosen))
    held = [month for start, end in found for month in MONTHS[MONTHS.index(start) : MONTHS.index(end) + 1]]
    assert held == chosen
