"""How long snapshots are in force, and what stays the same from one to the next."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import shapely
from control_frames import observation, observations
from hypothesis import given
from hypothesis import strategies as st
from shapely import box

from pipeline.control.areas import Front, Ground, Snapshot, assemble, in_force_ends, merge_spans

DAY = date(2016, 1, 1)
LEFT, RIGHT = shapely.to_wkb(box(38, 35, 39, 36)), shapely.to_wkb(box(39, 35, 40, 36))


def _day(number: int) -> date:
    return DAY + timedelta(days=number)


def test_a_snapshot_is_in_force_until_the_next_or_until_it_is_too_old() -> None:
    ends = in_force_ends([_day(0), _day(10), _day(50)], max_age_days=31, known_until=None)
    assert ends == {_day(0): _day(10), _day(10): _day(42), _day(50): _day(82)}


def test_a_list_of_changes_speaks_until_the_day_up_to_which_it_is_known() -> None:
    ends = in_force_ends([_day(0), _day(50)], max_age_days=31, known_until=_day(60))
    assert ends == {_day(0): _day(50), _day(50): _day(92)}


snapshots = st.lists(
    st.tuples(st.integers(1, 4), st.integers(0, 2), st.sets(st.sampled_from("abc"))), min_size=1, max_size=12
)


@given(steps=snapshots)
def test_merged_spans_hold_on_each_day_what_the_snapshots_hold(
    steps: list[tuple[int, int, set[str]]],
) -> None:
    start = 0
    made = []
    for length, gap, items in steps:
        made.append((_day(start), _day(start + length), [(item, item) for item in sorted(items)]))
        start += length + gap
    spans = merge_spans(made)
    of_spans = Counter(
        (span.start + timedelta(days=i), span.items[0]) for span in spans for i in range((span.end - span.start).days)
    )
    of_snapshots = Counter(
        (day + timedelta(days=i), item)
        for day, end, items in made
        for item, _ in items
        for i in range((end - day).days)
    )
    assert of_spans == of_snapshots
    # As few rows as there can be: no span begins where another of the same thing ends.
    assert not {(span.start, span.items[0]) for span in spans} & {(span.end, span.items[0]) for span in spans}


def _ground(controller: str = "isis", shape: bytes = LEFT, **more: tuple[str, ...]) -> Ground:
    return Ground(controller, (), "polygon", shape, **more)


def test_an_area_stands_over_consecutive_snapshots_and_gathers_their_records_and_notes() -> None:
    build = assemble(
        "syria",
        "commons_map",
        [
            Snapshot(_day(5), _day(10), (_ground(records=("r2",), notes=("mended",)),), ()),
            Snapshot(_day(0), _day(5), (_ground(records=("r1",)),), ()),
        ],
    )
    (row,) = build.areas.to_pylist()
    assert (row["valid_from"], row["valid_to"]) == (_day(0), _day(10))
    assert (row["record_ids"], row["repair"]) == ('["r1", "r2"]', "mended")


def test_a_gap_a_new_holder_or_a_new_shape_breaks_it() -> None:
    build = assemble(
        "syria",
        "commons_map",
        [
            Snapshot(_day(0), _day(5), (_ground(),), (Front("a", "b", LEFT),)),
            Snapshot(_day(6), _day(7), (_ground(),), (Front("a", "b", LEFT),)),
            Snapshot(_day(7), _day(8), (_ground("government"),), (Front("a", "c", LEFT),)),
            Snapshot(_day(8), _day(9), (_ground("government", RIGHT),), ()),
        ],
    )
    spans = [(row["valid_from"], row["valid_to"]) for row in build.areas.to_pylist()]
    assert spans == [(_day(0), _day(5)), (_day(6), _day(7)), (_day(7), _day(8)), (_day(8), _day(9))]
    assert build.fronts.num_rows == 3
    assert len(set(build.areas.column("area_id").to_pylist())) == 4


def test_areas_cover_exactly_the_days_on_which_a_snapshot_is_in_force() -> None:
    build = observations(
        observation("A", 35, 38, "isis", "2015-09-01", "2015-10-01"),
        observation("A", 35, 38, "opposition", "2015-10-01", "2015-11-01"),
        observation("B", 36, 39, "kurdish", "2015-09-15", "2015-12-01"),
    ).build()
    rows = build.areas.to_pylist()
    days = build.snapshots.to_pylist()
    assert [row["in_force_to"] for row in days[:-1]] == [row["snapshot_day"] for row in days[1:]]
    for snapshot in days:
        for day in (snapshot["snapshot_day"], snapshot["in_force_to"] - timedelta(days=1)):
            assert sum(row["valid_from"] <= day < row["valid_to"] for row in rows) == snapshot["areas"]
    assert min(row["valid_from"] for row in rows) == days[0]["snapshot_day"]
    assert max(row["valid_to"] for row in rows) <= days[-1]["in_force_to"]
