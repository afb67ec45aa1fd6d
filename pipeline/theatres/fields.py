"""Fields: what a source's mapping may name, by kind of source.

Belongs here: the names alone. Does not belong here: what a field means (``docs/methods.md``, the modules that read it).
"""

from __future__ import annotations

# Every field that a mapping may name, by kind of source.
FIELDS: dict[str, tuple[str, ...]] = {
    "strikes": (
        "id", "dates", "date_exact", "date_from", "date_to", "period_from", "period_to", "published", "place",
        "place_text", "province", "coordinate", "latitude", "longitude", "latitude_text", "longitude_text", "precision",
        "confidence", "claimed_actor", "stated_holder", "note", "report_url", "report_title",
    ),
    "control_observations": (
        "place", "place_local", "province", "coordinate", "latitude", "longitude", "controller", "parties",
        "valid_from", "valid_to", "basis", "citation", "note",
    ),
    "control_polygons": ("controller", "valid_from", "valid_from_file"),
    "places": ("place", "aliases", "province", "coordinate", "latitude", "longitude", "precision", "credit"),
    "reports": ("report_url", "report_title", "published", "period_from", "period_to", "locations_stated"),
    "report_additions": ("report_url", "province", "status", "stated_holder", "date_from", "date_to", "note"),
}  # fmt: skip
