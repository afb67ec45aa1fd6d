"""Rows of made-up strikes, of who held their ground, and of what is known about places: by hand, one line a case.

Belongs here: builders of rows that conform to the catalogue, and finding rows in a table. Does not belong here: whole
made-up releases (``sample_frames``), anything that a test asserts.
"""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pyarrow as pa

from pipeline.catalogue import table
from pipeline.other_days import SCHEMA
from pipeline.tables import build_tables
from pipeline.theatres import Theatre

Row = dict[str, Any]

ALEPPO = (36.2021, 37.1343)
RAQQA = (35.95, 39.01)
ARTICLE = {"window": "article", "filter": "all", "unit": "episode"}
# Columns of marts.headline that are null under the fewest locations.
FIGURES = ("not_focus_at_point", "not_focus_expected", "not_focus_excluding_ally")
INTERVALS = (
    "margin_lower", "margin_upper", "place_lower", "place_upper", "map_lower", "map_upper", "tipping_point",
    "tipping_ratio",
)  # fmt: skip
MARGINS = ("margin_lower", "margin_upper")
BOUNDS = ("not_focus_lower_t0", "not_focus_lower_t10", "not_focus_upper_t10", "not_focus_upper_t0")


def strike(name: str, day: str = "2015-11-01", to: str | None = None, **given_: Any) -> Row:
    """A row of core.strikes, at Aleppo on one day unless told otherwise."""
    latitude, longitude = given_.pop("at", ALEPPO)
    first, last = date.fromisoformat(day), date.fromisoformat(to or day)
    row: Row = dict.fromkeys(table("core.strikes").columns)
    return (
        row
        | {
            "strike_id": name, "theatre": "syria", "source": "isw_reports", "source_key": name,
            "month": f"{first:%Y-%m}", "record_id": f"r-{name}", "export_id": "e", "date_from": first,
            "date_to": last, "date_basis": "exact", "reported_from": first, "reported_to": last,
            "is_background": False, "latitude": latitude, "longitude": longitude, "precision_m": 1000.0,
            "precision_basis": "default", "location_basis": "coordinate", "is_area": False,
            "confidence": "unstated", "revision": 1, "sightings": 1,
        }
        | given_
    )  # fmt: skip


def held(of: Row, focus_at_point: float | None = None, certainty: str = "firm", **shares: float) -> Row:
    """The row of core.attribution of a strike whose disc has these shares by controller."""
    shares = shares or {"isis": 1.0}
    focus, unknown = shares.get("isis", 0.0), shares.get("unknown", 0.0)
    row: Row = dict.fromkeys(table("core.attribution").columns)
    return row | {
        "strike_id": of["strike_id"], "theatre": of["theatre"], "source": of["source"], "month": of["month"],
        "control_source": "control_observations", "controller": max(shares, key=lambda name: shares[name]),
        "parties": "[]", "status": "held", "certainty": certainty, "focus_share": focus,
        "other_share": 1 - focus - unknown, "unknown_share": unknown,
        "focus_at_point": round(focus) if focus_at_point is None else focus_at_point,
        "shares": json.dumps(shares), "radius_m": of["precision_m"],
        "window_days": (of["date_to"] - of["date_from"]).days + 1, "days_without_snapshot": 0,
    }  # fmt: skip


def frames_of(strikes: list[Row], attribution: list[Row] | None = None) -> dict[str, pa.Table]:
    return {
        "core.strikes": table("core.strikes").conform(strikes),
        "core.attribution": table("core.attribution").conform(
            [held(row) for row in strikes] if attribution is None else attribution
        ),
    }


def find(frame: pa.Table, **wanted: Any) -> list[Row]:
    return [row for row in frame.to_pylist() if all(row[name] == value for name, value in wanted.items())]


def one(frame: pa.Table, **wanted: Any) -> Row:
    (row,) = find(frame, **wanted)
    return row


def apart(number: int) -> tuple[float, float]:
    """One of many places, each a kilometre north of the one before."""
    return ALEPPO[0] + number / 100, ALEPPO[1]


def scattered(count: int, **given_: Any) -> list[Row]:
    """Strikes at different places, each an episode of its own."""
    return [strike(f"s{number:03d}", at=apart(number), **given_) for number in range(count)]


def observation(controller: str, latitude: float, longitude: float, **given_: Any) -> Row:
    row: Row = dict.fromkeys(table("core.control_observations").columns)
    return row | {
        "observation_id": f"{controller} {latitude} {longitude}", "theatre": "syria", "source": "control_observations",
        "record_id": "r", "place": "somewhere", "latitude": latitude, "longitude": longitude,
        "controller": controller, "parties": "[]", "valid_from": date(2015, 8, 1),
    } | given_  # fmt: skip


def place(name: str, latitude: float, longitude: float, **given_: Any) -> Row:
    return {
        "place_id": name, "theatre": "syria", "source": "gazetteer", "record_id": "r", "place": name, "aliases": "[]",
        "province": "Aleppo", "latitude": latitude, "longitude": longitude, "precision_m": 1000.0, "credit": "c",
    } | given_  # fmt: skip


def other_days(*rows: tuple[str, str, int, int]) -> pa.Table:
    """Rows of strike, holder, days of the reported window, days off."""
    names = ("strike_id", "controller", "reported_days", "days_off")
    return pa.Table.from_pylist([dict(zip(names, row, strict=True)) | {"parties": "[]"} for row in rows], schema=SCHEMA)


def tables_of(
    theatre: Theatre,
    strikes: list[Row],
    attribution: list[Row],
    days: pa.Table | None = None,
    observations: list[Row] | None = None,
    places: list[Row] | None = None,
) -> dict[str, pa.Table]:
    frames = frames_of(strikes, attribution) | {
        "core.control_observations": table("core.control_observations").conform(observations or []),
        "core.places": table("core.places").conform(places or []),
    }
    return build_tables(theatre, frames, other_days=days)
