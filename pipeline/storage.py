"""Storage: where the lake, the ledger, received exports and releases are kept: the data folder, or a prefix in S3.

Belongs here: the few things that a folder and an object store are both asked for, and what only a store can (a write
on condition). Does not belong here: what is kept (``lake``, ``ledger``, ``exports.store``, ``release``), and DuckDB,
which never reaches a store.

S3 is reached by the Rust client that also writes the Delta tables; it asks again, with growing pauses, where the store
refuses or drops the line. Endpoint, region and credentials are its own: they come from the environment (``AWS_…``).
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from pipeline.errors import PassingError, UserError
from pipeline.settings import Settings

# Ends what is told of a store that cannot be used.
TRIED = ". `isw-strikes doctor` tries it"
# Where the client asks, as on a machine of Amazon's, for credentials of which it found none in the environment.
METADATA = ("/latest/api/token", "/latest/meta-data/")


class Store(Protocol):
    """What a folder and a bucket have in common. Keys are relative, with forward slashes."""

    @property
    def options(self) -> dict[str, str] | None:
        """What the Delta library has to be told of the store."""

    def uri(self, key: str) -> str:
        """Address of a key, for the Delta library."""

    def folder(self, key: str) -> Path | None:
        """Folder in which a key's files lie; None where it is no folder."""

    def read(self, key: str) -> bytes:
        """Content of a key.

        Raises:
            FileNotFoundError: there is none.
        """

    def write(self, key: str, data: bytes) -> None:
        """Write a key in one atomic step."""

    def keep(self, key: str, path: Path) -> None:
        """Keep a file of the data folder, which is at ``key`` there and whose content never changes."""

    def fetch(self, key: str, path: Path) -> None:
        """The reverse of ``keep``: have the file in the data folder.

        Raises:
            FileNotFoundError: there is none.
        """

    def last_name(self, folder: str, ending: str, after: str = "") -> str:
        """The greatest name with an ending in a folder, empty where there is none. Names up to ``after``, which is one
        of them, need not be looked at."""


class FolderStore:
    """The data folder itself."""

    options: dict[str, str] | None = None

    def __init__(self, root: Path) -> None:
        self.root = root

    def uri(self, key: str) -> str:
        """See ``Store``."""
        return str(self.root / key)

    def folder(self, key: str) -> Path | None:
        """See ``Store``."""
        return self.root / key

    def read(self, key: str) -> bytes:
        """See ``Store``."""
        return (self.root / key).read_bytes()

    def write(self, key: str, data: bytes) -> None:
        """See ``Store``."""
        path = self.root / key
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_suffix(f".{os.getpid()}.tmp")
        aside.write_bytes(data)
        aside.replace(path)

    def keep(self, key: str, path: Path) -> None:
        """Nothing: it is there."""

    def fetch(self, key: str, path: Path) -> None:
        """See ``Store``."""
        if not path.is_file():
            raise FileNotFoundError(path)

    def last_name(self, folder: str, ending: str, after: str = "") -> str:
        """See ``Store``."""
        path = self.root / folder
        names = [entry.name for entry in os.scandir(path)] if path.is_dir() else []
        return max((name for name in names if name.endswith(ending)), default="")


class BucketStore:
    """A prefix in an object store that honours conditional writes (``If-Match``, ``If-None-Match``)."""

    def __init__(self, url: str) -> None:
        try:
            import obstore  # noqa: PLC0415 - an optional package
            from obstore.store import from_url  # noqa: PLC0415 - as above
        except ImportError:
            raise UserError(f"ISW_STORE={url} needs the package obstore: run `make install-cluster`") from None
        self.url = url.rstrip("/")
        self._obstore: Any = obstore
        self._store: Any = from_url(self.url, conditional_put="etag")

    @property
    def options(self) -> dict[str, str]:
        """See ``Store``."""
        return {"aws_conditional_put": "etag"}

    def uri(self, key: str) -> str:
        """See ``Store``."""
        return f"{self.url}/{key}"

    def folder(self, key: str) -> Path | None:
        """See ``Store``."""
        return None

    def read(self, key: str) -> bytes:
        """See ``Store``."""
        return self.read_tagged(key)[0]

    def read_tagged(self, key: str) -> tuple[bytes, str]:
        """Content and entity tag of a key.

        Raises:
            FileNotFoundError: there is none.
        """
        with self._asked():
            found = self._obstore.get(self._store, key)
            return bytes(found.bytes()), str(found.meta["e_tag"])

    def write(self, key: str, data: bytes | Path) -> None:
        """See ``Store``."""
        with self._asked():
            self._obstore.put(self._store, key, data)

    def create(self, key: str, data: bytes | Path) -> bool:
        """Write a key that does not exist yet, atomically; False where it does."""
        try:
            with self._asked():
                self._obstore.put(self._store, key, data, mode="create")
        except self._obstore.exceptions.AlreadyExistsError:
            return False
        return True

    def swap(self, key: str, data: bytes, tag: str | None) -> bool:
        """Write a key only if its entity tag is still ``tag`` (None: if it does not exist); False where it is not."""
        if tag is None:
            return self.create(key, data)
        try:
            with self._asked():
                self._obstore.put(self._store, key, data, mode={"e_tag": tag})
        except self._obstore.exceptions.PreconditionError:
            return False
        return True

    def keep(self, key: str, path: Path) -> None:
        """See ``Store``."""
        if self._size(key) != path.stat().st_size:
            self.write(key, path)

    def fetch(self, key: str, path: Path) -> None:
        """See ``Store``."""
        if path.is_file() and path.stat().st_size == self._size(key):
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_name(f".{path.name}.{os.getpid()}.part")
        try:
            with aside.open("wb") as target, self._asked():
                for chunk in self._obstore.get(self._store, key):
                    target.write(chunk)
            aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)

    def _size(self, key: str) -> int | None:
        try:
            return int(self._head(key)["size"])
        except FileNotFoundError:
            return None

    def _head(self, key: str) -> dict[str, Any]:
        with self._asked():
            return dict(self._obstore.head(self._store, key))

    def _list(self, folder: str, after: str | None = None) -> list[dict[str, Any]]:
        with self._asked():
            return [found for page in self._obstore.list(self._store, folder, offset=after) for found in page]

    @contextmanager
    def _asked(self) -> Iterator[None]:
        """Tell what the store says in words; the outcome of a condition is for whoever set it."""
        told = self._obstore.exceptions
        try:
            yield
        except (told.AlreadyExistsError, told.PreconditionError):
            raise
        except (told.BaseError, FileNotFoundError, PermissionError) as error:
            said = str(error)
            if "NoSuchBucket" in said:
                bucket = self.url.split("/")[2]
                raise UserError(f"there is no bucket `{bucket}`: make it, or correct ISW_STORE={self.url}") from error
            if any(path in said for path in METADATA):
                keys = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
                raise UserError(f"{self.url} cannot be used without credentials: {keys}") from error
            if isinstance(error, (told.NotFoundError, FileNotFoundError)):
                raise FileNotFoundError(said) from error
            raise PassingError(f"{self.url} cannot be used: {said.splitlines()[0][:300]}{TRIED}") from error

    def last_name(self, folder: str, ending: str, after: str = "") -> str:
        """See ``Store``; asks only for what is greater than ``after``."""
        found = self._list(folder, f"{folder}/{after}" if after else None)
        names = [one["path"].removeprefix(f"{folder}/") for one in found]
        return max((name for name in names if name.endswith(ending) and "/" not in name), default=after)

    def folders(self, folder: str) -> list[str]:
        """Names of the folders right below a folder."""
        with self._asked():
            found = self._obstore.list_with_delimiter(self._store, folder)
        return sorted(path.rsplit("/", 1)[-1] for path in found["common_prefixes"])

    def sizes(self, folder: str) -> dict[str, int]:
        """Sizes in bytes of all that lies below a folder, by name relative to it."""
        return {found["path"].removeprefix(f"{folder}/"): int(found["size"]) for found in self._list(folder)}

    def written_ns(self, key: str) -> int:
        """When a key was written, by the store's clock, nanoseconds since 1970.

        Raises:
            FileNotFoundError: there is none.
        """
        return int(self._head(key)["last_modified"].timestamp() * 1e9)

    def times_ns(self, folder: str) -> dict[str, int]:
        """When each key below a folder was written, by the store's clock, by name relative to it."""
        return {
            found["path"].removeprefix(f"{folder}/"): int(found["last_modified"].timestamp() * 1e9)
            for found in self._list(folder)
        }

    def now_ns(self) -> int:
        """The time by the store's clock, nanoseconds since 1970. Writes and deletes one key."""
        key = f".probe-{uuid.uuid4().hex}"
        self.write(key, b"")
        try:
            return self.written_ns(key)
        finally:
            self.delete([key])

    def find_fault(self) -> str | None:
        """What the store does not do that is relied on, in words; None where it does. Writes and deletes one key.

        Raises:
            UserError: it cannot be used at all.
        """
        key = f".probe-{uuid.uuid4().hex}"
        try:
            self.create(key, b"first")
            if self.create(key, b"second") or self.read(key) != b"first":
                return "it does not honour If-None-Match: two writers would overwrite each other"
            tag = self.read_tagged(key)[1]
            if not self.swap(key, b"third", tag) or self.swap(key, b"fourth", tag) or self.read(key) != b"third":
                return "it does not honour If-Match: two publishers would overwrite each other"
        except FileNotFoundError:
            return "what was written to it is not found"
        else:
            return None
        finally:
            with suppress(UserError, FileNotFoundError):  # the fault before it is told
                self.delete([key])

    def delete(self, keys: list[str]) -> None:
        """Delete keys; those that are not there do not matter."""
        if keys:
            with self._asked():
                self._obstore.delete(self._store, keys)


def open_store(settings: Settings) -> Store:
    """The store of a deployment.

    Raises:
        UserError: ``ISW_STORE`` is set and its package is missing.
    """
    return open_bucket(settings) or FolderStore(settings.root)


def open_bucket(settings: Settings) -> BucketStore | None:
    """The bucket of a deployment; None where all is kept in the data folder."""
    return _bucket(settings.store) if settings.store else None


@cache
def _bucket(url: str) -> BucketStore:
    return BucketStore(url)
