"""Which releases there are, which is in force, and which versions of the working tables they pin.

Belongs here: looking, in the data folder and in a bucket. Does not belong here: changing anything (``publish``,
``retention``), how a bucket is laid out (``bucket``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import UserError
from pipeline.release import bucket as stored
from pipeline.release.bucket import InForce
from pipeline.release.build import BUILDING
from pipeline.release.manifest import MANIFEST, PINNED, Manifest, parse_pinned, read_manifest, read_pinned
from pipeline.settings import Settings
from pipeline.storage import open_bucket


@dataclass(frozen=True)
class Release:
    """A release; in a bucket it need not be on the disk yet (``copy_release``)."""

    id: str
    path: Path
    as_of: str
    code_version: str
    is_latest: bool
    rows: dict[str, int]


def in_force(settings: Settings) -> InForce | None:
    """The release in force and the versions that it pins; None where there is none."""
    shared = open_bucket(settings)
    if shared is not None:
        return stored.read_pointer(shared)
    latest = linked(settings)
    return None if latest is None else InForce(release=latest, pinned=read_pinned(settings.releases_dir / latest))


def linked(settings: Settings) -> str | None:
    """The release to which the data folder's own link points."""
    return settings.latest.readlink().name if settings.latest.is_symlink() else None


def pinned_by(settings: Settings, release: Release) -> list[dict[str, int]]:
    """Versions of the working tables that a release pins, wherever it is kept: all that must stay readable for it.

    Raises:
        UserError: it cannot be read which they are.
    """
    shared = open_bucket(settings)
    if shared is None:
        path = release.path / PINNED
        try:
            return [parse_pinned(path.read_bytes())]
        except (OSError, ValueError) as error:
            raise UserError(f"{path} cannot be read ({error.__class__.__name__})") from error
    current = stored.read_pointer(shared)
    # The pointer may be ahead, as it is moved first; what the release itself says counts once it is no longer in force.
    ahead = [current.pinned] if current is not None and current.release == release.id else []
    return [*ahead, stored.read_stored_pinned(shared, release.id)]


def releases(settings: Settings) -> list[Release]:
    """All releases, oldest first. Folders without a readable manifest are not releases."""
    shared = open_bucket(settings)
    if shared is None:
        return copies(settings)
    current = in_force(settings)
    return _in_order(settings, stored.list_stored(shared), current.release if current else None)


def copies(settings: Settings) -> list[Release]:
    """Those on this machine's disk, oldest first, wherever releases are kept; its own link says which is the latest."""
    return _in_order(settings, _manifests(settings), linked(settings))


def _in_order(settings: Settings, found: Iterable[tuple[Manifest, int]], latest: str | None) -> list[Release]:
    known = [
        (written_ns, _release(settings.releases_dir / manifest.release, manifest, latest))
        for manifest, written_ns in found
    ]
    # Of the same exports newer code may make another release: the later one is the one that was made later.
    return [one for _, one in sorted(known, key=lambda pair: (pair[1].as_of, pair[0], pair[1].id))]


def _manifests(settings: Settings) -> Iterator[tuple[Manifest, int]]:
    """Manifests on the disk and when each release was made, nanoseconds since 1970."""
    for path in settings.releases_dir.glob(f"*/{MANIFEST}"):
        if path.parent.name.startswith(BUILDING):
            continue
        try:
            yield read_manifest(path.parent), path.parent.stat().st_mtime_ns
        except UserError:
            continue


def _release(path: Path, manifest: Manifest, latest: str | None) -> Release:
    return Release(
        id=manifest.release,
        path=path,
        as_of=manifest.as_of,
        code_version=manifest.code_version,
        is_latest=manifest.release == latest,
        rows={name: entry.rows for name, entry in manifest.tables.items()},
    )
