"""How a controller looks and is named in a picture.

Belongs here: colours, symbols, labels. Does not belong here: where they are put.
"""

from __future__ import annotations

from typing import Any

from pipeline.theatres import CONTESTED, UNKNOWN, Theatre

INK, SOFT, FAINT = "#1c1c1c", "#555555", "#8a8a8a"
SEA, ABROAD, WATER = "#e3ebf0", "#efefec", "#a9c3d3"
# Ground of which nothing is known is white with thin lines; contested ground is crossed.
UNKNOWN_GROUND: dict[str, Any] = {"facecolor": "#ffffff", "edgecolor": "#d4d4d4", "hatch": "/////"}
CONTESTED_GROUND: dict[str, Any] = {"edgecolor": FAINT, "hatch": "xxxxx"}
OTHERS = {CONTESTED: "#9467bd", UNKNOWN: "#b8b8b8"}
# Shapes tell controllers apart where colours cannot be: for colour-blind readers, and on a photocopy.
MARKERS = ("o", "s", "^", "v", "D", "p", "h")
TINT = 0.38


def colour_of(theatre: Theatre, controller: str) -> str:
    """The theatre's colour of a controller, as ``#rrggbb``."""
    known = theatre.controllers.get(controller)
    return known.colour if known else OTHERS.get(controller, OTHERS[UNKNOWN])


def label_of(theatre: Theatre, name: str) -> str:
    """A controller or group as it is written: the controller's label, or its own name in words."""
    known = theatre.controllers.get(name)
    return known.label if known else name.replace("_", " ").capitalize()


def marker_of(theatre: Theatre, controller: str) -> str:
    """The symbol of a controller."""
    order = [*theatre.controllers, CONTESTED, UNKNOWN]
    return MARKERS[order.index(controller) % len(MARKERS)]


def tint(colour: str) -> str:
    """A colour thinned with white: opaque, so that what lies below does not shine through."""
    return "#" + "".join(f"{round(255 - TINT * (255 - channel)):02x}" for channel in _channels(colour))


def is_dark(colour: str) -> bool:
    """True where white is read better on a colour than black."""
    red, green, blue = _channels(colour)
    return 0.299 * red + 0.587 * green + 0.114 * blue < 150


def halo(width: float) -> dict[str, Any]:
    """A white rim around a text, in points, so that it is read on any ground."""
    from matplotlib.patheffects import withStroke  # noqa: PLC0415 - loaded only for a picture

    return {"path_effects": [withStroke(linewidth=width, foreground="white")]}


def _channels(colour: str) -> list[int]:
    return [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
