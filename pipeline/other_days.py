"""Other days: who held a strike's centre on the days about its window that it was not counted on.

Belongs here: naming the days that are worth asking about, and asking the attribution. Does not belong here: what
follows for a strike (``tables``).
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from pipeline.attribution import ControlFrames, attribute
from pipeline.sessions import run_sql
from pipeline.theatres import Theatre

# Days of control facts are days of reports, which come up to a week after the event.
DAYS_ABOUT = 7

SCHEMA = pa.schema(
    {
        "strike_id": pa.string(),
        "controller": pa.string(),
        "parties": pa.string(),
        "reported_days": pa.int64(),
        "days_off": pa.int64(),
    }
)


def attribute_other_days(theatre: Theatre, frames: Mapping[str, pa.Table]) -> pa.Table:
    """Who held the centre of each strike on each snapshot in force about its reported window.

    Asked are strikes whose reported window has several days, for those days, and strikes with a stated holder, for
    ``DAYS_ABOUT`` days more on either side. A place is asked once a snapshot, whatever number of strikes it has.

    Args:
        theatre: the theatre.
        frames: ``core.strikes`` and the control tables.

    Returns:
        One row a strike and holder: ``strike_id``, ``controller``, ``parties`` (JSON), ``reported_days`` (days of the
        reported window on which that holder held the centre) and ``days_off`` (days from the reported window to the
        nearest such day; 0 where it lies within), ordered by strike and holder.
    """
    control = ControlFrames.of(theatre.control.in_force, dict(frames))
    asked = run_sql(
        "other_days/list_days",
        {"theatre": theatre.name, "days_about": DAYS_ABOUT},
        strikes=frames["core.strikes"],
        snapshots=control.snapshots,
    )
    if not asked.num_rows:
        return SCHEMA.empty_table()
    probes = run_sql("other_days/list_probes", asked=asked)
    found = run_sql("other_days/count_days", asked=asked, held=attribute(theatre, probes, control))
    return found.cast(SCHEMA)
