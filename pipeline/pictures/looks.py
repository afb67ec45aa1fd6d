"""How a controller looks and is named in a picture.

Belongs here: colours, symbols, labels. Does not belong here: where they are put.
"""

from __future__ import annotations

from typing import Any

from pipeline.theatres import CONTESTED, UNKNOWN, Theatre

INK, SOFT, FAINT = "#1c1c1c", "#555555", "#8a8a8a"
SEA, ABROAD, WATER = "#e3ebf0", "#efefec", "#a9c3d3"
OTHERS = {CONTESTED: "#9467bd", UNKNOWN: "#b8b8b8"}
# As on the map page: ground of which nothing is known has thin stripes, contested ground broad ones.
STRIPES = "/////"
UNKNOWN_GROUND: dict[str, Any] = {"facecolor": "#ffffff", "edgecolor": "#d4d4d4", "hatch": STRIPES}
CONTESTED_GROUND: dict[str, Any] = {"facecolor": "#e7deee", "edgecolor": OTHERS[CONTESTED], "hatch": STRIPES}
# Patterns of controllers in the theatre's order, the first two plain: colours that touch are told apart without colour.
PATTERNS = ("", "", "|||||", "-----", "...")
# Shapes tell controllers apart where colours cannot be: for colour-blind readers, and on a photocopy.
MARKERS = ("o", "s", "^", "v", "D", "p", "h")
TINT = 0.38


def colour_of(theatre: Theatre, controller: str) -> str:
    """The theatre's colour of a controller, as ``#rrggbb``."""
    known = theatre.controllers.get(controller)
    return known.colour if known else OTHERS.get(controller, OTHERS[UNKNOWN])


def ground_look(theatre: Theatre, controller: str) -> dict[str, Any]:
    """How ground that a controller holds is painted: thinned, with a pattern of its own."""
    if controller in (CONTESTED, UNKNOWN):
        return CONTESTED_GROUND if controller == CONTESTED else UNKNOWN_GROUND
    colour = colour_of(theatre, controller)
    return {"facecolor": tint(colour), "edgecolor": tint(colour, 0.62), "hatch": _pattern(theatre, controller)}


def bar_look(theatre: Theatre, controller: str) -> dict[str, Any]:
    """How a bar that stands for a controller is painted: its full colour, and the pattern of its ground in white."""
    striped = controller in (CONTESTED, UNKNOWN) or controller not in theatre.controllers
    hatch = STRIPES if striped else _pattern(theatre, controller)
    return {"facecolor": colour_of(theatre, controller), "edgecolor": "white", "hatch": hatch, "linewidth": 0.8}


def order_of(theatre: Theatre) -> list[str]:
    """All that can hold ground, in the order in which they are stacked and named: by group, then contested, unknown."""
    grouped = [name for members in theatre.groups.values() for name in members]
    return [*dict.fromkeys([*grouped, *theatre.controllers, CONTESTED, UNKNOWN])]


def label_of(theatre: Theatre, name: str) -> str:
    """A controller or group as it is written: the controller's label, or its own name in words."""
    known = theatre.controllers.get(name)
    return known.label if known else name.replace("_", " ").capitalize()


def marker_of(theatre: Theatre, controller: str) -> str:
    """The symbol of a controller."""
    order = [*theatre.controllers, CONTESTED, UNKNOWN]
    return MARKERS[order.index(controller) % len(MARKERS)]


def tint(colour: str, strength: float = TINT) -> str:
    """A colour thinned with white: opaque, so that what lies below does not shine through."""
    return "#" + "".join(f"{round(255 - strength * (255 - channel)):02x}" for channel in _channels(colour))


def is_dark(colour: str) -> bool:
    """True where white is read better on a colour than black."""
    red, green, blue = _channels(colour)
    return 0.299 * red + 0.587 * green + 0.114 * blue < 150


def halo(width: float, colour: str = "white") -> dict[str, Any]:
    """A rim around a text or mark, in points, so that it is read on any ground."""
    from matplotlib.patheffects import withStroke  # noqa: PLC0415 - loaded only for a picture

    return {"path_effects": [withStroke(linewidth=width, foreground=colour)]}


def _pattern(theatre: Theatre, controller: str) -> str:
    return PATTERNS[list(theatre.controllers).index(controller) % len(PATTERNS)]


def _channels(colour: str) -> list[int]:
    return [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
