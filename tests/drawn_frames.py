"""Five hundred strikes drawn by a fixed seed, with the tables that the pipeline makes of them.

Belongs here: strikes of every sort that a figure can stumble over: repeats, months' ends, areas, contested and unknown
ground, classes of confidence, claims. Does not belong here: anything that a test can predict without counting.
"""

from __future__ import annotations

import hashlib
import json
import random
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
from sample_frames import sample_frames

from pipeline.catalogue import table
from pipeline.tables import build_tables
from pipeline.theatres import theatres

FIRST = date(2015, 9, 30)
DAYS = 160
SOURCES = {"isw_reports": 150, "airwars": 300, "mod_claims": 50}
CONFIDENCE = {"isw_reports": ["high", "unstated"], "airwars": ["fair", "weak", "contested"], "mod_claims": ["unstated"]}
HOLDERS = ["opposition", "opposition", "isis", "isis", "isis", "government", "kurdish", "nusra", "contested", "unknown"]
CLAIMED = ["isis", "isis", "isis", "nusra", "generic", None]


def drawn_frames() -> dict[str, pa.Table]:
    """Every table of the catalogue for theatre syria, conforming; the same on each call."""
    draw = random.Random(20151001)
    frames = sample_frames()
    records = frames["raw.records"].column("record_id").to_pylist()
    places = [
        (
            f"Place {n}",
            draw.choice(["Aleppo", "Idlib", "Homs", "Raqqa"]),
            draw.uniform(34.4, 36.6),
            draw.uniform(36, 40),
        )
        for n in range(60)
    ]
    strikes = [
        _strike(draw, source, number, draw.choice(places), draw.choice(records))
        for source, many in SOURCES.items()
        for number in range(many)
    ]
    frames["core.strikes"] = table("core.strikes").conform(strikes)
    frames["core.attribution"] = table("core.attribution").conform([_ground(draw, strike) for strike in strikes])
    return frames | build_tables(theatres()["syria"], frames)


def _strike(
    draw: random.Random, source: str, number: int, place: tuple[str, str, float, float], record: str
) -> dict[str, Any]:
    name, province, latitude, longitude = place
    first = FIRST + timedelta(days=draw.randrange(DAYS))
    last = first + timedelta(days=draw.choice([0, 0, 1, 3, 9]))
    precision = draw.choice([500, 2000, 5000, 15_000, 80_000])
    claimed = draw.choice(CLAIMED) if source == "mod_claims" else None
    return {
        "strike_id": hashlib.sha256(f"{source}{number}".encode()).hexdigest()[:16],
        "theatre": "syria", "source": source, "source_key": f"{source}-{number}", "month": f"{first:%Y-%m}",
        "record_id": record, "export_id": hashlib.sha256(b"isw_reports").hexdigest(),
        "date_from": first, "date_to": last, "date_basis": "interval", "reported_from": first, "reported_to": last,
        "is_background": draw.random() < 0.05, "place": name, "province": province,
        "latitude": latitude, "longitude": longitude, "precision_m": precision, "precision_basis": "gazetteer",
        "location_basis": "gazetteer", "is_area": precision > 5000, "confidence": draw.choice(CONFIDENCE[source]),
        "claimed_actor": claimed, "claimed_controller": claimed, "stated_holder": None, "report_url": None,
        "report_title": None, "published": None, "note": None, "revision": 1, "sightings": 1,
    }  # fmt: skip


def _ground(draw: random.Random, strike: dict[str, Any]) -> dict[str, Any]:
    """Ground of one holder, or of two; contested ground has the focus controller as a party."""
    one, other = draw.sample(HOLDERS, 2)
    part = draw.choice([1.0, 1.0, 0.95, 0.9, 0.6])
    shares = {one: part}
    if part < 1:
        shares[other] = round(shares.get(other, 0.0) + 1 - part, 9)
    focus = shares.get("isis", 0.0)
    unknown = round(shares.get("contested", 0.0) + shares.get("unknown", 0.0), 9)
    return {
        "strike_id": strike["strike_id"], "theatre": "syria", "source": strike["source"], "month": strike["month"],
        "control_source": "control_observations", "controller": one, "parties": "[]",
        "status": one if one == "contested" else "gap" if one == "unknown" else "held",
        "certainty": draw.choice(["firm", "likely", "uncertain"]), "focus_share": focus,
        "other_share": round(1 - focus - unknown, 9), "unknown_share": unknown, "focus_at_point": float(one == "isis"),
        "shares": json.dumps(shares), "radius_m": strike["precision_m"],
        "window_days": (strike["date_to"] - strike["date_from"]).days + 1, "days_without_snapshot": 0,
        "snapshot_first": FIRST, "snapshot_last": FIRST, "snapshot_age_days": 1, "margin_r": None,
        "front_distance_m": None,
    }  # fmt: skip
