"""Objects in stores: a file in S3 or another store that fsspec opens, sent only when it changed.

Belongs here: asking the store through fsspec, and the download. The store's package and its credentials are its own:
they come from the environment. Does not belong here: web addresses (``files``), reading the file (``exports``).
"""

from __future__ import annotations

from typing import Any

from pipeline.fetch.answers import FetchFailed, PassingFault, plain
from pipeline.fetch.client import Client, over_cap
from pipeline.fetch.files import Version
from pipeline.fetch.remembered import Memory, Seen
from pipeline.theatres import LiveFile

CHUNK = 1024 * 1024


def fetch_object(client: Client, block: LiveFile, memory: Memory, seen: Seen | None) -> Version | None:
    """Download an object into ``memory.part``; see ``files.fetch_file``, of which this is the like for stores.

    Raises:
        FetchFailed: the store's package is missing, the store refuses, the object is larger than the cap, or a fault
            does not pass.
    """
    import fsspec  # noqa: PLC0415 - loads where it is used

    address = block.address
    try:
        store, path = fsspec.core.url_to_fs(address)
    except ImportError as error:
        raise FetchFailed(f"{plain(address)}: {error}. Install that package beside this one") from None
    return client.again(lambda: _download(client, address, store, path, memory, seen))


def _download(client: Client, address: str, store: Any, path: str, memory: Memory, seen: Seen | None) -> Version | None:
    memory.forget_part()
    told = plain(address)
    try:
        store.invalidate_cache()
        version = Version(str(store.ukey(path)), None)
        if seen and seen.etag == version.etag:
            return None
        size = int(store.info(path)["size"])
        if size > client.settings.max_export_bytes:
            raise over_cap(client.settings, told)
        client.on_progress(f"{size:,} bytes")
        with store.open(path, "rb") as source, memory.part.open("wb") as target:
            while chunk := source.read(CHUNK):
                target.write(chunk)
        store.invalidate_cache()
        is_same = str(store.ukey(path)) == version.etag and memory.part.stat().st_size == size
    except FetchFailed:
        raise
    except (FileNotFoundError, PermissionError) as error:
        raise FetchFailed(f"{told}: {'no such object' if isinstance(error, FileNotFoundError) else error}") from None
    except Exception as error:  # a store's package raises what it likes
        raise PassingFault(f"{told}: {type(error).__name__}: {str(error)[:200]}") from None
    if not is_same:
        raise PassingFault(f"{told}: it changed while it was read")
    return version
