"""Exports: raw files in, lossless records out.

Belongs here: keeping received bytes, telling formats apart by content, reading every format into the same
records, and naming what is wrong with a file. Only coordinate systems and encodings are interpreted.
Does not belong here: dates, places, controllers, duplicates; the stages judge those.

A new format is a module with a ``Reader`` and its line in ``registry.READERS``.
"""

from pipeline.exports.circumstances import say_outdated
from pipeline.exports.reading import read_export
from pipeline.exports.recognise import find_fault, recognise
from pipeline.exports.store import fetch, find_kept, receive
from pipeline.exports.types import Reading, Received

__all__ = [
    "Reading", "Received", "fetch", "find_fault", "find_kept", "read_export", "receive", "recognise", "say_outdated",
]  # fmt: skip
