"""Control margin, bootstrap over places, tipping point: against hand-made cases."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.tables.robustness import bootstrap_places, measure_robustness


def _episodes(shares: list[float], uncertain: int = 0) -> list[dict[str, object]]:
    return [{"place": str(i), "not_focus": share, "is_uncertain": i < uncertain} for i, share in enumerate(shares)]


def test_figures_by_hand() -> None:
    figures = measure_robustness(_episodes([1.0] * 15 + [0.0] * 5, uncertain=5))
    assert figures["not_focus_expected"] == 0.75
    # Five uncertain ones against, then for: they were all for, so only the lower figure moves.
    assert (figures["margin_lower"], figures["margin_upper"]) == (0.5, 0.75)
    # Ten more locations on the other side: 15 of 30 is one half.
    assert figures["tipping_point"] == 10
    assert figures["tipping_ratio"] == 3


def test_under_twenty_there_is_a_count_and_no_share() -> None:
    figures = measure_robustness(_episodes([1.0] * 19))
    assert figures["n"] == 19
    assert figures["not_focus_expected"] is None
    assert figures["place_lower"] is None


def test_rows_at_one_place_widen_the_interval() -> None:
    shares = np.array([1.0] * 30 + [0.0] * 10)
    apart = bootstrap_places(shares, np.arange(40))
    together = bootstrap_places(shares, np.arange(40) // 10)
    assert together[1] - together[0] > apart[1] - apart[0]
    assert apart[0] <= shares.mean() <= apart[1]
    assert bootstrap_places(shares, np.arange(40)) == apart


def test_certain_agreement_leaves_no_interval() -> None:
    figures = measure_robustness(_episodes([1.0] * 25))
    assert (figures["place_lower"], figures["place_upper"]) == (pytest.approx(1), pytest.approx(1))
    assert figures["tipping_ratio"] is None
