"""The claims: who was said to be the target, against who held the place.

Belongs here: drawing marts.claims_vs_control. Does not belong here: counting.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pipeline.pictures.canvas import Words, draw
from pipeline.pictures.looks import INK, SOFT, bar_look, halo, is_dark, label_of, order_of
from pipeline.pictures.scene import Row, Scene
from pipeline.tables.sentences import group_label
from pipeline.theatres import Theatre

LEFT, RIGHT = 0.27, 0.97
# Inches: above and below the bars, and for each.
TOP, BOTTOM, BAR = 1.08, 0.46, 0.46


def draw_claims(scene: Scene, folder: Path) -> list[Path]:
    """Draw ``claims``: claims of the main window that name a locatable place, by who held it; none without any."""
    found = [row for row in scene.rows("marts.claims_vs_control", window=scene.theatre.main_window) if row["n"]]
    rows = sorted(found, key=lambda row: (row["elsewhere"] is None, -row["n"], row["source"]))
    if not rows:
        return []
    height = TOP + BOTTOM + BAR * len(rows)
    return draw(folder, "claims", _words(scene, rows), height, lambda figure: _compose(figure, scene, rows, height))


def _words(scene: Scene, rows: list[Row]) -> Words:
    theatre, row = scene.theatre, rows[0]
    if row["elsewhere"] is None:
        title = f"None of the {sum(row['n'] for row in rows):,} claims at a known place names anyone as the target"
    else:
        claimed = label_of(theatre, row["claimed_controller"])
        held = group_label(theatre, _group(theatre, row["claimed_controller"]))
        title = (
            f"{row['elsewhere']:,} of {row['n']:,} claims naming {claimed} as the target lay outside {held}-held ground"
        )
    note = (
        "Of the claims we hold, never of all claims made. The unit is the claim as listed, at a place that can be "
        "located. Left of the black line: places whose centre the named target's side held. Sources are not pooled."
    )
    claiming = dict.fromkeys(theatre.sources[row["source"]].credit for row in rows)
    control = theatre.sources[scene.headline["control_source"]].credit
    credits = f"Sources. Claims: {'; '.join(claiming)}. Control: {control}."
    return Words(title, row["sentence"], note, credits)


def _group(theatre: Theatre, controller: str) -> str:
    return next((group for group, members in theatre.groups.items() if controller in members), controller)


def _compose(figure: Any, scene: Scene, rows: list[Row], height: float) -> None:
    from matplotlib.patches import Patch  # noqa: PLC0415 - loaded only for a picture

    theatre = scene.theatre
    axes = figure.add_axes((LEFT, BOTTOM / height, RIGHT - LEFT, BAR * len(rows) / height))
    axes.set(xlim=(0, max(row["n"] for row in rows)), ylim=(len(rows) - 0.5, -0.5), yticks=[])
    axes.set_axis_off()
    seen: set[str] = set()
    for number, row in enumerate(rows):
        holders = json.loads(row["holders"])
        seen |= set(holders)
        _draw_bar(axes, theatre, number, row, holders)
        claimed = label_of(theatre, row["claimed_controller"])
        named = "No one in particular" if row["elsewhere"] is None else f"Named as target: {claimed}"
        source = theatre.sources[row["source"]].publisher
        wide = row["claims"] - row["n"]
        about = f"{source}\n{row['n']:,} at a known place" + (f", {wide:,} more of a whole province" if wide else "")
        place = {"textcoords": "offset points", "ha": "right", "annotation_clip": False}
        axes.annotate(named, (0, number), (-8, 1), va="bottom", fontsize=6.8, fontweight="bold", **place)
        axes.annotate(about, (0, number), (-8, 0), va="top", fontsize=5.2, linespacing=1.3, color=SOFT, **place)
    shown = [name for name in order_of(theatre) if name in seen]
    figure.legend(
        handles=[Patch(**bar_look(theatre, name)) for name in shown],
        labels=[label_of(theatre, name) for name in shown],
        title="Who held the place",
        title_fontproperties={"size": 6.4, "weight": "bold"},
        alignment="left",
        loc="lower left",
        bbox_to_anchor=(LEFT - 0.006, (height - TOP + 0.02) / height),
        ncols=len(shown),
        frameon=False,
        fontsize=6.0,
        borderaxespad=0.2,
    )


def _draw_bar(axes: Any, theatre: Theatre, number: int, row: Row, holders: dict[str, int]) -> None:
    """One claim row: the named side's own ground first, then a line, then all others."""
    own = theatre.groups.get(_group(theatre, row["claimed_controller"]), ())
    order = sorted((name for name in order_of(theatre) if name in holders), key=lambda name: name not in own)
    left = 0
    for name in order:
        look = bar_look(theatre, name)
        axes.barh(number, holders[name], left=left, height=0.62, **look)
        ink = {"color": "white" if is_dark(look["facecolor"]) else INK, **halo(2.5, look["facecolor"])}
        axes.text(left + holders[name] / 2, number, f"{holders[name]:,}", ha="center", va="center", fontsize=7, **ink)
        left += holders[name]
    if row["elsewhere"] is not None:
        at = row["n"] - row["elsewhere"]
        axes.plot([at, at], [number - 0.44, number + 0.44], color=INK, linewidth=1.4, clip_on=False)
