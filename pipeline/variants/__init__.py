"""Variants: the same strikes attributed under other method choices, for the sensitivity table.

Belongs here: one entry for each choice that needs a new attribution (``control``: another map; ``strikes``: another
window, disc or rule for borders). Each is computed by the same code as the attribution in force, with one thing
changed.
Does not belong here: comparing the results, or choices that only filter or count differently (``tables``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.theatres import Theatre
from pipeline.variants import control, strikes
from pipeline.variants.basis import Basis, Variant

__all__ = ["Variant", "attribute_variants", "variants"]


def variants(basis: Basis) -> list[Variant]:
    """Every method choice that needs an attribution of its own, in the order of the table."""
    return [*control.variants(basis), *strikes.variants()]


def attribute_variants(theatre: Theatre, frames: Mapping[str, pa.Table]) -> Iterator[tuple[Variant, pa.Table]]:
    """Attribute the strikes of the theatre's main window under each changed choice.

    Args:
        theatre: the theatre.
        frames: ``core.strikes``, ``core.places`` and the control tables.

    Yields:
        Each variant with its ``core.attribution`` rows; one that makes no sense for the control at hand (a reach for
        polygons, facts of a source that has none) is left out.
    """
    window = theatre.windows[theatre.main_window]
    all_strikes = frames["core.strikes"]
    days = all_strikes.column("date_from")
    is_inside = pc.and_(pc.greater_equal(days, pa.scalar(window.start)), pc.less_equal(days, pa.scalar(window.end)))
    basis = Basis(theatre, frames, all_strikes.filter(is_inside))
    for variant in variants(basis):
        frame = variant.attribute(basis)
        if frame is not None:
            yield variant, frame
