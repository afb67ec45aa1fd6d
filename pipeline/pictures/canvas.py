"""Canvas: the sheet that every picture is drawn on, with its title, its words and its two files.

Belongs here: what all pictures share. Does not belong here: what any of them shows.

Byte-identical from run to run: no date in the files, a fixed salt for ids, glyphs as paths, matplotlib's own font, and
every setting that is not given here as matplotlib ships it. Text is never read as a formula.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pipeline.pictures.looks import FAINT, INK, SOFT

DPI = 200
WIDTH_INCHES = 8.0
LEFT = 0.02
TITLE_POINTS, POINTS_AN_INCH = 14.5, 72
# Inches from the top edge to the title's middle and to the deck; from the bottom edge to the last line.
TITLE_AT, DECK_AT, NOTES_AT = 0.215, 0.395, 0.08
STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 6.0,
    "text.color": INK,
    "text.parse_math": False,
    "axes.edgecolor": FAINT,
    "axes.linewidth": 0.5,
    "axes.labelcolor": SOFT,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.major.size": 2.0,
    "ytick.major.size": 2.0,
    "xtick.major.width": 0.5,
    "ytick.major.width": 0.5,
    "hatch.linewidth": 0.5,
    "svg.fonttype": "path",
    "svg.hashsalt": "isw-strikes",
}


@dataclass(frozen=True)
class Words:
    """What a picture says in words.

    Attributes:
        title: the finding in a line, no stronger than its bounds.
        deck: what was counted, with count, window and bounds.
        note: how it is to be read.
        credits: whose data it is.
    """

    title: str
    deck: str
    note: str
    credits: str


def draw(folder: Path, name: str, words: Words, height: float, paint: Callable[[Any], None]) -> list[Path]:
    """Draw a picture as ``NAME.png`` (1600 pixels wide) and ``NAME.svg``.

    Args:
        folder: made where it is missing.
        name: name of the files.
        words: written around what is painted.
        height: inches.
        paint: paints onto the figure that it is given.
    """
    import matplotlib as mpl  # noqa: PLC0415 - loaded only for a picture
    from matplotlib.figure import Figure  # noqa: PLC0415 - as above

    folder.mkdir(parents=True, exist_ok=True)
    png, svg = folder / f"{name}.png", folder / f"{name}.svg"
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(STYLE)
        figure = Figure(figsize=(WIDTH_INCHES, height), dpi=DPI, facecolor="white")
        _write(figure, words, height)
        paint(figure)
        about = {"Title": words.title, "Description": words.deck}
        figure.savefig(png, dpi=DPI, metadata={"Software": None, **about})
        figure.savefig(svg, metadata={"Date": None, "Creator": "isw-strikes", **about})
    return [png, svg]


def _write(figure: Any, words: Words, height: float) -> None:
    from matplotlib.font_manager import FontProperties  # noqa: PLC0415 - loaded only for a picture
    from matplotlib.textpath import TextPath  # noqa: PLC0415 - as above

    wide = TextPath((0, 0), words.title, size=100, prop=FontProperties(weight="bold")).get_extents().width / 100
    # Letters are drawn up to two per cent wider than they are outlined.
    size = min(TITLE_POINTS, (0.98 - 2 * LEFT) * WIDTH_INCHES * POINTS_AN_INCH / wide)
    figure.text(LEFT, 1 - TITLE_AT / height, words.title, fontsize=size, fontweight="bold", va="center")
    deck = "\n".join(textwrap.wrap(words.deck, 158))
    figure.text(LEFT, 1 - DECK_AT / height, deck, fontsize=6.6, color=SOFT, va="top", linespacing=1.4)
    notes = "\n".join(line for text in (words.note, words.credits) for line in textwrap.wrap(text, 208))
    figure.text(LEFT, NOTES_AT / height, notes, fontsize=5.0, color=SOFT, va="bottom", linespacing=1.45)


def bare_axes(figure: Any, part: tuple[float, float, float, float]) -> Any:
    """Axes without lines or numbers, from 0 to 1 across; the part is left, bottom, width and height as shares."""
    axes = figure.add_axes(part)
    axes.set_axis_off()
    axes.set_xlim(0, 1)
    return axes


def said(day: date) -> str:
    """A day in words: 7 March 2016."""
    return f"{day.day} {day:%B %Y}"
