"""Variants: the same strikes attributed under other method choices, for the sensitivity table.

Belongs here: one entry for each choice that needs a new attribution. Does not belong here: comparing the results, or
choices that only filter or count differently (``tables``).
"""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.attribution import ControlFrames, attribute_strikes
from pipeline.theatres import Theatre

Variant = tuple[str, str]


def _scaled(factor: float) -> Callable[[pa.Table], pa.Table]:
    def change(strikes: pa.Table) -> pa.Table:
        return _with(strikes, precision_m=pc.multiply(strikes.column("precision_m"), factor))

    return change


def _with(strikes: pa.Table, **columns: pa.Array) -> pa.Table:
    for name, values in columns.items():
        strikes = strikes.set_column(strikes.column_names.index(name), strikes.schema.field(name), values)
    return strikes


def _first_day(strikes: pa.Table) -> pa.Table:
    return _with(strikes, date_to=strikes.column("date_from"))


def _last_day(strikes: pa.Table) -> pa.Table:
    return _with(strikes, date_from=strikes.column("date_to"))


CHANGES: dict[Variant, Callable[[pa.Table], pa.Table]] = {
    ("disc", "× 0.5"): _scaled(0.5),
    ("disc", "× 2"): _scaled(2.0),
    ("window", "first day"): _first_day,
    ("window", "last day"): _last_day,
}


def attribute_variants(theatre: Theatre, frames: dict[str, pa.Table]) -> dict[Variant, pa.Table]:
    """Attribute the strikes of the theatre's main window under each changed choice.

    Args:
        theatre: the theatre.
        frames: ``core.strikes`` and the control tables.

    Returns:
        ``core.attribution`` rows for each (choice, variant).
    """
    window = theatre.windows[theatre.main_window]
    strikes = frames["core.strikes"]
    days = strikes.column("date_from")
    strikes = strikes.filter(
        pc.and_(pc.greater_equal(days, pa.scalar(window.start)), pc.less_equal(days, pa.scalar(window.end)))
    )
    control = ControlFrames.of(theatre.control.in_force, frames)
    return {variant: attribute_strikes(theatre, change(strikes), control) for variant, change in CHANGES.items()}
