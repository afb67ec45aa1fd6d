"""Swapped axes: points that lie in their province only with latitude and longitude exchanged.

Belongs here: asking the shapes of provinces that of many points at once: strikes, observations, places, columns.
Does not belong here: letters beside the numbers (``coordinates``), the theatre's extent.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.base_map import province_shapes
from pipeline.sessions import run_sql
from pipeline.theatres import Theatre


def lie_swapped(theatre: Theatre, provinces: pa.Array, latitudes: pa.Array, longitudes: pa.Array) -> NDArray[np.bool_]:
    """Whether each point lies well outside its province, and in it with its axes exchanged.

    Args:
        theatre: gives the shapes.
        provinces: the province of each point as the theatre names it; nothing is said of a point without one.
        latitudes: degrees, WGS 84; null where there is none.
        longitudes: the same.
    """
    number = pa.array(range(len(provinces)), pa.int64())
    points = pa.table([number, provinces, latitudes, longitudes], ["number", "province", "latitude", "longitude"])
    found = run_sql("swapped/find_swapped", points=points, shapes_wkb=province_shapes(theatre))
    swapped = np.zeros(len(provinces), bool)
    swapped[found.column("number").to_numpy()] = True
    return swapped
