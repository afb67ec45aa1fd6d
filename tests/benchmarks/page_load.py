"""The page under a load: tiles and first paint with many generated strikes and control maps, in headless Chromium.

Belongs here: a measurement run by hand; it prints what it measured and on what. Does not belong here: any expectation.

    .venv/bin/python tests/benchmarks/page_load.py --strikes 1000000 --snapshots 365 --folder build/page_load
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import shapely
from playwright.sync_api import Page, sync_playwright

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "browser")]

from live_server import serving  # noqa: E402 - tests are no package
from sample_frames import sample_frames  # noqa: E402

from pipeline.map_page import write_map_page  # noqa: E402
from pipeline.sessions import connect  # noqa: E402
from pipeline.theatres import theatres  # noqa: E402
from pipeline.tiles import write_tiles  # noqa: E402

SYRIA = theatres()["syria"]
CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
FIRST = "2015-09-30"
HOLDERS = ("opposition", "isis", "government", "kurdish")
WEST, SOUTH, EAST, NORTH = 35.9, 32.6, 42.0, 36.8
VERTICES = 200
SEED = 7

MAKE_STRIKES = """
WITH town AS (SELECT unnest($east) AS east, unnest($north) AS north, unnest($town) AS town),
chosen AS (
    SELECT i, hash(i) AS a, hash(i, 1) AS b, hash(i, 2) AS c, hash(i, 3) AS d, hash(i, 4) AS e FROM range($n) AS t (i)
)
SELECT
    printf('%016x', a) AS strike_id, 'syria' AS theatre, 'isw_reports' AS source, 'Town ' || t.town AS place,
    'Aleppo' AS province, t.east + 0.15 * ((b % 1000) / 1000 + (c % 1000) / 1000 - 1) AS longitude,
    t.north + 0.15 * ((d % 1000) / 1000 + (e % 1000) / 1000 - 1) AS latitude,
    (DATE '2015-09-30' + (c % $days)::INTEGER) AS date_from, date_from AS date_to,
    date_trunc('month', date_from) AS month,
    'high' AS confidence, 'isis' AS claimed_controller, if(e % 10 = 0, 10000.0, 2000.0) AS precision_m,
    e % 10 = 0 AS is_area, FALSE AS is_background,
    ['opposition', 'isis', 'government', 'kurdish'][1 + (hash(t.town, b % 3) % 4)::INTEGER] AS controller,
    if(d % 5 = 0, 'uncertain', 'firm') AS certainty, if(d % 2 = 0, 1.0, 0.5 + (b % 500) / 1000) AS part
FROM chosen AS s INNER JOIN town AS t ON s.a % $towns = t.town
"""


def generate(strikes: int, snapshots: int) -> dict[str, pa.Table]:
    """Frames of the sample with its strikes and control maps put in the place of generated ones."""
    frames = sample_frames()
    chance = np.random.default_rng(SEED)
    towns = 400
    with connect() as connection:
        values = {
            "n": strikes, "days": snapshots, "towns": towns, "town": list(range(towns)),
            "east": chance.uniform(WEST + 0.3, EAST - 0.3, towns).tolist(),
            "north": chance.uniform(SOUTH + 0.3, NORTH - 0.3, towns).tolist(),
        }  # fmt: skip
        connection.execute(f"CREATE TABLE made AS {MAKE_STRIKES}", values)
        own = "SELECT * FROM made ORDER BY strike_id"
        held = """
            SELECT strike_id, theatre, controller, certainty, 'held' AS status,
                if(controller = 'isis', part, 1 - part) AS focus_share, 1 - focus_share AS other_share,
                0.0 AS unknown_share, if(controller = 'isis', 1.0, 0.0) AS focus_at_point,
                if(part = 1, json_object(controller, 1.0),
                    json_object(controller, part, if(controller = 'isis', 'opposition', 'isis'), 1 - part)
                )::VARCHAR AS shares
            FROM made ORDER BY strike_id
        """
        frames["core.strikes"] = _fitted(connection.execute(own).to_arrow_table(), frames["core.strikes"])
        frames["core.attribution"] = _fitted(connection.execute(held).to_arrow_table(), frames["core.attribution"])
    frames["core.episodes"] = frames["core.episodes"].slice(0, 0)
    areas, fronts, days = _control(snapshots, chance)
    for name, rows in (
        ("core.control_areas", areas), ("core.front_lines", fronts), ("core.control_snapshots", days)
    ):  # fmt: skip
        frames[name] = _fitted(pa.Table.from_pylist(rows), frames[name])
    return frames


def _fitted(rows: pa.Table, like: pa.Table) -> pa.Table:
    """Rows with the columns of another table; those that were not generated are null."""
    none = {field.name: pa.nulls(rows.num_rows, field.type) for field in like.schema}
    columns = {
        name: rows.column(name).cast(like.schema.field(name).type) if name in rows.column_names else nulls
        for name, nulls in none.items()
    }
    return pa.table(columns)


def _control(snapshots: int, chance: np.random.Generator) -> tuple[list[dict[str, Any]], ...]:
    """Four holders side by side, whose jagged borders move a little every day."""
    latitudes = np.linspace(SOUTH, NORTH, VERTICES)
    walks = [0.08 * np.cumsum(chance.normal(0, 0.3, VERTICES)) for _ in range(len(HOLDERS) - 1)]
    areas, fronts, days = [], [], []
    start = np.datetime64(FIRST)
    for at in range(snapshots):
        day, after = (start + at).astype(object), (start + at + 1).astype(object)
        span = {"theatre": "syria", "source": SYRIA.control.in_force, "valid_from": day, "valid_to": after}
        middles = [WEST + (EAST - WEST) * (i + 1) / len(HOLDERS) + 0.3 * np.sin(at / 30 + i) for i in range(len(walks))]
        lines = [middle + walk for middle, walk in zip(middles, walks, strict=True)]
        edges = [np.full(VERTICES, WEST), *lines, np.full(VERTICES, EAST)]
        for i, holder in enumerate(HOLDERS):
            ring = np.vstack([np.column_stack([edges[i], latitudes]), np.column_stack([edges[i + 1], latitudes])[::-1]])
            shape = shapely.make_valid(shapely.Polygon(ring))
            areas.append({**span, "area_id": f"{at}-{holder}", "controller": holder, "geometry": shapely.to_wkb(shape)})
        for i, line in enumerate(lines):
            shape = shapely.LineString(np.column_stack([line, latitudes]))
            fronts.append(
                {**span, "front_id": f"{at}-{i}", "controller_a": HOLDERS[i], "controller_b": HOLDERS[i + 1],
                 "geometry": shapely.to_wkb(shape)}
            )  # fmt: skip
        days.append({"theatre": "syria", "source": SYRIA.control.in_force, "snapshot_day": day, "in_force_to": after})
    return areas, fronts, days


WATCH = """
() => {
  window.frames_ = [];
  const note = (now) => { window.frames_.push(now); requestAnimationFrame(note); };
  requestAnimationFrame(note);
}
"""


def measure(address: str) -> dict[str, Any]:
    """Open the page and play it; times in seconds from the start of navigation."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        moved: list[int] = []
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("requestfinished", lambda request: moved.append(request.sizes()["responseBodySize"]))
        began = time.perf_counter()
        page.goto(address, wait_until="commit")
        page.wait_for_selector("#finding .big", timeout=300_000)
        painted = time.perf_counter() - began
        page.wait_for_selector("html[data-ready]", timeout=300_000)
        ready = time.perf_counter() - began
        page.wait_for_timeout(5000)
        first = sum(moved)
        rate, busy = _play(page)
        browser.close()
    return {
        "first useful paint, s": round(painted, 2),
        "interaction, s": round(ready, 2),
        "bytes to the first view": first,
        "frames a second while playing": round(rate, 1),
        "main thread at work on scripts and layout while playing": f"{busy:.0%}",
        "errors": errors,
    }


def _play(page: Page) -> tuple[float, float]:
    """Frames a second, and the share of the time that our scripts and the layout took: the rest is drawing."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")

    def worked() -> dict[str, float]:
        return {metric["name"]: metric["value"] for metric in session.send("Performance.getMetrics")["metrics"]}

    page.click("[data-width='7']")
    page.evaluate(WATCH)
    before = worked()
    page.click("button[aria-label='Play day by day']")
    page.wait_for_timeout(6000)
    spent = {name: value - before[name] for name, value in worked().items()}
    times: list[float] = page.evaluate("window.frames_")
    busy = (spent["ScriptDuration"] + spent["LayoutDuration"] + spent["RecalcStyleDuration"]) / spent["Timestamp"]
    return 1000 * (len(times) - 1) / (times[-1] - times[0]), busy


def main() -> None:
    """Generate, draw, serve, open, play; print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--strikes", type=int, default=1_000_000)
    parser.add_argument("--snapshots", type=int, default=365)
    parser.add_argument("--folder", type=Path, default=Path("build/page_load"))
    parser.add_argument("--tiles-only", action="store_true")
    parser.add_argument("--data", type=Path, help="measure the latest release of this data folder, generate nothing")
    asked = parser.parse_args()
    release = asked.folder / "releases" / "load"
    print(f"{os.cpu_count()} cores, {platform.machine()}, WebGL in software")
    if asked.data:
        _open(asked.data.resolve(), (asked.data / "latest").resolve().name, "#theatre=syria")
        return
    frames = generate(asked.strikes, asked.snapshots)
    began = time.perf_counter()
    stats = write_tiles(SYRIA, frames, release / "tiles" / "syria.pmtiles")
    print(f"tiles in {time.perf_counter() - began:.0f} s: {stats}", flush=True)
    if asked.tiles_only:
        return
    write_map_page(release / "map", {"syria": SYRIA}, {"syria": frames})
    (release / "manifest.json").write_text(json.dumps({"release": "load"}))
    print(f"strikes by column: {(release / 'map' / 'data' / 'syria.columns').stat().st_size:,} bytes", flush=True)
    latest = asked.folder / "latest"
    if not latest.is_symlink():
        latest.symlink_to("releases/load")
    _open(asked.folder, "load", "#theatre=syria&period=all")


def _open(folder: Path, release: str, hash_: str) -> None:
    """Serve a data folder, open the page of a release, print what was measured."""
    with serving(folder) as client:
        for name, value in measure(f"{client.address}/r/{release}/map/{hash_}").items():
            print(f"{name}: {value}", flush=True)


if __name__ == "__main__":
    main()
