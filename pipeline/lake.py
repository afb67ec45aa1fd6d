"""The lake: the working tables (Delta Lake).

Belongs here: reading a table at a version, replacing one partition in one atomic commit.
Does not belong here: what the tables mean, when to write them, asking DuckDB about their rows (``sessions``).
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import CommitProperties, DeltaTable, PostCommitHookProperties, Transaction, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError
from deltalake.transaction import AddAction

from pipeline.catalogue import Table, table
from pipeline.content import content_digest
from pipeline.data_files import write_data_file
from pipeline.disk_errors import in_words
from pipeline.errors import UserError
from pipeline.settings import Settings
from pipeline.storage import open_store
from pipeline.table_files import (
    DamagedTable,
    DataFile,
    damaged,
    data_files,
    has_empty_entry,
    of_partition,
    put_aside,
)

COMMIT_ATTEMPTS = 30
# Left to itself, a commit drops what its log said a month ago, and with it versions that releases pin.
UNCUT = PostCommitHookProperties(create_checkpoint=True, cleanup_expired_logs=False)
T = TypeVar("T")


def _predicate(where: dict[str, str]) -> str:
    return " AND ".join(f"{column} = '" + value.replace("'", "''") + "'" for column, value in where.items())


def _check_within(spec: Table, rows: pa.Table, where: dict[str, str]) -> None:
    for column, value in where.items():
        if rows.num_rows and pc.unique(rows.column(column)).to_pylist() != [value]:
            raise ValueError(f"{spec.name}: a row lies outside {column} = {value!r}")


@dataclass(frozen=True)
class Commit:
    """A finished write: the table's version and the data files that the partition now consists of."""

    table: str
    version: int
    digest: str
    rows: int
    files: tuple[str, ...]


def _finished(spec: Table, written: DeltaTable, rows: pa.Table, where: dict[str, str]) -> Commit:
    # As of this very commit: another run may have replaced the partition since, and its files are not ours.
    files = of_partition(data_files(written), where)
    return Commit(spec.name, written.version(), content_digest(rows), rows.num_rows, files)


class Lake:
    """The working tables of one data folder or store.

    Every write replaces whole partitions in one Delta commit; a reader sees the state before or after, never between.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.store = open_store(settings)
        self._listings: dict[str, tuple[str, list[DataFile]]] = {}
        self._whole_entries: set[str] = set()

    def address(self, name: str) -> str:
        """Where a table lies, for the Delta library; with ``store.options``."""
        return self.store.uri(f"lake/{name}")

    def version(self, name: str) -> int | None:
        """Newest version of a table, or None where it was never written."""
        delta = self._open(name)
        return None if delta is None else delta.version()

    def delta(self, name: str, version: int | None = None) -> DeltaTable | None:
        """The Delta table itself, for housekeeping; None where it was never written."""
        return self._open(name, version)

    def read(
        self,
        name: str,
        /,
        version: int | None = None,
        columns: list[str] | None = None,
        **where: str | list[str],
    ) -> pa.Table:
        """Read a table, in the order of its key (as far as the columns hold it).

        Args:
            name: full name in the catalogue.
            version: version to read; the newest where None.
            columns: columns to read; all where None.
            where: partition column = value, or one of a list of values.

        Raises:
            DamagedTable: the table's log or a data file is damaged.
            UserError: another version of this program laid the table out otherwise.
        """
        spec = table(name)
        delta = self._open(name, version)
        if delta is None or [] in where.values():
            return spec.empty() if columns is None else spec.empty().select(columns)
        if not set(spec.columns if columns is None else columns) <= {field.name for field in delta.schema().fields}:
            raise self._other_layout(spec)
        filters = [
            (column, "in", value) if isinstance(value, list) else (column, "=", value)
            for column, value in where.items()
        ]
        try:
            frame = delta.to_pyarrow_table(filters=filters or None, columns=columns)
        except FileNotFoundError as error:
            raise damaged(self.settings, name, "a data file is missing") from error
        except (pa.ArrowInvalid, OSError) as error:
            if in_words(error, self.settings.root) or self.store.folder("lake") is None:
                raise  # the disk, or the way to the store, not the file
            raise damaged(self.settings, name, str(error).splitlines()[0]) from error
        order = [(column, "ascending") for column in spec.key if column in frame.column_names]
        frame = frame.sort_by(order) if order else frame
        return spec.conform(frame) if columns is None else frame

    def files(self, name: str, /, **where: str) -> tuple[str, ...]:
        """Data files of which a partition consists now, without those that are missing or cut off."""
        return of_partition(self._listed(name), where)

    def _listed(self, name: str) -> list[DataFile]:
        """Every data file with its partition values; read again only when the log has grown."""
        known = self._listings.get(name, ("", []))[0]
        newest = self._newest_log(name, known)
        if known != newest:
            try:
                delta = self._open(name)
            except DamagedTable:
                return []  # what cannot be read is nothing: the ledger then has it made again
            folder = self.store.folder(f"lake/{name}")
            files = data_files(delta) if delta else []
            # An object in a store is whole or absent; a disk can lose a file, or its end.
            found = files if folder is None else [one for one in files if one.is_whole(folder)]
            self._listings[name] = (newest, found)
        return self._listings.get(name, ("", []))[1]

    def replace(self, name: str, frame: Any, /, **where: str) -> Commit:
        """Replace the partition given by ``where`` with the rows of ``frame`` in one commit.

        A conflicting commit by another run is waited out and the write tried again. A table that an older version of
        the catalogue laid out otherwise, or whose log is damaged, is begun anew: the ledger then finds its other
        partitions gone, and they are made again.

        Raises:
            ValueError: a row lies outside the partition.
            UserError: a raw table is laid out otherwise or damaged; it holds what was received and is not begun anew.
        """
        spec = table(name)
        rows = spec.conform(frame).sort_by([(column, "ascending") for column in spec.key])
        _check_within(spec, rows, where)
        return _finished(spec, self._commit(spec, rows, where), rows, where)

    def replace_as_decided(self, name: str, frame: Any, /, about: str, version: int | None, **where: str) -> Commit:
        """Replace a partition by what was decided from a table as it was at a version.

        Args:
            name: the table.
            frame: rows of the partition.
            about: what was decided about. Two decisions about the same are never made from one version.
            version: the version; None where the table was not written yet.
            where: the partition.

        Raises:
            CommitFailedError: something about the same was decided meanwhile: look again, and decide again.
        """
        spec = table(name)
        rows = spec.conform(frame)
        _check_within(spec, rows, where)
        self._prepare_as_laid_out(spec)
        seen = self._open(name, version or 0)
        assert seen is not None  # noqa: S101 - for the type checker
        write_deltalake(
            seen,
            rows,
            mode="overwrite",
            predicate=_predicate(where),
            commit_properties=CommitProperties(
                custom_metadata={"partition": _predicate(where)}, app_transactions=[Transaction(about, 0)]
            ),
            post_commithook_properties=UNCUT,
        )
        return _finished(spec, seen, rows, where)

    def replace_in_batches(self, name: str, batches: Callable[[], Iterable[pa.RecordBatch]], /, **where: str) -> None:
        """Replace a partition as :meth:`replace` does, holding one batch at a time.

        ``batches`` gives the rows in any order; what it raises passes. The rows lie in one data file.
        """
        spec = table(name)
        self._prepare_as_laid_out(spec)

        def checked() -> Iterator[pa.Table]:
            for batch in batches():
                rows = spec.conform(pa.Table.from_batches([batch]))
                _check_within(spec, rows, where)
                yield rows

        added = write_data_file(self.address(name), self.store.options, spec, where, checked())
        self.keep_trying(lambda: self._add(spec, added, where))

    def _add(self, spec: Table, added: AddAction, where: dict[str, str]) -> None:
        DeltaTable(self.address(spec.name), storage_options=self.store.options).create_write_transaction(
            [added],
            mode="overwrite",
            schema=spec.arrow_schema,
            partition_by=spec.storage,
            partition_filters=[(column, "=", value) for column, value in where.items()],
            # Delta refuses the second of two commits at once that name the same transaction; by partitions it would not
            # see that they are in conflict, and keep the rows of both.
            commit_properties=CommitProperties(
                custom_metadata={"partition": _predicate(where)},
                app_transactions=[Transaction(_predicate(where), 0)],
            ),
            post_commithook_properties=UNCUT,
        )

    def _commit(self, spec: Table, rows: pa.Table, where: dict[str, str]) -> DeltaTable:
        def write() -> DeltaTable:
            delta = self._prepare(spec)
            is_other = self._begins_anew(spec)
            write_deltalake(
                delta,
                rows,
                mode="overwrite",
                schema_mode="overwrite" if is_other else None,
                predicate=None if is_other else _predicate(where) or None,
                commit_properties=CommitProperties(custom_metadata={"partition": _predicate(where) or "all"}),
                post_commithook_properties=UNCUT,
            )
            return delta

        return self.keep_trying(write)

    def _prepare(self, spec: Table) -> DeltaTable:
        """The table, made where there is none; a damaged one that can be made again is put aside for a new one."""
        beyond = 0
        try:
            delta = self._open(spec.name)
            if delta is not None:
                return delta
        except DamagedTable:
            folder = self.store.folder(f"lake/{spec.name}")
            if spec.schema_name == "raw" or folder is None:
                raise
            beyond = put_aside(folder)
        made = DeltaTable.create(
            self.address(spec.name),
            schema=spec.arrow_schema,
            partition_by=spec.storage or None,
            mode="ignore",
            storage_options=self.store.options,
        )
        while made.version() < beyond:
            # Versions go on from those of the damaged table, so that a release made from this one counts as newer.
            made.alter.set_table_description("made again after damage")
        return made

    def _prepare_as_laid_out(self, spec: Table) -> None:
        self._prepare(spec)
        if self.is_laid_out_otherwise(spec):
            raise self._other_layout(spec)

    def keep_trying(self, write: Callable[[], T]) -> T:
        """Write, again and again while another run's commits come between."""
        for attempt in range(COMMIT_ATTEMPTS):
            try:
                return write()
            except (CommitFailedError, DeltaError) as error:
                if attempt == COMMIT_ATTEMPTS - 1 or in_words(error, self.settings.root):
                    raise
                time.sleep(min(2.0, 0.05 * 2**attempt) * (0.5 + random.random()))  # noqa: S311
        raise AssertionError("unreachable")

    def is_laid_out_otherwise(self, spec: Table) -> bool:
        """True where another version of the catalogue gave a table other columns."""
        delta = self._open(spec.name)
        return delta is not None and {field.name for field in delta.schema().fields} != set(spec.columns)

    def rows_as_they_are(self, name: str) -> list[dict[str, Any]]:
        """All rows of a table, however it is laid out; none where it was never written."""
        delta = self._open(name)
        return [] if delta is None else delta.to_pyarrow_table().to_pylist()

    def replace_whole(self, spec: Table, frames: Iterator[pa.Table]) -> None:
        """Replace a whole table, its layout included, in one commit; no more than one frame is held in memory."""
        batches = (batch for frame in frames for batch in spec.conform(frame).to_batches())
        write_deltalake(
            self.address(spec.name),
            pa.RecordBatchReader.from_batches(spec.arrow_schema, batches),
            mode="overwrite",
            schema_mode="overwrite",
            partition_by=spec.storage or None,
            post_commithook_properties=UNCUT,
            storage_options=self.store.options,
        )

    def _begins_anew(self, spec: Table) -> bool:
        is_other = self.is_laid_out_otherwise(spec)
        if is_other and spec.schema_name == "raw":
            raise self._other_layout(spec)
        return is_other

    def _other_layout(self, spec: Table) -> UserError:
        return UserError(
            f"{self.address(spec.name)} was written by another version of this program, which lays {spec.name} out "
            "otherwise: run `isw-strikes migrate`, which keeps all that was received"
        )

    def _open(self, name: str, version: int | None = None) -> DeltaTable | None:
        if not self._newest_log(name, self._listings.get(name, ("", []))[0]):
            return None
        folder = self.store.folder(f"lake/{name}")
        if folder is not None and has_empty_entry(folder, self._whole_entries):
            raise damaged(self.settings, name, "an entry of its log is empty")
        try:
            return DeltaTable(self.address(name), version=version, storage_options=self.store.options)
        except TableNotFoundError:
            return None
        except DeltaError as error:
            if folder is None:
                raise  # more likely the way to the store than what lies there
            raise damaged(self.settings, name, str(error).splitlines()[0]) from error

    def _newest_log(self, name: str, known: str) -> str:
        """Name of a table's newest commit; empty where there is none."""
        return self.store.last_name(f"lake/{name}/_delta_log", ".json", known)
