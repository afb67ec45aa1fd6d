"""The timeline: when the locations were reported, stacked by who held the ground, above the months' shares.

Belongs here: counting what is drawn into weeks, and drawing it. Does not belong here: a share (``marts.headline``).
"""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

from pipeline.pictures.canvas import Words, draw, said
from pipeline.pictures.looks import FAINT, INK, SOFT, bar_look, halo, label_of, order_of
from pipeline.pictures.scene import Scene
from pipeline.tables.measures import FEWEST
from pipeline.tables.sentences import count_of, percent, span, window_title

HEIGHT_INCHES = 4.6
WEEKS = (0.055, 0.445, 0.925, 0.33)
MONTHS = (0.055, 0.125, 0.925, 0.21)
DAYS_A_BAR = 7


def draw_timeline(scene: Scene, folder: Path) -> list[Path]:
    """Draw ``timeline``: locations by week and holder, with the events, and each month's share with its bounds."""
    return draw(folder, "timeline", _words(scene), HEIGHT_INCHES, lambda figure: _compose(figure, scene))


def weekly_counts(scene: Scene) -> dict[str, list[int]]:
    """Locations by who held the centre and by week: of each the first day, in weeks from the window's first."""
    weeks = (scene.last_day - scene.first_day).days // DAYS_A_BAR + 1
    counted = Counter(
        (strike["controller"], (strike["date_from"] - scene.first_day).days // DAYS_A_BAR)
        for strike in scene.strikes(scene.first_day, scene.last_day)
    )
    present = {controller for controller, _ in counted}
    return {name: [counted[name, week] for week in range(weeks)] for name in order_of(scene.theatre) if name in present}


def _words(scene: Scene) -> Words:
    n = count_of(scene.headline["n"], scene.noun)
    months = {window_title(scene.theatre, row["window"]): row for row in scene.months()}
    told = {name: row for name, row in months.items() if row["not_focus_expected"] is not None}
    ordered = sorted(told, key=lambda name: float(told[name]["not_focus_expected"]))
    title = f"{n} from {said(scene.first_day)} to {said(scene.last_day)}"
    # Two months differ where their bounds leave no room for one share.
    if ordered and told[ordered[0]]["not_focus_upper_t10"] < told[ordered[-1]]["not_focus_lower_t10"]:
        apart = [name for name in months if name in (ordered[0], ordered[-1])]
        said_of = " but ".join(f"{percent(told[name]['not_focus_expected'])} in {name}" for name in apart)
        title = f"{said_of} lay outside {scene.focus}-held ground"
    most = max(months, key=lambda name: int(months[name]["n"]))
    deck = (
        f"{scene.theatre.sources[scene.theatre.main_source].title}: {n}, {said(scene.first_day)} – "
        f"{said(scene.last_day)}, by who held the centre. {most} counts most, {months[most]['n']:,}; the total hides "
        "the months."
    )
    note = (
        f"Each {scene.noun} counts once, in the {DAYS_A_BAR} days in which its effective window begins. Months are "
        "whole months; one that reaches over a month's end counts in both. Grey bar: more than a tenth of a disc in "
        f"doubt, counted against and then for. No share under {FEWEST}, only the count."
    )
    return Words(title, deck, note, scene.credits)


def _compose(figure: Any, scene: Scene) -> None:
    from matplotlib.ticker import MaxNLocator  # noqa: PLC0415 - loaded only for a picture

    weeks, months = figure.add_axes(WEEKS), figure.add_axes(MONTHS)
    firsts = [day for month in scene.theatre.months() if (day := date.fromisoformat(f"{month}-01")) > scene.first_day]
    firsts = [day for day in firsts if day <= scene.last_day]
    for axes in (weeks, months):
        axes.set_xlim(0, _place(scene, scene.last_day) + 1)
        axes.set_xticks([_place(scene, day) for day in firsts], [f"{day.day} {day:%b %Y}" for day in firsts])
    counts = weekly_counts(scene)
    bottom = [0] * max(len(row) for row in counts.values())
    left = [DAYS_A_BAR * week for week in range(len(bottom))]
    for name, row in counts.items():
        look = bar_look(scene.theatre, name)
        weeks.bar(left, row, DAYS_A_BAR, bottom, align="edge", label=label_of(scene.theatre, name), **look)
        bottom = [below + count for below, count in zip(bottom, row, strict=True)]
    weeks.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    weeks.set_ylabel(f"Each {DAYS_A_BAR} days")
    weeks.set_ylim(0, max(bottom) * 1.12)
    _mark_events(weeks, scene)
    weeks.legend(loc="upper right", frameon=False, fontsize=6.0, ncols=len(counts), bbox_to_anchor=(1.0, 1.17))
    _draw_months(months, scene)


def _place(scene: Scene, day: date) -> int:
    return (day - scene.first_day).days


def _mark_events(axes: Any, scene: Scene) -> None:
    for event in scene.theatre.events:
        if scene.first_day <= event.day <= scene.last_day:
            at = _place(scene, event.day)
            axes.axvline(at, color=INK, linewidth=0.7, linestyle=(0, (3, 2)))
            side, shift = ("right", -3) if at > _place(scene, scene.last_day) / 2 else ("left", 3)
            place = {"xycoords": ("data", "axes fraction"), "textcoords": "offset points", "ha": side, "va": "top"}
            axes.annotate(event.title, (at, 0.99), (shift, 0), fontsize=5.8, **place, **halo(2.0))


def _draw_months(axes: Any, scene: Scene) -> None:
    axes.set(ylim=(0, 1), yticks=[0, 0.5, 1], yticklabels=["0%", "half", "100%"], xticklabels=[])
    axes.set_title(
        f"Outside {scene.focus}-held ground, by month, with bounds and count",
        fontsize=7.2,
        fontweight="bold",
        loc="left",
        pad=5,
    )
    axes.axhline(0.5, color=FAINT, linewidth=0.6)
    for row in scene.months():
        first = max(0, _place(scene, row["window_from"]))
        last = min(_place(scene, row["window_to"]), _place(scene, scene.last_day)) + 1
        middle, share = (first + last) / 2, row["not_focus_expected"]
        side = {"ha": "left" if first == 0 else "center", "x": 1 if first == 0 else middle}
        axes.text(y=0.05, s=f"{row['n']:,}", va="bottom", color=SOFT, fontsize=6.2, **side)
        if share is None:
            continue
        bounds = row["not_focus_lower_t10"], row["not_focus_upper_t10"]
        axes.plot([middle, middle], bounds, color=INK, linewidth=7.0, alpha=0.35, solid_capstyle="butt")
        axes.plot(middle, share, marker="o", markersize=4.5, color=INK, markeredgecolor="white")
        above = share < 0.5
        place = {"textcoords": "offset points", "va": "bottom" if above else "top", "fontsize": 6.2}
        at, up = (side["x"], bounds[1] if above else bounds[0]), 4 if above else -4
        axes.annotate(f"{percent(share)}\n{span(*bounds)}", at, (0, up), ha=side["ha"], **place, **halo(2.0))
