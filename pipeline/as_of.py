"""As of a day: what this project would have published of what it had received by then.

Belongs here: the working tables as they stood by a moment of receipt, made again by the ordinary steps, and their
DuckDB file. Does not belong here: what a step does (``steps``), the history that a release holds (``core.revisions``,
``core.strikes_as_of``).

*Known* means received: an export counts from the moment recorded for it (``received_at``), whatever days it tells of,
and one that was held back counts from the moment at which a person let it in. Only what was received is taken back;
how it is read (code, theatre files, people's corrections) is today's. So two moments differ by data alone.

The steps run over a lake of their own in ``as_of/work``, with its own ledger, so that another day costs no more than
what differs. The answer is kept under the digest of all that it is made from.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.base_map import theatre_config
from pipeline.due import is_released, theatres_with_exports
from pipeline.errors import UserError
from pipeline.lake import Lake
from pipeline.ledger import code_digest, digest
from pipeline.override_files import overrides_digest
from pipeline.processes import take_turn
from pipeline.publication import stored_tables
from pipeline.released import latest_folder, say_rollback
from pipeline.settings import Settings
from pipeline.steps import STEPS
from pipeline.theatres import Theatre
from pipeline.work import Work, run_step

FOLDER = "as_of"
KEPT = 8
EXPORT = ["theatre", "source", "export_id"]


@dataclass(frozen=True)
class Known:
    """What was known by a moment.

    Attributes:
        moment: the last moment of receipt that counts, UTC.
        database: DuckDB file with every table as a release made then would hold it.
        exports: exports received by then.
        later: exports received since.
        newest: receipt of the newest of those that count.
    """

    moment: datetime
    database: Path
    exports: int
    later: int
    newest: datetime

    @property
    def sentence(self) -> str:
        """What the answer rests on, in words."""
        received = f"{self.exports:,} of {self.exports + self.later:,} exports"
        return (
            f"As known by {self.moment:%Y-%m-%d %H:%M:%S} UTC: {received}"
            f" had been received, the newest of them on {self.newest:%Y-%m-%d}."
        )


class LakeAsOf(Lake):
    """Working tables of a scratch folder; what was received is read from another lake, up to a moment."""

    def __init__(self, settings: Settings, received: Lake, moment: datetime) -> None:
        super().__init__(settings)
        self.received, self.moment = received, moment

    def read(
        self,
        name: str,
        /,
        version: int | None = None,
        columns: list[str] | None = None,
        **where: str | list[str],
    ) -> pa.Table:
        """See :meth:`Lake.read`; of a raw table only what had been received."""
        if not name.startswith("raw."):
            return super().read(name, version, columns, **where)
        at = {"raw.exports": "received_at", "raw.acceptances": "accepted_at"}.get(name)
        wanted = None if columns is None else list(dict.fromkeys([*columns, *([at] if at else EXPORT)]))
        rows = self.received.read(name, None, wanted, **where)
        if at:
            rows = rows.filter(pc.less_equal(rows.column(at), pa.scalar(self.moment, pa.timestamp("us", "UTC"))))
        else:
            exports = self.read("raw.exports", None, EXPORT, **where)
            rows = rows.filter(pc.is_in(_name_export(rows), _name_export(exports)))
        return rows if columns is None else rows.select(columns)


def _name_export(rows: pa.Table) -> pa.ChunkedArray:
    return pc.binary_join_element_wise(*(rows.column(name) for name in EXPORT), "/")


def end_of(day: date) -> datetime:
    """The last moment of a day, UTC."""
    return datetime.combine(day, time.max, UTC)


def scratch_of(settings: Settings) -> Settings:
    """The folder in which the working tables of other moments are made; its lake is read and written in a turn only."""
    return settings.over_scratch(settings.root / FOLDER / "work")


@contextmanager
def hold_turn(settings: Settings) -> Iterator[Path]:
    """Be the only process that uses the scratch folder; waits for another's turn to end. Gives the answers' folder."""
    folder = settings.root / FOLDER
    with take_turn(folder / ".lock"):  # one lake, one moment at a time
        yield folder


def work_as_of(settings: Settings, moment: datetime) -> Work:
    """Working tables in the scratch folder of a data folder, over what it had received by a moment."""
    scratch = scratch_of(settings)
    scratch.root.mkdir(parents=True, exist_ok=True)
    if not scratch.overrides_dir.is_symlink():
        # Relative, so that the data folder can be moved.
        scratch.overrides_dir.symlink_to(os.path.relpath(settings.overrides_dir, scratch.root))
    work = Work(scratch)
    work.lake = LakeAsOf(scratch, Lake(settings), moment)
    return work


def known_by(settings: Settings, moment: datetime, on_progress: Callable[[str], None] = lambda _: None) -> Known:
    """Every table as it would stand, had nothing been received after a moment.

    Args:
        settings: settings.
        moment: the last moment of receipt that counts.
        on_progress: told a line when something is made.

    Raises:
        UserError: nothing had been received by then, or a candidate broke its contract.
    """
    moment = moment.astimezone(UTC)
    now = Work(settings)
    received = now.lake.read("raw.exports", columns=["received_at"]).column("received_at")
    counting = pc.less_equal(received, pa.scalar(moment, received.type))
    exports = pc.sum(counting).as_py() or 0
    if not exports:
        raise UserError(_tell_nothing(moment, pc.min(received).as_py()))
    work = work_as_of(settings, moment)
    later = len(received) - exports
    newest = pc.max(received.filter(counting)).as_py()
    is_present = not later and work.lake.read("raw.acceptances").equals(now.lake.read("raw.acceptances"))
    if is_present and is_released(now) and not say_rollback(settings):
        database = latest_folder(settings).resolve() / "strikes.duckdb"
    else:
        database = _make(settings, work, on_progress)
    return Known(moment, database, exports, later, newest)


def _tell_nothing(moment: datetime, first: datetime | None) -> str:
    if first is None:
        return "nothing was received yet: run `isw-strikes run` first"
    return (
        f"nothing was received by {moment:%Y-%m-%d %H:%M:%S} UTC: the first export was received on {first:%Y-%m-%d}."
        " What is known counts from receipt, not from the days that an export tells of. To replay the days on which"
        " exports were published, ingest them with --received-at"
    )


def _make(settings: Settings, work: Work, on_progress: Callable[[str], None]) -> Path:
    """The DuckDB file of the working tables as of a moment, made where there is none of the same input."""
    from pipeline.release.database import write_database  # noqa: PLC0415 - heavy, and a kept answer needs none of it
    from pipeline.release.manifest import combine  # noqa: PLC0415 - as above

    with hold_turn(settings) as folder:
        present = theatres_with_exports(work)
        path = folder / f"{_key(work, present)}.duckdb"
        if not path.exists():
            for theatre in present:
                for step in STEPS:
                    run_step(work, theatre, step, on_progress=on_progress)
            frames = {
                one.name: {name: work.lake.read(name, theatre=one.name) for name in stored_tables()} for one in present
            }
            aside = folder / f".{path.name}.tmp"
            aside.unlink(missing_ok=True)
            write_database(aside, combine(frames), settings)
            aside.replace(path)
        os.utime(path)
        for old in sorted(folder.glob("*.duckdb"), key=lambda one: one.stat().st_mtime_ns)[:-KEPT]:
            old.unlink()
    return path


def _key(work: Work, present: list[Theatre]) -> str:
    """Digest of all that the tables are made from."""
    received = [sorted(map(str, work.lake.read(name).to_pylist())) for name in ("raw.exports", "raw.acceptances")]
    said = [
        [
            theatre_config(theatre),
            [overrides_digest(work.settings, theatre.name, source) for source in theatre.sources],
        ]
        for theatre in present
    ]
    return digest([code_digest("."), received, said])
