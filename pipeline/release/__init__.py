"""Releases: one immutable published set of files, with a manifest.

Belongs here: building a release aside (``build``, ``database``, ``files``, ``package``, ``manifest``),
verifying it from its own files (``verify``), and the one atomic step that lets readers see it (``publish``).
Does not belong here: making the tables, tiles, map or pictures; they are handed in.
"""

from __future__ import annotations

from pipeline.release.build import build_release, place_pictures, remove_stale
from pipeline.release.manifest import Manifest, read_manifest, read_pinned
from pipeline.release.publish import Published, Release, publish, releases, rollback
from pipeline.release.verify import ReleaseRefused, verify_release

__all__ = [
    "Manifest",
    "Published",
    "Release",
    "ReleaseRefused",
    "build_release",
    "place_pictures",
    "publish",
    "read_manifest",
    "read_pinned",
    "releases",
    "remove_stale",
    "rollback",
    "verify_release",
]
