"""Tags of runs: why a run exists, whom it is for, and the months that it covers.

Belongs here: the names of tags and reading them. Does not belong here: deciding what to run.
"""

from __future__ import annotations

from collections.abc import Mapping

THEATRE = "isw/theatre"
WHY = "isw/why"
FORCE = "isw/force"
SHOWCASE = "isw/showcase"
PROCESS = "isw/process"
BACKFILL = "dagster/backfill"
BY_HAND = "started by a person"
STATE = "isw/state"
RANGE_START = "dagster/asset_partition_range_start"
RANGE_END = "dagster/asset_partition_range_end"

LONGEST_WHY = 500


def month_range(first: str, last: str) -> dict[str, str]:
    """Tags of a run over the months from first to last (YYYY-MM), both inclusive."""
    return {RANGE_START: first, RANGE_END: last}


def why(text: str) -> dict[str, str]:
    """Tag that says in words why a run exists."""
    return {WHY: text if len(text) <= LONGEST_WHY else text[: LONGEST_WHY - 1] + "…"}


def why_by_hand(tags: Mapping[str, str]) -> dict[str, str]:
    """Tag for a run that does not say why it exists, as one of the UI; none where a run says it."""
    if WHY in tags:
        return {}
    return why(BY_HAND + (f", backfill {tags[BACKFILL]}" if BACKFILL in tags else ""))


def theatres(tags: Mapping[str, str]) -> list[str]:
    """Names of the theatres that a run is of; none where it does not say."""
    return [name for name in tags.get(THEATRE, "").split(",") if name]


def is_set(tags: Mapping[str, str], name: str) -> bool:
    """Whether a tag says yes; no where it is absent."""
    return tags.get(name, "").strip().lower() in {"true", "yes", "1"}
