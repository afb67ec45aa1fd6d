"""The months: a small map for each, with its own locations on the ground as it was held.

Belongs here: laying out the maps and captioning them. Does not belong here: drawing a map (``ground``).
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from pipeline.pictures.canvas import WIDTH_INCHES, Words, draw, said
from pipeline.pictures.headline import draw_legend
from pipeline.pictures.looks import SOFT
from pipeline.pictures.scene import Row, Scene, middle_day
from pipeline.tables.measures import FEWEST
from pipeline.tables.sentences import count_of, percent, span, window_title

COLUMNS = 4
# Inches: above and below the maps, between them, and for a caption.
TOP, BOTTOM, GAP, CAPTION, MAP_HEIGHT = 0.72, 0.92, 0.12, 0.30, 1.42
SIDE = 0.16
SYMBOLS = 0.6


def draw_months(scene: Scene, folder: Path) -> list[Path]:
    """Draw ``months``: small maps, one a month that counts anything; none where there is one month only."""
    months = scene.months()
    if len(months) < 2:
        return []
    rows = math.ceil(len(months) / COLUMNS)
    height = TOP + BOTTOM + rows * (MAP_HEIGHT + CAPTION) + (rows - 1) * GAP
    return draw(folder, "months", _words(scene, months), height, lambda figure: _compose(figure, scene, months, height))


def _words(scene: Scene, months: list[Row]) -> Words:
    told = [row for row in months if row["not_focus_lower_t10"] is not None]
    most = [row for row in told if row["not_focus_lower_t10"] > 0.5]
    n = count_of(scene.headline["n"], scene.noun)
    if not told:
        title = f"{n} over {len(months)} months: too few in any for a share"
    else:
        title = (
            f"In {len(most)} of {len(told)} months with {FEWEST} or more, most lay outside {scene.focus}-held ground"
        )
    others = [window_title(scene.theatre, row["window"]) for row in told if row not in most]
    deck = (
        f"{scene.theatre.sources[scene.theatre.main_source].title}: {n}, {said(scene.first_day)} – "
        f"{said(scene.last_day)}; {len(told)} of {len(months)} months have {FEWEST} or more."
        + (f" Bounds that are not wholly above one half: {', '.join(others)}." if others else "")
    )
    note = (
        f"Whole months; one that reaches over a month's end is on both maps. The ground is that of the middle day of "
        f"each month within the window. In brackets, bounds: more than a tenth of a disc in doubt counted against and "
        f"then for. No share under {FEWEST}."
    )
    return Words(title, deck, note, f"{scene.credits} Base map: Natural Earth.")


def _compose(figure: Any, scene: Scene, months: list[Row], height: float) -> None:
    from pipeline.pictures.ground import MapPanel, land_bounds  # noqa: PLC0415 - loaded only for a map

    width = (WIDTH_INCHES - 2 * SIDE - (COLUMNS - 1) * GAP) / COLUMNS
    bounds = land_bounds(scene.theatre)
    shown: list[Row] = []
    for number, row in enumerate(months):
        left = SIDE + (number % COLUMNS) * (width + GAP)
        top = height - TOP - (number // COLUMNS) * (MAP_HEIGHT + CAPTION + GAP) - CAPTION
        part = (left / WIDTH_INCHES, (top - MAP_HEIGHT) / height, width / WIDTH_INCHES, MAP_HEIGHT / height)
        panel = MapPanel.add(figure, part, scene.theatre, bounds)
        strikes = scene.strikes(row["window_from"], row["window_to"])
        day = middle_day(max(row["window_from"], scene.first_day), min(row["window_to"], scene.last_day))
        areas = scene.areas(day)
        panel.draw_ground(areas)
        panel.draw_strikes(strikes, SYMBOLS)
        _caption(figure, scene, row, (left / WIDTH_INCHES, (top + 0.04) / height))
        shown += [*strikes, *areas]
    draw_legend(figure, scene.theatre, shown, (SIDE / WIDTH_INCHES, (BOTTOM - 0.06) / height), with_towns=False)


def _caption(figure: Any, scene: Scene, row: Row, place: tuple[float, float]) -> None:
    x, y = place
    title = window_title(scene.theatre, row["window"])
    figure.text(x, y + 0.10 / figure.get_figheight(), title, fontsize=7.0, fontweight="bold", va="bottom")
    if row["not_focus_expected"] is None:
        told = f"{row['n']:,} in all, {'too few for a share' if row['n'] < FEWEST else 'most of the ground not known'}"
    else:
        bounds = span(row["not_focus_lower_t10"], row["not_focus_upper_t10"])
        told = f"{percent(row['not_focus_expected'])} of {row['n']:,} outside {scene.focus}-held ({bounds})"
    figure.text(x, y, told, fontsize=5.6, color=SOFT, va="bottom")
