"""Zip and gzip archives: what may be unpacked, and unpacking it.

Belongs here: caps on size and growth, refusing paths and links that lead outside, unpacking members whole.
Does not belong here: what the members hold, and how deep archives may lie within one another (``opening``).
"""

from __future__ import annotations

import errno
import gzip
import stat
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from pipeline.exports.types import Given, RefusedError, over_cap
from pipeline.settings import Settings

MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
GZIP = b"\x1f\x8b"
CHUNK = 1024 * 1024
# Growth says nothing about an archive that stays small: a table of blanks shrinks a thousandfold.
SMALL = 16 * 1024**2
ENCRYPTED = 0x1
# Those that every program writes. The others Python unpacks a megabyte at once, to whatever size that has.
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
OTHER_METHODS = {9: "deflate64", zipfile.ZIP_BZIP2: "bzip2", zipfile.ZIP_LZMA: "LZMA"}


def is_zip(head: bytes) -> bool:
    """Whether the first bytes are a zip archive's."""
    return head.startswith(MAGIC)


def is_gzip(head: bytes) -> bool:
    """Whether the first bytes are gzip's."""
    return head.startswith(GZIP)


def gunzip(given: Given, target: Path) -> None:
    """Unpack a gzip file; its checksum is verified.

    Raises:
        RefusedError: it is truncated or damaged, or unpacks to more than the caps.
    """
    packed, size = given.path.stat().st_size, 0
    try:
        with gzip.open(given.path) as source, target.open("wb") as file:
            while chunk := source.read(CHUNK):
                size += len(chunk)
                _check_growth(given.settings, packed, size)
                _count(given, len(chunk))
                file.write(chunk)
    except EOFError as error:
        raise RefusedError("export_truncated", "the gzip file ends before its end mark") from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise RefusedError("export_unreadable", f"damaged gzip file: {error}") from error


def list_members(settings: Settings, path: Path) -> list[str]:
    """Names of an archive's members, in its order, without folders and the leftovers of macOS.

    Raises:
        RefusedError: the archive is truncated or unreadable, unpacks to more than the caps, or holds a member
            whose path or kind could reach outside.
    """
    with opened(settings, path) as (_, members):
        return [member.filename for member in members]


def unpack(given: Given, targets: dict[str, Path]) -> None:
    """Unpack members to paths of the caller's choice. Each member's checksum is verified.

    Args:
        given: the archive and the caps.
        targets: name of the member = file to write.

    Raises:
        RefusedError: as for list_members, or a member is damaged.
    """
    with opened(given.settings, given.path) as (archive, members):
        for member in members:
            if member.filename in targets:
                _unpack_one(given, archive, member, targets[member.filename])


def _unpack_one(given: Given, archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path) -> None:
    with archive.open(member) as source, target.open("wb") as file:
        while chunk := source.read(CHUNK):
            _count(given, len(chunk))
            file.write(chunk)


def _count(given: Given, size: int) -> None:
    """Refuse what unpacks to more than the cap, in one archive or in several within one another."""
    given.unpacked.bytes += size
    if given.unpacked.bytes > given.settings.max_unpacked_bytes:
        raise over_cap(given.settings, "max_unpacked_bytes", f"the file unpacks to over {given.unpacked.bytes:,} bytes")


@contextmanager
def opened(settings: Settings, path: Path) -> Iterator[tuple[zipfile.ZipFile, list[zipfile.ZipInfo]]]:
    """An archive and its members as ``list_members`` gives them; what is wrong with it becomes a refusal."""
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive, _checked(settings, archive)
    except zipfile.BadZipFile as error:
        if "not a zip file" in str(error):
            text = "the archive's list of members, which stands at its end, is missing"
            raise RefusedError("export_truncated", text) from error
        raise RefusedError("export_unreadable", f"damaged archive: {error}") from error
    except (
        zlib.error,
        EOFError,
        struct.error,
        NotImplementedError,
        ValueError,
        IndexError,
        RuntimeError,
    ) as error:
        raise RefusedError("export_unreadable", f"damaged archive: {error}") from error
    except OSError as error:
        if error.errno != errno.EINVAL:  # what seeking to a place before the file's start says
            raise
        raise RefusedError("export_unreadable", "damaged archive: a member lies outside it") from error


def _checked(settings: Settings, archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    members = archive.infolist()
    if len(members) > settings.max_members:
        raise over_cap(settings, "max_members", f"an archive of {len(members):,} members")
    for member in members:
        _check_member(member)
    repeated = [name for name, count in Counter(member.filename for member in members).items() if count > 1]
    if repeated:
        raise RefusedError("export_unsafe", f"two members are named {repeated[0]}")
    _check_sizes(settings, members)
    return [member for member in members if not member.is_dir() and not _is_leftover(member.filename)]


def _check_member(member: zipfile.ZipInfo) -> None:
    name = member.filename
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if name.startswith(("/", "\\")) or ".." in parts or name[1:2] == ":" or member.orig_filename != name:
        raise RefusedError("export_unsafe", f"the path of member {member.orig_filename!r} leads outside the archive")
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise RefusedError("export_unsafe", f"member {name!r} is a link or device")
    if member.flag_bits & ENCRYPTED:
        raise RefusedError("export_encrypted", f"member {name!r} is encrypted")
    if member.compress_type not in METHODS:
        method = OTHER_METHODS.get(member.compress_type, f"method {member.compress_type}")
        raise RefusedError(
            "export_unreadable", f"member {name!r} is compressed by {method}; stored and deflate are read"
        )


def _check_sizes(settings: Settings, members: list[zipfile.ZipInfo]) -> None:
    _check_growth(
        settings, sum(member.compress_size for member in members), sum(member.file_size for member in members)
    )


def _check_growth(settings: Settings, packed: int, unpacked: int) -> None:
    if unpacked > settings.max_unpacked_bytes:
        raise over_cap(settings, "max_unpacked_bytes", f"the archive unpacks to {unpacked:,} bytes")
    if unpacked > SMALL and unpacked > packed * settings.max_unpack_ratio:
        raise over_cap(settings, "max_unpack_ratio", f"the archive grows {unpacked // max(packed, 1):,} times")


def _is_leftover(name: str) -> bool:
    path = PurePosixPath(name)
    return path.parts[0] == "__MACOSX" or path.name.startswith("._") or path.name == ".DS_Store"
