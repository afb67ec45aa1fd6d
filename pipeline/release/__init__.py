"""Releases: one immutable published set of files, with a manifest.

Belongs here: building a release aside (``build``, ``database``, ``files``, ``package``, ``manifest``),
verifying it from its own files (``verify``), the one atomic step that lets readers see it (``publish``, and ``bucket``
where several machines share one), saying which there are (``listing``), comparing two (``difference``), and removing
those that are not kept (``retention``).
Does not belong here: making the tables, tiles, map or pictures; they are handed in.
"""

from __future__ import annotations

from pipeline.release.build import build_release, list_stale, open_scratch, place_pictures, remove_stale
from pipeline.release.difference import Difference, compare_releases
from pipeline.release.listing import Release, in_force, pinned_by, releases
from pipeline.release.manifest import Manifest, read_manifest, read_pinned
from pipeline.release.publish import Published, copy_release, publish, rollback
from pipeline.release.retention import prune, removable, superfluous
from pipeline.release.verify import ReleaseRefused, verify_release

__all__ = [
    "Difference",
    "Manifest",
    "Published",
    "Release",
    "ReleaseRefused",
    "build_release",
    "compare_releases",
    "copy_release",
    "in_force",
    "list_stale",
    "open_scratch",
    "pinned_by",
    "place_pictures",
    "prune",
    "publish",
    "read_manifest",
    "read_pinned",
    "releases",
    "removable",
    "remove_stale",
    "rollback",
    "superfluous",
    "verify_release",
]
