"""Publication: from the working tables, as they stand at one version each, to a published release.

Belongs here: pinning versions, gathering what a release holds, and asking ``release`` to build, verify and publish it.
Does not belong here: how a release is laid out or switched (``release``), how anything in it is drawn.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from pipeline.base_map import theatre_config
from pipeline.catalogue import tables
from pipeline.due import find_hindrance, notes_in_force, release_inputs, theatres_with_exports
from pipeline.errors import UserError
from pipeline.ledger import Entry, code_digest, digest
from pipeline.released import RELEASE, latest_folder, say_rollback
from pipeline.settings import Settings
from pipeline.status import note_failure, note_success
from pipeline.theatres import Theatre
from pipeline.work import Work

if TYPE_CHECKING:
    from pipeline.expectations import Validation


@dataclass(frozen=True)
class Publication:
    """A published release, with what is told first; ``remark`` where a person went back to it."""

    id: str
    path: Path
    already: bool
    headlines: dict[str, str]
    pictures: list[Path]
    remark: str = ""


def headline_sentences(theatre: Theatre, headline: pa.Table) -> dict[str, str]:
    """The sentences of the theatre's main window, by theatre and source, that of its main source first."""
    wanted = (theatre.name, theatre.main_window, "all", "episode")
    told = {
        row["source"]: str(row["sentence"])
        for row in headline.to_pylist()
        if (row["theatre"], row["window"], row["filter"], row["unit"]) == wanted
    }
    sources = sorted(told, key=lambda source: (source != theatre.main_source, source))
    return {f"{theatre.name} {source}": told[source] for source in sources}


def publish_release(
    settings: Settings,
    theatres: list[str] | None = None,
    on_progress: Callable[[str], None] = lambda _: None,
) -> Publication:
    """Build, verify and publish a release of all theatres that hold anything.

    Args:
        settings: settings.
        theatres: theatres that must be fresh even where nothing new would be released. All where None. Where
            something would, every theatre must be.
        on_progress: told a line at each stage.

    Raises:
        UserError: nothing was received, a part is not fresh, or another run replaces tables meanwhile.
        pipeline.release.ReleaseRefused: the candidate failed its own verification; the last release stays.
    """
    try:
        published = _publish_or_find(settings, theatres, on_progress)
    except UserError as error:
        note_failure(settings, str(error))
        raise
    note_success(settings, published.id, is_new=not published.already)
    return published


def find_publication(settings: Settings) -> Publication | None:
    """The release in force, where nothing needs publishing; None where something does. Changes and notes nothing."""
    work = Work(settings)
    notes = notes_in_force(work, release_inputs(work, theatres_with_exports(work)))
    return _find(settings, notes) if notes else None


def _publish_or_find(settings: Settings, theatres: list[str] | None, on_progress: Callable[[str], None]) -> Publication:
    work = Work(settings)
    present = theatres_with_exports(work)
    if not present:
        raise UserError(f"nothing was received yet: put a file into {settings.inbox_dir} or run `isw-strikes run`")
    _require_fresh(work, theatres)
    inputs = release_inputs(work, present)
    notes = notes_in_force(work, inputs)
    if notes:
        return _find(settings, notes)
    pinned, frames = _read(work, present)
    # What was taken or made since the first look would be half in what was read.
    _require_fresh(work, None)
    if release_inputs(work, present) != inputs:
        raise UserError(
            "another run replaced tables while they were read for the release: nothing is published, the release "
            "before stays. Run `isw-strikes run` again when the other run has ended"
        )
    return _publish(work, present, inputs, pinned, frames, on_progress)


def _require_fresh(work: Work, theatres: list[str] | None) -> None:
    hindrance = find_hindrance(work, theatres)
    if hindrance:
        raise UserError(hindrance)


def _find(settings: Settings, notes: dict[str, Any]) -> Publication:
    """The release in force: that of these notes, or the earlier one to which a person went back."""
    folder = latest_folder(settings).resolve()
    said = say_rollback(settings)
    if said:
        return Publication(folder.name, folder, True, {}, [], remark=f"{said}; nothing new since")
    return Publication(**_told(settings, notes), already=True)


def _told(settings: Settings, notes: dict[str, Any]) -> dict[str, Any]:
    path = settings.releases_dir / notes["id"]
    return {
        "id": notes["id"],
        "path": path,
        # The ledger sorts the names of what it keeps; pairs stay in the order in which they are told.
        "headlines": dict(notes["headlines"]),
        "pictures": [path / name for name in notes["pictures"]],
    }


def stored_tables() -> list[str]:
    """Names of the released tables that are kept; the rest are made in the release itself."""
    return [name for name, spec in tables().items() if spec.is_released and spec.storage is not None]


def _read(work: Work, present: list[Theatre]) -> tuple[dict[str, int], dict[str, dict[str, pa.Table]]]:
    """The version of each released table now, and its rows at that version, by theatre."""
    pinned = {name: version for name in stored_tables() if (version := work.lake.version(name)) is not None}
    return pinned, {theatre.name: _frames(work, theatre, pinned) for theatre in present}


def _frames(work: Work, theatre: Theatre, pinned: dict[str, int]) -> dict[str, pa.Table]:
    """What a release holds of a theatre; a table that is not pinned was never written."""
    return {name: work.lake.read(name, version=pinned.get(name), theatre=theatre.name) for name in stored_tables()}


def _publish(
    work: Work,
    present: list[Theatre],
    inputs: dict[str, str],
    pinned: dict[str, int],
    frames: dict[str, dict[str, pa.Table]],
    on_progress: Callable[[str], None],
) -> Publication:
    from pipeline.map_page import write_map_page  # noqa: PLC0415 - as above
    from pipeline.pages import write_pages, write_report  # noqa: PLC0415 - as above
    from pipeline.pages.methods import methods_text  # noqa: PLC0415 - as above
    from pipeline.release import build_release, open_scratch, place_pictures, prune, publish  # noqa: PLC0415 - as above

    settings = work.settings
    received = [row for name in frames for row in frames[name]["raw.exports"].to_pylist()]
    by_name = {theatre.name: theatre for theatre in present}
    configs = {theatre.name: theatre_config(theatre) for theatre in present}
    with open_scratch(settings) as aside:
        tiles, pictures = _draw(settings, pinned, frames, by_name, aside, on_progress)
        on_progress("building and verifying the release")
        building = build_release(
            settings,
            frames,
            by_name,
            received,
            pinned,
            _validate(frames),
            code_version=code_digest("."),
            config_digest=digest([methods_text(), configs]),
            tiles=tiles,
            write_map=lambda folder: write_map_page(folder, by_name, frames),
            write_pages=lambda folder: write_pages(folder, by_name, frames),
            pictures=pictures,
            write_summary=lambda path, said: write_report(path, by_name, frames, pictures, said),
        )
    published = publish(settings, building)
    removed = prune(settings)
    if removed:
        on_progress(f"removed {len(removed)} older releases (ISW_KEEP_RELEASES keeps {settings.keep_releases})")
    headlines: dict[str, str] = {}
    for theatre in present:
        headlines |= headline_sentences(theatre, frames[theatre.name]["marts.headline"])
    shown = [place for place in place_pictures(pictures) if place.endswith(".png")]
    notes = {"id": published.id, "headlines": list(headlines.items()), "pictures": shown}
    work.ledger.write(Entry(*RELEASE, inputs, {}, notes))
    return Publication(**_told(settings, notes), already=published.already)


def _draw(
    settings: Settings,
    pinned: dict[str, int],
    frames: dict[str, dict[str, pa.Table]],
    theatres: dict[str, Theatre],
    aside: Path,
    on_progress: Callable[[str], None],
) -> tuple[dict[str, Path], dict[str, list[Path]]]:
    """Tiles and pictures of each theatre, in a folder that belongs to this process alone."""
    from pipeline.pictures import draw_pictures  # noqa: PLC0415 - as above
    from pipeline.tiles import write_tiles  # noqa: PLC0415 - as above

    tiles = {name: aside / f"{name}.pmtiles" for name in theatres}
    pictures = {}
    if settings.dask:
        _draw_elsewhere(settings, pinned, theatres, tiles)
    for name, theatre in theatres.items():
        on_progress(f"{name}: drawing tiles and pictures")
        if not settings.dask:
            write_tiles(theatre, frames[name], tiles[name])
        folder = aside / "pictures" / name
        folder.mkdir(parents=True)
        pictures[name] = draw_pictures(theatre, frames[name], folder)
    return tiles, pictures


def _draw_elsewhere(
    settings: Settings, pinned: dict[str, int], theatres: dict[str, Theatre], tiles: dict[str, Path]
) -> None:
    """Draw the tiles of each theatre on the workers of a cluster, which read the pinned versions."""
    from pipeline.spreading import spread  # noqa: PLC0415 - as above

    drawn = spread(settings, _draw_piece, [(theatre, pinned) for theatre in theatres.values()])
    for target, body in zip(tiles.values(), drawn, strict=True):
        target.write_bytes(body)


def _draw_piece(settings: Settings, theatre: Theatre, pinned: dict[str, int]) -> bytes:
    """Draw the tiles of one theatre on a worker."""
    from pipeline.tiles import write_tiles  # noqa: PLC0415 - as above

    frames = _frames(Work(settings), theatre, pinned)
    with TemporaryDirectory() as folder:
        target = Path(folder) / "tiles.pmtiles"
        write_tiles(theatre, frames, target)
        return target.read_bytes()


def _validate(frames: dict[str, dict[str, pa.Table]]) -> list[Validation]:
    """Hold every released table, whole, against its contract.

    Candidates were validated in batches before they replaced a partition; how they were batched depends on what was
    stale, so the release says what it found itself.
    """
    from pipeline.expectations import validate  # noqa: PLC0415 - Great Expectations takes seconds to import

    return [
        validate(name, frame, part=theatre)
        for theatre, tables_of_theatre in frames.items()
        for name, frame in tables_of_theatre.items()
        if frame.num_rows
    ]
