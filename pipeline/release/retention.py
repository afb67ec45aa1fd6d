"""Retention: which releases are kept, and removing the others.

Belongs here: the rule (the last N, the last of every month, and the one in force) and the removal, of copies on this
machine too. Does not belong here: publishing (``publish``), the working tables.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from pipeline.release.bucket import list_abandoned, remove
from pipeline.release.build import BUILDING
from pipeline.release.listing import Release, copies, linked, releases
from pipeline.release.publish import hold_turn
from pipeline.settings import Settings
from pipeline.storage import open_bucket


def superfluous(known: Sequence[Release], keep: int) -> list[Release]:
    """Releases that the rule does not keep.

    Args:
        known: releases, oldest first.
        keep: how many of the newest are kept.

    Returns:
        Those that are neither among the newest, nor the last of their month (UTC, by what they were made from), nor the
        one in force.
    """
    last_of_month = {release.as_of[:7]: release.id for release in known}
    kept = {release.id for release in known[-keep:]} | set(last_of_month.values())
    return [release for release in known if release.id not in kept and not release.is_latest]


def removable(settings: Settings, known: Sequence[Release]) -> list[Release]:
    """What :func:`prune` removes: releases that are not kept, and copies here of what a bucket no longer has.

    Args:
        settings: the data folder, and how many are kept.
        known: all releases, oldest first.
    """
    ids = {release.id for release in known}
    # By the same rule: where a bucket is new, what the data folder held before it is no more superfluous than it was.
    copied = [copy for copy in copies(settings) if copy.id not in ids]
    # Of the same exports, what the bucket has is taken for the later.
    both = sorted([*copied, *known], key=lambda release: release.as_of)
    gone = {release.id for release in superfluous(both, settings.keep_releases)} - ids
    removed = superfluous(known, settings.keep_releases)
    return [release for release in both if release in removed or release.id in gone]


def prune(settings: Settings) -> list[Release]:
    """Remove releases that are not kept; a reader of one keeps the files that he has open.

    Returns:
        The removed ones: gone from the bucket, where there is one, or from this machine's disk.
    """
    shared = open_bucket(settings)
    if shared is not None:
        for broken_off in list_abandoned(shared):
            remove(shared, broken_off)
    with hold_turn(settings):
        known = releases(settings)
        removed = []
        for release in removable(settings, known):
            if shared is not None and release in known and not remove(shared, release.id):
                continue
            removed.append(release)
            # A bucket's need not have been copied to this machine; and what its link names is read until it is moved.
            if release.path.exists() and release.id != linked(settings):
                _remove_folder(release.path)
    return removed


def _remove_folder(path: Path) -> None:
    # First out of sight by one rename: a process that dies after it leaves what the next build removes.
    aside = path.with_name(f"{BUILDING}{path.name}-{os.getpid()}")
    path.rename(aside)
    shutil.rmtree(aside)
