"""Published shares of discs against exact ones, over the showcase's control areas.

Belongs here: a measurement run by hand; a small version of it is a test. Takes a few minutes for 10,000 strikes:

    PYTHONPATH=tests .venv/bin/python tests/benchmarks/disc_accuracy.py --strikes 10000
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import defaultdict
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import shapely
from exact_discs import ExactGround, errors, summarise, without_slivers

from pipeline.attribution import NEGLIGIBLE_SHARE, attribute
from pipeline.base_map import land
from pipeline.intake import ingest_showcase
from pipeline.settings import Settings
from pipeline.steps import STEPS, control_frames
from pipeline.theatres import theatres
from pipeline.work import Work, run_step

SYRIA = theatres()["syria"]
Shares = dict[str, float]


def generate(strikes: int, precisions: np.ndarray, snapshots: list[date]) -> pa.Table:
    """Strikes anywhere on land, on days of snapshots, with precisions drawn from the real ones."""
    chance = np.random.default_rng(20160307)
    ground = shapely.from_wkb(land(SYRIA))
    west, south, east, north = ground.bounds
    points = np.column_stack([chance.uniform(west, east, 3 * strikes), chance.uniform(south, north, 3 * strikes)])
    points = points[shapely.intersects_xy(ground, points[:, 0], points[:, 1])][:strikes]
    days = pa.array([snapshots[i] for i in chance.integers(0, len(snapshots), len(points))], pa.date32())
    return pa.table(
        {
            "strike_id": [f"{i:06d}" for i in range(len(points))],
            "longitude": points[:, 0],
            "latitude": points[:, 1],
            "radius_m": chance.choice(precisions, len(points)),
            "date_from": days,
            "date_to": days,
        }
    )


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--strikes", type=int, default=10_000, help="strikes generated (10000)")
    count = asked.parse_args().strikes
    with tempfile.TemporaryDirectory() as folder:
        work = Work(Settings(data=Path(folder) / "data"))
        ingest_showcase(work.settings, ["syria"])
        for step in STEPS[:-2]:
            run_step(work, SYRIA, step)
        control = control_frames(work, SYRIA)
        precisions = work.lake.read("core.strikes").column("precision_m").to_numpy()
    probes = generate(count, precisions, control.snapshots.column("snapshot_day").to_pylist())
    published = [json.loads(text) for text in attribute(SYRIA, probes, control).column("shares").to_pylist()]
    ground = ExactGround(control.areas.to_pylist(), land(SYRIA))
    exact = [
        ground.shares(probe["longitude"], probe["latitude"], probe["radius_m"], probe["date_from"])
        for probe in probes.to_pylist()
    ]
    print(f"{probes.num_rows} strikes, {control.areas.num_rows} areas")
    report(f"the rule for slivers (under {NEGLIGIBLE_SHARE} of a disc) in both", probes, published, exact, settle=True)
    report("the rule in the published shares only", probes, published, exact, settle=False)


def report(title: str, probes: pa.Table, published: list[Shares], exact: list[Shares], settle: bool) -> None:
    """Print errors by controller and the largest ones."""
    worst, by_controller = [], defaultdict(list)
    for probe, ours, plain in zip(probes.to_pylist(), published, exact, strict=True):
        certain = without_slivers(plain) if settle else plain
        for name, error in errors(ours, certain).items():
            by_controller[name].append(error)
            worst.append((abs(error), name, ours.get(name, 0), certain.get(name, 0), probe))
    by_controller["all"] = [error for differences in by_controller.values() for error in differences]
    print(f"\n{title}:\n{'controller':12} {'shares':>8} {'max error':>10} {'RMS error':>10}")
    for name, differences in by_controller.items():
        greatest, typical = summarise(differences)
        print(f"{name:12} {len(differences):8} {greatest:10.1e} {typical:10.1e}")
    print("largest:")
    for error, name, ours_, exact_, probe in sorted(worst, key=lambda row: -row[0])[:6]:
        where = f"{probe['latitude']:.4f}, {probe['longitude']:.4f}, {probe['radius_m']:.0f} m, {probe['date_from']}"
        print(f"  {error:.1e}  {name}: published {ours_:.6f}, exact {exact_:.6f} at {where}")


if __name__ == "__main__":
    main()
