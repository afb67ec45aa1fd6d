"""The marts of the made-up frames: headline, split, days and explanations.

Belongs here: figures that a test can predict. Does not belong here: the pipeline's own methods.
"""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

from pipeline.catalogue import table

THEATRE = "syria"
CONTROL = "control_observations"
ARTICLE = (date(2015, 9, 30), date(2016, 3, 7))
GROUPS = {
    "opposition": ["opposition", "nusra"],
    "isis": ["isis"],
    "government": ["government"],
    "kurdish": ["kurdish"],
    "contested_or_unknown": ["contested", "unknown"],
}


Pair = tuple[dict[str, Any], dict[str, Any]]


def _shares(counted: list[Pair]) -> dict[str, Any]:
    """The figures of a headline; all null under twenty locations."""
    n = len(counted)
    if n < 20:
        figures = [name for name in table("marts.headline").columns if name.startswith("not_focus_")]
        return {"split": None, **dict.fromkeys(figures)}

    def mean(values: list[float]) -> float:
        return round(sum(values) / n, 6)

    rows = [a for _, a in counted]
    shares = [json.loads(a["shares"]) for a in rows]
    split = {g: mean([sum(s.get(m, 0.0) for m in members) for s in shares]) for g, members in GROUPS.items()}
    focus = mean([a["focus_share"] for a in rows])
    return {
        "split": json.dumps(split),
        "not_focus_at_point": mean([1 - a["focus_at_point"] for a in rows]),
        "not_focus_expected": 1 - focus,
        "not_focus_lower_t10": mean([a["focus_share"] + a["unknown_share"] <= 0.1 for a in rows]),
        "not_focus_upper_t10": 1 - mean([a["other_share"] + a["unknown_share"] <= 0.1 for a in rows]),
        "not_focus_lower_t0": mean([a["focus_share"] + a["unknown_share"] <= 0 for a in rows]),
        "not_focus_upper_t0": 1 - mean([a["other_share"] + a["unknown_share"] <= 0 for a in rows]),
        "not_focus_excluding_ally": 1 - focus / (1 - split["government"]),
        "place_lower": max(0.0, 0.85 - focus),
        "place_upper": min(1.0, 1.15 - focus),
    }


def _sentence(n: int, figures: dict[str, Any]) -> str:
    if figures["split"] is None:
        return f"{n} reported strike locations: too few for a share."
    point, lower, upper = (figures[f"not_focus_{name}"] for name in ("at_point", "lower_t10", "upper_t10"))
    return (
        f"{point:.0%} of {n} reported strike locations were not on ground held by ISIS "
        f"(between {lower:.0%} and {upper:.0%}, given the control map)."
    )


def _headline(source: str, window: str, span: tuple[date, date], unit: str, rows: list[Pair]) -> dict[str, Any]:
    distinct = {(s["longitude"], s["latitude"]): (s, a) for s, a in rows}
    counted = rows if unit == "row" else list(distinct.values())
    figures = _shares(counted)
    return {
        "theatre": THEATRE,
        "source": source,
        "window": window,
        "window_from": span[0],
        "window_to": span[1],
        "filter": "all",
        "unit": unit,
        "control_source": CONTROL,
        "rows": len(rows),
        "episodes": len(distinct),
        "places": len(distinct),
        "n": len(counted),
        "coverage": "[]",
        "sentence": _sentence(len(counted), figures),
        **figures,
    }


def sample_marts(strikes: list[dict[str, Any]], attribution: list[dict[str, Any]]) -> dict[str, Any]:
    """Rows of marts.headline, marts.headline_split, marts.strikes_by_day and marts.explanations."""
    headline, days = [], []
    for source in ("isw_reports", "mod_claims"):
        pairs = [(s, a) for s, a in zip(strikes, attribution, strict=True) if s["source"] == source]
        windows = {"article": ARTICLE, "2015-10": (date(2015, 10, 1), date(2015, 10, 31))}
        for window, span in windows.items():
            inside = [
                (s, a)
                for s, a in pairs
                if not s["is_background"] and s["date_to"] >= span[0] and s["date_from"] <= span[1]
            ]
            headline += [_headline(source, window, span, unit, inside) for unit in ("episode", "row")]
        days += [
            {"theatre": THEATRE, "source": source, "day": day, "controller": controller, "strikes": count}
            for (day, controller), count in _by_day(pairs).items()
        ]
    split = [
        {**{k: row[k] for k in ("theatre", "source", "window", "filter", "unit")}, "controller_group": group}
        | {"expected_share": json.loads(row["split"])[group] if row["split"] else None}
        for row in headline
        for group in GROUPS
    ]
    return {
        "marts.headline": headline,
        "marts.headline_split": split,
        "marts.strikes_by_day": days,
        "marts.explanations": [_explanation(strike, row) for strike, row in zip(strikes, attribution, strict=True)],
    }


def _explanation(strike: dict[str, Any], attribution: dict[str, Any]) -> dict[str, Any]:
    told = {
        "what": f"{strike['place']}, reported by {strike['source']}.",
        "counts_as": "Counts as one location.",
        "days_counted": f"{strike['date_from']} to {strike['date_to']}.",
        "place_searched": f"A disc of {strike['precision_m']:.0f} m.",
        "control_used": f"{CONTROL}.",
        "ground_found": f"At the centre: {attribution['controller']}.",
        "how_sure": f"{attribution['certainty']}.",
        "would_change": "Nothing near.",
        "doubts": "{}",
    }
    return {"theatre": THEATRE, "source": strike["source"], "strike_id": strike["strike_id"], **told}


def _by_day(pairs: list[tuple[dict[str, Any], dict[str, Any]]]) -> dict[tuple[date, str], float]:
    counts: dict[tuple[date, str], float] = {}
    for strike, row in pairs:
        for offset in range(row["window_days"]):
            key = (strike["date_from"] + timedelta(days=offset), row["controller"])
            counts[key] = counts.get(key, 0.0) + 1 / row["window_days"]
    return dict(sorted(counts.items()))
