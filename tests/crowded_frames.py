"""Many strikes in little room: the sample's, over and over. Belongs here: what tests of crowded maps share."""

from __future__ import annotations

from typing import Any

import pyarrow as pa


def crowd(frames: dict[str, pa.Table], times: int) -> dict[str, pa.Table]:
    """The sample's strikes over and over, each a little aside of the last and under an id of its own."""
    strikes, attribution = frames["core.strikes"].to_pylist(), frames["core.attribution"].to_pylist()
    crowded: dict[str, list[dict[str, Any]]] = {"core.strikes": [], "core.attribution": []}
    for turn in range(times):
        for name, rows in (("core.strikes", strikes), ("core.attribution", attribution)):
            for row in rows:
                copy = {**row, "strike_id": f"{row['strike_id']}{turn}"}
                if "longitude" in row:
                    copy["longitude"] = row["longitude"] + (turn % 20) * 0.004
                    copy["latitude"] = row["latitude"] + (turn // 20) * 0.004
                crowded[name].append(copy)
    return {
        **frames,
        **{name: pa.Table.from_pylist(rows, schema=frames[name].schema) for name, rows in crowded.items()},
    }
