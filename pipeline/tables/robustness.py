"""Robustness: how far the headline could be wrong, for each source and named window.

Belongs here: the control margin, the bootstrap over places, the tipping point and the coverage of METHODS.
Does not belong here: the bounds given the control map (``headline``), other method choices (``sensitivity``).
"""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from pipeline.catalogue import table
from pipeline.tables.measures import FEWEST, run
from pipeline.theatres import Theatre

DRAWS = 1_000
SEED = 20160307


def tabulate_robustness(connection: duckdb.DuckDBPyConnection, theatre: Theatre) -> pa.Table:
    """marts.robustness of the attribution that the connection measured last."""
    sets: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in run(connection, "list_episodes_by_window").to_pylist():
        sets[row["source"], row["window"]].append(row)
    coverage: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in run(connection, "list_coverage").to_pylist():
        kept = {name: row[name] for name in ("report_title", "stated", "named")}
        coverage[row["source"], row["window"]].append(kept)
    rows = [
        {
            "theatre": theatre.name,
            "source": source,
            "window": window,
            **measure_robustness(episodes),
            "coverage": json.dumps(coverage[source, window], ensure_ascii=False),
        }
        for (source, window), episodes in sorted(sets.items())
    ]
    return table("marts.robustness").conform(rows)


def measure_robustness(episodes: list[dict[str, Any]]) -> dict[str, Any]:
    """The figures of one set.

    Args:
        episodes: dicts with ``place``, ``not_focus`` (1 - i) and ``is_uncertain``.

    Returns:
        The figures of marts.robustness; shares are None under ``FEWEST`` episodes.
    """
    shares = np.array([row["not_focus"] for row in episodes])
    uncertain = np.array([row["is_uncertain"] for row in episodes], dtype=bool)
    names = sorted({row["place"] for row in episodes})
    number = {name: i for i, name in enumerate(names)}
    places = np.array([number[row["place"]] for row in episodes])
    figures: dict[str, Any] = {"n": len(shares), "places": len(names)}
    wanted = ("not_focus_expected", "margin_lower", "margin_upper", "place_lower", "place_upper")
    if len(shares) < FEWEST:
        return {**figures, **dict.fromkeys((*wanted, "tipping_point", "tipping_ratio"))}
    expected = float(shares.mean())
    low, high = bootstrap_places(shares, places)
    values = (expected, np.where(uncertain, 0, shares).mean(), np.where(uncertain, 1, shares).mean(), low, high)
    return {
        **figures,
        **{name: round(float(value), 9) for name, value in zip(wanted, values, strict=True)},
        "tipping_point": round(len(shares) * (2 * expected - 1), 6),
        "tipping_ratio": round(expected / (1 - expected), 6) if expected < 1 else None,
    }


def bootstrap_places(shares: np.ndarray[Any, Any], places: np.ndarray[Any, Any]) -> tuple[float, float]:
    """95 % interval of the mean when whole places are drawn, because rows at one place are not independent.

    Args:
        shares: one value an episode.
        places: number of each episode's place, from 0.
    """
    count = int(places.max()) + 1
    sums = np.bincount(places, shares, minlength=count)
    sizes = np.bincount(places, minlength=count)
    drawn = np.random.default_rng(SEED).multinomial(count, np.full(count, 1 / count), size=DRAWS)
    means = (drawn @ sums) / (drawn @ sizes)
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)
