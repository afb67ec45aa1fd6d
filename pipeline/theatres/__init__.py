"""Theatres: one war and area each, described by a YAML file. A new theatre or source is data, not code.

Belongs here: the names that the rest of the package uses, out of ``model``, ``sources``, ``live`` and ``reading``.
Does not belong here: anything done to a record.
"""

from __future__ import annotations

from pipeline.theatres.fields import FIELDS
from pipeline.theatres.live import LiveFile, LiveLayer
from pipeline.theatres.model import (
    CONTESTED,
    GENERIC,
    UNKNOWN,
    Control,
    Controller,
    Near,
    Province,
    Region,
    Theatre,
    Window,
    months_between,
)
from pipeline.theatres.reading import read_block, read_theatre, theatre_files, theatres
from pipeline.theatres.scales import Level, Scale, precision_scales
from pipeline.theatres.sources import CONTROL_KINDS, Dialect, FieldSource, PlaceMatch, Recognise, Source, SourceKind

__all__ = [
    "CONTESTED",
    "CONTROL_KINDS",
    "FIELDS",
    "GENERIC",
    "UNKNOWN",
    "Control",
    "Controller",
    "Dialect",
    "FieldSource",
    "Level",
    "LiveFile",
    "LiveLayer",
    "Near",
    "PlaceMatch",
    "Province",
    "Recognise",
    "Region",
    "Scale",
    "Source",
    "SourceKind",
    "Theatre",
    "Window",
    "months_between",
    "precision_scales",
    "read_block",
    "read_theatre",
    "theatre_files",
    "theatres",
]
