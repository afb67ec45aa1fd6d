"""Report: what one theatre's part of the report shows: the walk's rows, its pictures, its sources and refusals.

Belongs here: gathering them, and putting pictures into the page. Does not belong here: making a figure, drawing, how
the page looks (``report.html.j2``).
"""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.pages.walk import gather_walk
from pipeline.sessions import run_sql
from pipeline.theatres import Theatre

COLOURS = 256


def gather_report(theatre: Theatre, frames: Mapping[str, pa.Table], pictures: Sequence[Path]) -> dict[str, Any] | None:
    """All that the report says of one theatre; None where its main source has no strike in its main window.

    Args:
        theatre: the theatre.
        frames: full table name → rows that conform to the catalogue.
        pictures: files of its pictures; PNGs are taken.
    """
    walk = gather_walk(theatre, frames)
    if walk is None:
        return None
    named = {"theatre": theatre.name}
    refused = run_sql("pages/count_quarantine", named, quarantine=frames["core.quarantine"]).to_pylist()
    received = {row["source"] for row in frames["raw.exports"].to_pylist()}
    return {
        "walk": walk,
        "pictures": {path.stem: _inlined(path) for path in pictures if path.suffix == ".png"},
        "refused": refused,
        "sources": [source for name, source in theatre.sources.items() if name in received],
    }


def _inlined(path: Path) -> dict[str, Any]:
    """A picture as a ``data:`` URI of few colours, its size in pixels, and what it says in words."""
    from PIL import Image  # noqa: PLC0415 - only a report pays for it

    with Image.open(path) as image:
        buffer = io.BytesIO()
        image.convert("RGB").quantize(COLOURS, Image.Quantize.FASTOCTREE).save(buffer, "PNG", optimize=True)
        return {
            "title": image.info["Title"],
            "about": image.info["Description"],
            "width": image.width,
            "height": image.height,
            "uri": f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}",
        }
