"""The sensitivity tornado: how far each choice of method moves the finding.

Belongs here: drawing marts.sensitivity. Does not belong here: making the choices (``pipeline.variants``).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipeline.pictures.canvas import Words, draw, said
from pipeline.pictures.looks import FAINT, INK, SOFT
from pipeline.pictures.scene import Row, Scene
from pipeline.tables.sentences import count_of, percent, span

MOST = 15
LEFT, RIGHT = 0.45, 0.93
# Inches: above and below the bars, and for each.
TOP, BOTTOM, BAR = 0.94, 0.80, 0.225
STANDS, FALLS = "#5b7fa6", "#c8702a"


def draw_sensitivity(scene: Scene, folder: Path) -> list[Path]:
    """Draw ``sensitivity``: what moves the finding most, about the baseline; none where there is no share."""
    window = {"source": scene.theatre.main_source, "window": scene.theatre.main_window}
    rows = scene.rows("marts.sensitivity", **window)
    baseline = next((row for row in rows if row["choice_no"] == 0), None)
    ranked = sorted(
        (row for row in rows if row["change_rank"] is not None), key=lambda r: (r["change_rank"], r["choice_no"])
    )
    if baseline is None or baseline["not_focus_expected"] is None or not ranked:
        return []
    unranked = [row for row in rows if row["change_rank"] is None and row["choice_no"] != 0]
    shown = ranked[:MOST]
    height = TOP + BOTTOM + BAR * len(shown)
    words = _words(scene, baseline, ranked, unranked)
    return draw(folder, "sensitivity", words, height, lambda figure: _compose(figure, scene, baseline, shown, height))


def _words(scene: Scene, baseline: Row, ranked: list[Row], unranked: list[Row]) -> Words:
    stands = [row for row in ranked if row["finding_stands"]]
    title = f"The finding stands under {len(stands)} of {len(ranked)} other choices of method that can be told"
    secure = sum(bool(row["is_secure"]) for row in ranked)
    falls = [_name(row) for row in ranked if not row["finding_stands"]]
    deck = (
        f"That most of {count_of(baseline['n'], scene.noun)} ({said(scene.first_day)} – {said(scene.last_day)}) lay "
        f"outside {scene.focus}-held ground: {percent(baseline['not_focus_expected'], 1)} as published, "
        f"{span(baseline['not_focus_lower_t10'], baseline['not_focus_upper_t10'])} given the control map. "
        f"The lower bound too is above one half under {secure} of {len(ranked)}."
        + (f" It falls with {'; '.join(falls)}." if falls else "")
    )
    left_out = f"The other {len(ranked) - MOST} move it less. " if len(ranked) > MOST else ""
    silent = f"Not ranked, as too few are left or most ground is unknown: {'; '.join(map(_name, unranked))}. "
    note = (
        "One thing is changed at a time. Bar: from the published share to the share under the choice; thin line: its "
        f"bounds given the map of that choice. {left_out}{silent if unranked else ''}"
    )
    return Words(title, deck, note.strip(), scene.credits)


def _name(row: Row) -> str:
    return f"{row['about'][0].lower()}{row['about'][1:]} ({row['n']:,})"


def _compose(figure: Any, scene: Scene, baseline: Row, shown: list[Row], height: float) -> None:
    axes = figure.add_axes((LEFT, BOTTOM / height, RIGHT - LEFT, BAR * len(shown) / height))
    at = baseline["not_focus_expected"]
    axes.set(xlim=(0, 1), ylim=(len(shown) - 0.4, -0.6), yticks=[], xticks=[0, 0.25, 0.5, 0.75, 1])
    axes.set_xticklabels(["0%", "25%", "half", "75%", "100%"])
    axes.spines["left"].set_visible(False)
    axes.axvline(0.5, color=FAINT, linewidth=0.7)
    axes.axvline(at, color=INK, linewidth=0.9)
    axes.set_xlabel(f"Outside {scene.focus}-held ground")
    heading = {"textcoords": "offset points", "va": "bottom", "fontsize": 6.4, "annotation_clip": False}
    axes.annotate(f"As published {percent(at, 1)}", (at, -0.6), (0, 3), ha="center", fontweight="bold", **heading)
    axes.annotate("Points", (1, -0.6), (36, 3), ha="right", color=SOFT, **heading)
    for number, row in enumerate(shown):
        share, stands = row["not_focus_expected"], row["finding_stands"]
        look = {"color": STANDS} if stands else {"color": FALLS, "hatch": "////", "edgecolor": "white"}
        axes.barh(number, share - at, left=at, height=0.62, zorder=3, **look)
        bounds = [row["not_focus_lower_t10"], row["not_focus_upper_t10"]]
        axes.plot(bounds, [number, number], color=INK, linewidth=0.8, zorder=4)
        axes.plot(share, number, marker="o", markersize=3.2, color=INK, markeredgecolor="white", zorder=5)
        place = {"textcoords": "offset points", "ha": "right", "va": "center", "annotation_clip": False}
        axes.annotate(f"{row['about']} ({row['n']:,})", (0, number), (-6, 0), fontsize=5.8, **place)
        change = f"{100 * row['change']:+.1f}".replace("-", "−").replace("+0.0", "0.0").replace("−0.0", "0.0")
        axes.annotate(change, (1, number), (36, 0), fontsize=6.4, **place)
