"""Fetch: bytes from live sources into the intake, as raw exports.

Belongs here: ArcGIS layers, files at web addresses, objects in stores; whole or not at all, and only what changed.
Does not belong here: reading what was fetched (``exports``), what it means (the theatre's file).

A theatre's file says what is fetched: the ``fetch`` block of a source (``theatres.live``).
"""

from pipeline.fetch.answers import FetchFailed
from pipeline.fetch.sources import Fetched, choose_sources, fetch_sources

__all__ = ["FetchFailed", "Fetched", "choose_sources", "fetch_sources"]
