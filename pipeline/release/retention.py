"""Retention: which releases are kept, and removing the others.

Belongs here: the rule (the last N, the last of every month, and the one in force) and the removal. Does not belong
here: publishing (``publish``), the working tables.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence

from pipeline.release.bucket import list_abandoned, remove
from pipeline.release.build import BUILDING
from pipeline.release.listing import Release, releases
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


def prune(settings: Settings) -> list[Release]:
    """Remove releases that are not kept; a reader of one keeps the files that he has open.

    Returns:
        The removed ones.
    """
    shared = open_bucket(settings)
    if shared is not None:
        for broken_off in list_abandoned(shared):
            remove(shared, broken_off)
    with hold_turn(settings):
        removed = superfluous(releases(settings), settings.keep_releases)
        for release in removed:
            if shared is not None and not remove(shared, release.id):
                continue
            if not release.path.exists():  # of a bucket, and never copied to this machine
                continue
            # First out of sight by one rename: a process that dies after it leaves what the next build removes.
            aside = release.path.with_name(f"{BUILDING}{release.id}-{os.getpid()}")
            release.path.rename(aside)
            shutil.rmtree(aside)
    return removed
