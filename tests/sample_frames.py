"""A small, made-up set of frames for theatre syria that conforms to the catalogue.

Belongs here: thirty strikes, two states of the control map, and who held what, worked out in plain Python, so
that a test can predict it. Does not belong here: real facts, the pipeline's methods, or the marts.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pyarrow as pa
from sample_marts import sample_marts
from shapely import MultiPolygon, Polygon, box, to_wkb, unary_union
from shapely.geometry.base import BaseGeometry

from pipeline.catalogue import table, tables

THEATRE = "syria"
CONTROL = "control_observations"
RECEIVED = datetime(2026, 11, 1, tzinfo=UTC)
CHANGE = date(2016, 2, 4)
SNAPSHOTS = [date(2015, 9, 30), date(2015, 11, 25), date(2016, 1, 20), CHANGE]
LAST = date(2016, 4, 4)

# Boxes as west, south, east, north. On the day of change the government takes the east of the opposition's.
BEFORE = {
    "opposition": [(36.3, 34.75, 37.3, 35.9), (36.7, 35.9, 37.3, 36.6), (36.05, 32.65, 36.3, 33.1)],
    "government": [(36.3, 33.1, 37.3, 33.7), (36.65, 33.7, 37.3, 34.75)],
    "isis": [(37.3, 34.0, 40.0, 36.5)],
    "kurdish": [(37.3, 36.5, 40.9, 36.6)],
    "contested": [(40.0, 35.0, 40.4, 35.6)],
}
AFTER = {
    **BEFORE,
    "opposition": [(36.3, 34.75, 36.9, 35.9), (36.7, 35.9, 36.9, 36.6), (36.05, 32.65, 36.3, 33.1)],
    "government": [*BEFORE["government"], (36.9, 34.75, 37.3, 36.6)],
}

# place, province, latitude, longitude, precision in metres, first day, last day, stated holder
ISW = [
    ("Talbisah", "Homs", 34.84072, 36.73092, 2000, "2015-09-30", "2015-09-30", "opposition"),
    ("Talbisah", "Homs", 34.84072, 36.73092, 2000, "2015-09-30", "2015-10-01", "opposition"),
    ("Rastan", "Homs", 34.92667, 36.73241, 2500, "2015-09-30", "2015-09-30", "opposition"),
    ("Al Latamneh", "Hama", 35.321989, 36.62344, 2000, "2015-09-30", "2015-09-30", "opposition"),
    ("Kafr Zeita", "Hama", 35.37425, 36.6033, 2000, "2015-09-30", "2015-09-30", None),
    ("al-Ghab Plain", "Hama", 35.549735, 36.36476, 20000, "2015-10-02", "2015-10-12", "opposition"),
    ("Jisr al-Shughour", "Idlib", 35.81418, 36.31983, 2500, "2015-10-01", "2015-10-01", None),
    ("Darat Izza", "Aleppo", 36.28247, 36.85216, 2000, "2015-10-01", "2015-10-01", None),
    ("Raqqa", "Raqqa", 35.95283, 39.00788, 4000, "2015-10-01", "2015-10-01", "isis"),
    ("Ma'arat al-Numan", "Idlib", 35.6483, 36.67693, 2500, "2015-10-01", "2015-10-01", "opposition"),
    ("northeast of Palmyra", "Homs", 34.68, 38.43, 20000, "2015-10-02", "2015-10-05", "isis"),
    ("south of Aleppo City", "Aleppo", 36.017987, 37.011144, 15000, "2015-10-26", "2015-10-28", "opposition"),
    ("Albu Kamal", "Deir ez-Zor", 34.45226, 40.91854, 3000, "2015-11-05", "2015-11-05", "isis"),
    ("al-Bab", "Aleppo", 36.37051, 37.5157, 2500, "2015-11-02", "2015-11-08", "isis"),
    ("Inkhel", "Daraa", 33.01809, 36.12828, 2000, "2015-11-10", "2015-11-10", None),
    ("al-Hader", "Aleppo", 35.99024, 37.05086, 2000, "2015-11-12", "2015-11-12", "opposition"),
    ("Deir ez-Zour", "Deir ez-Zor", 35.33588, 40.14084, 5000, "2015-11-17", "2015-11-17", "isis"),
    ("Jarablus", "Aleppo", 36.55, 38.01111, 3000, "2015-11-27", "2015-11-29", "isis"),
    ("Eastern Ghouta", "Damascus", 33.538008, 36.4, 9000, "2015-12-25", "2015-12-25", None),
    ("Sheikh Meskin", "Daraa", 32.82666, 36.16052, 2000, "2016-01-02", "2016-01-03", "opposition"),
    ("Jebel Turkmen", "Latakia", 35.781035, 35.982277, 8000, "2016-01-23", "2016-01-25", "opposition"),
    ("Huraytan", "Aleppo", 36.28861, 37.08527, 2500, "2016-02-02", "2016-02-07", "opposition"),
    ("Palmyra", "Homs", 34.5624, 38.28402, 10000, "2016-02-29", "2016-03-03", "isis"),
    ("Castello Highway", "Aleppo", 36.25784, 37.15199, 3000, "2016-07-20", "2016-07-27", "opposition"),
]
CLAIMS = [
    ("Rastan", "Homs", 34.92667, 36.73241, 2500, "2015-10-01", "2015-10-01", "ISIL"),
    ("Jisr al-Shughour", "Idlib", 35.81418, 36.31983, 2500, "2015-10-03", "2015-10-03", "ISIL"),
    ("Raqqa", "Raqqa", 35.95283, 39.00788, 4000, "2015-10-03", "2015-10-03", "ISIL"),
    ("Idlib Province", "Idlib", 35.93062, 36.63393, 30000, "2015-10-06", "2015-10-06", "terrorists"),
    ("Palmyra", "Homs", 34.5624, 38.28402, 3000, "2015-11-02", "2015-11-02", "ISIL"),
    (
        "<b>al-Bab</b> & surroundings",
        "Aleppo",
        36.37051,
        37.5157,
        2500,
        "2015-11-08",
        "2015-11-08",
        "militants",
    ),
]


def sample_frames() -> dict[str, pa.Table]:
    """Every table of the catalogue for theatre syria, conforming; the same on each call."""
    strikes = _strikes("isw_reports", ISW) + _strikes("mod_claims", CLAIMS)
    areas = _areas()
    attribution = [_attribution(strike) for strike in strikes]
    rows = {
        **_raw(),
        "core.record_outcomes": [
            {
                **_pick(s, "record_id", "theatre", "source", "export_id"),
                "outcome": "accepted",
                "target_id": s["strike_id"],
            }
            for s in strikes
        ],
        "core.receipts": [_receipt(source) for source in ("isw_reports", "mod_claims")],
        "core.strikes": strikes,
        "core.sightings": [_sighting(strike) for strike in strikes],
        "core.revisions": [_revision(strike) for strike in strikes],
        "core.control_areas": areas,
        "core.control_snapshots": [
            {"theatre": THEATRE, "source": CONTROL, "snapshot_day": day, "in_force_to": end, "areas": 6}
            for day, end in pairwise([*SNAPSHOTS, LAST])
        ],
        "core.front_lines": _fronts(areas),
        "core.attribution": attribution,
        "core.episodes": _episodes(strikes),
        **sample_marts(strikes, attribution),
    }
    return {name: table(name).conform(rows.get(name, [])) for name in tables()}


def _pick(row: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: row[name] for name in names}


def _export_id(source: str) -> str:
    return hashlib.sha256(source.encode()).hexdigest()


def _record_id(source: str, number: int) -> str:
    return f"{_export_id(source)[:16]}//{number}"


def _raw() -> dict[str, list[dict[str, Any]]]:
    exports: list[dict[str, Any]] = []
    records: list[dict[str, Any]] = []
    for source, places in (("isw_reports", ISW), ("mod_claims", CLAIMS)):
        export = {"theatre": THEATRE, "source": source, "export_id": _export_id(source)}
        exports.append(
            {
                **export,
                "sha256": hashlib.sha256(f"bytes of {source}".encode()).hexdigest(),
                "file_name": f"{source}.csv",
                "format": "csv",
                "bytes": 4096,
                "encoding": "utf-8",
                "crs": None,
            }
            | {"record_count": len(places), "received_at": RECEIVED, "problem_code": None, "problem": None}
        )
        for number, (place, province, latitude, longitude, *_, first, last, said) in enumerate(places, 1):
            properties = {
                "place": place,
                "province": province,
                "date_from": first,
                "date_to": last,
                "said": said or "",
            }
            records.append(
                {**export, "record_id": _record_id(source, number), "layer": "", "record_no": number}
                | {"line_no": number + 1, "properties": json.dumps(properties), "geometry": None}
            )
            assert -90 <= latitude <= 90 and -180 <= longitude <= 180
    return {"raw.exports": exports, "raw.records": records}


def _strikes(source: str, places: list[tuple[Any, ...]]) -> list[dict[str, Any]]:
    rows = []
    for number, (place, province, latitude, longitude, precision, first, last, said) in enumerate(places, 1):
        claim = {"ISIL": "isis"}.get(said, "generic") if source == "mod_claims" else None
        begin, end = date.fromisoformat(first), date.fromisoformat(last)
        rows.append(
            {
                "strike_id": hashlib.sha256(f"{source}{number}".encode()).hexdigest()[:16],
                "theatre": THEATRE,
                "source": source,
                "source_key": f"{source}-{number}",
                "month": first[:7],
                "record_id": _record_id(source, number),
                "export_id": _export_id(source),
                "date_from": begin,
                "date_to": end,
                "date_basis": "exact" if begin == end else "report_window",
                "reported_from": begin,
                "reported_to": end + timedelta(days=3),
                "is_background": place == "Jarablus",
                "place": place,
                "province": province,
                "latitude": latitude,
                "longitude": longitude,
                "precision_m": precision,
                "precision_basis": "gazetteer",
                "location_basis": "gazetteer",
                "is_area": precision > 5000,
                "confidence": "high" if number % 3 == 0 else "unstated",
                "claimed_actor": said if claim else None,
                "claimed_controller": claim,
                "stated_holder": None if claim else said,
                "report_url": f"https://example.org/reports/{first}",
                "report_title": f"Report of {first}",
                "published": end + timedelta(days=4),
                "note": None,
                "revision": 1,
                "sightings": 1,
            }
        )
    return rows


def _receipt(source: str) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(table("core.receipts").columns)
    row |= {"theatre": THEATRE, "source": source, "export_id": _export_id(source), "file_name": f"{source}.csv"}
    row |= {"receipt_no": 1, "received_at": RECEIVED, "state": "applied", "is_complete": False, "is_accepted": False}
    return row | {"keys": len(ISW if source == "isw_reports" else CLAIMS)}


def _sighting(strike: dict[str, Any]) -> dict[str, Any]:
    told = _pick(strike, "strike_id", "theatre", "source", "record_id", "export_id", "revision")
    return told | {"received_at": RECEIVED, "outcome": "accepted"}


def _revision(strike: dict[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(table("core.revisions").columns)
    row |= {name: value for name, value in strike.items() if name in row}
    return row | {
        "status": "current", "is_last": True, "known_from": RECEIVED, "last_seen": RECEIVED, "changes": "{}",
    }  # fmt: skip


def _shapes(state: dict[str, list[tuple[float, float, float, float]]]) -> list[tuple[str, Polygon]]:
    shapes = []
    for controller, boxes in state.items():
        union = unary_union([box(*corners) for corners in boxes])
        parts = union.geoms if isinstance(union, MultiPolygon) else [union]
        shapes += [(controller, part.normalize()) for part in parts]
    return shapes


def _areas() -> list[dict[str, Any]]:
    before, after = _shapes(BEFORE), _shapes(AFTER)
    spans: dict[tuple[str, str], list[date]] = {}
    for shapes, first, last in ((before, SNAPSHOTS[0], CHANGE), (after, CHANGE, LAST)):
        for controller, shape in shapes:
            spans.setdefault((controller, shape.wkt), [first, last])[1] = last
    return [
        {
            "area_id": hashlib.sha256((key[0] + key[1]).encode()).hexdigest()[:16],
            "theatre": THEATRE,
            "source": CONTROL,
            "controller": key[0],
            "parties": '["isis", "government"]' if key[0] == "contested" else "[]",
            "valid_from": spans[key][0],
            "valid_to": spans[key][1],
            "method": "tessellation",
            "repair": None,
            "record_ids": "[]",
            "geometry": to_wkb(shape),
        }
        for key, shape in {(c, s.wkt): s for c, s in [*before, *after]}.items()
    ]


def _fronts(areas: list[dict[str, Any]]) -> list[dict[str, Any]]:
    fronts = []
    for state, first, last in ((BEFORE, SNAPSHOTS[0], CHANGE), (AFTER, CHANGE, LAST)):
        ground: dict[str, BaseGeometry] = {}
        for controller, boxes in state.items():
            ground[controller] = unary_union([box(*corners) for corners in boxes])
        for a in sorted(ground):
            for b in sorted(ground):
                line = ground[a].boundary.intersection(ground[b].boundary)
                if a < b and line.length:
                    fronts.append(
                        {
                            "front_id": hashlib.sha256(f"{a}{b}{first}".encode()).hexdigest()[:16],
                            "theatre": THEATRE,
                        }
                        | {"source": CONTROL, "controller_a": a, "controller_b": b, "valid_from": first}
                        | {"valid_to": last, "geometry": to_wkb(line)}
                    )
    return fronts


def holder(longitude: float, latitude: float, day: date) -> str:
    """Who holds a point on a day in these frames; edges do not matter, no strike lies on one."""
    if not SNAPSHOTS[0] <= day < LAST:
        return "unknown"
    for controller, boxes in (BEFORE if day < CHANGE else AFTER).items():
        if any(w < longitude < e and s < latitude < n for w, s, e, n in boxes):
            return controller
    return "unknown"


def _attribution(strike: dict[str, Any]) -> dict[str, Any]:
    day = strike["date_to"]
    controller = holder(strike["longitude"], strike["latitude"], day)
    shares = {controller: 1.0}
    if strike["is_area"] and controller != "unknown":
        shares = {controller: 0.75, "unknown": 0.25}
    known = [snapshot for snapshot in SNAPSHOTS if snapshot <= day < LAST]
    status = {"contested": "contested", "unknown": "gap" if known else "no_snapshot"}.get(controller, "held")
    unknown = shares.get("unknown", 0.0) + shares.get("contested", 0.0)
    return {
        **_pick(strike, "strike_id", "theatre", "source", "month"),
        "control_source": CONTROL,
        "controller": controller,
        "parties": '["isis", "government"]' if controller == "contested" else "[]",
        "status": status,
        "certainty": "uncertain" if unknown else "firm" if strike["precision_m"] < 2500 else "likely",
        "focus_share": shares.get("isis", 0.0),
        "other_share": 1.0 - unknown - shares.get("isis", 0.0),
        "unknown_share": unknown,
        "focus_at_point": float(controller == "isis"),
        "shares": json.dumps(shares),
        "radius_m": strike["precision_m"],
        "window_days": (day - strike["date_from"]).days + 1,
        "days_without_snapshot": 0 if known else (day - strike["date_from"]).days + 1,
        "snapshot_first": known[-1] if known else None,
        "snapshot_last": known[-1] if known else None,
        "snapshot_age_days": (day - known[-1]).days if known else None,
        "margin_r": 0.25 if known else None,
        "front_distance_m": 12_500.0 if known else None,
    }


def _episodes(strikes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Only the two rows of Talbisah tell of one event."""
    first: dict[tuple[Any, ...], str] = {}
    for s in strikes:
        first.setdefault((s["source"], s["place"]), s["strike_id"])
    return [
        {**_pick(s, "strike_id", "theatre", "source"), "episode_id": first[s["source"], s["place"]]} for s in strikes
    ]
