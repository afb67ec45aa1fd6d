"""Pictures: the finding as maps and charts, to print (PNG) and to edit (SVG).

Belongs here: drawing what the tables say. Does not belong here: any figure that is not in a table.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa

from pipeline.pictures.claims import draw_claims
from pipeline.pictures.headline import draw_headline
from pipeline.pictures.months import draw_months
from pipeline.pictures.scene import gather_scene
from pipeline.pictures.sensitivity import draw_sensitivity
from pipeline.pictures.timeline import draw_timeline
from pipeline.theatres import Theatre

# In the order in which they are shown.
PICTURES = {
    "headline": draw_headline,
    "timeline": draw_timeline,
    "months": draw_months,
    "claims": draw_claims,
    "sensitivity": draw_sensitivity,
}


def draw_pictures(theatre: Theatre, frames: Mapping[str, pa.Table], folder: Path) -> list[Path]:
    """Draw every picture of a theatre, each as ``.png`` and ``.svg``; the same rows give the same bytes.

    Args:
        theatre: the theatre; its main source and main window are drawn, its first region is the headline's inset.
        frames: full table name → rows that conform to the catalogue; geometry as WKB, OGC:CRS84.
        folder: made where it is missing.

    Returns:
        The files, in the order in which they are shown; one that has nothing to show is left out, and all are where the
        headline is missing or counts nothing.
    """
    scene = gather_scene(theatre, frames)
    if scene is None:
        return []
    return [path for draw in PICTURES.values() for path in draw(scene, folder)]
