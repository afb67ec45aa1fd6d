"""Making inputs: what is packed is changed inside, JSON by its members, and what readers look for is put in.

Belongs here: reproducible changes of one input, given a seed and a way to change plain bytes.
Does not belong here: any reader.
"""

from __future__ import annotations

import gzip
import io
import json
import random
import warnings
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

Change = Callable[[bytes], bytes]
# Words of the formats, numbers that are none, letters that are not what they seem.
TOKENS: tuple[bytes, ...] = (
    b'"', b"'", b",", b";", b"\t", b"\r", b"\n", b"\r\n", b"\0", b"\\", b"\x1e", b"\xef\xbb\xbf", b"\xff\xfe",
    b"sep=;\n",
    b"NaN", b"Infinity", b"-Infinity", b"1e999", b"-0", b"0.1e-400", b"9" * 400, b"null", b"true", b"{}",
    b"[]", b"[[]]",
    b"[" * 70, b"{\"a\":" * 70, b"]", b"}", b'"type":"Feature"', b'"type":"GeometryCollection","geometries":[',
    b'"type":"FeatureCollection"', b'"features":[{}]', b'"features":null', b'"coordinates":[]', b'"coordinates":[1]',
    b'"coordinates":[[1e400,2]]', b'"geometry":[]', b'"geometry":{"type":"Point"}', b'"properties":[1]', b'"id":{}',
    b'"crs":{"type":"name","properties":{"name":"EPSG:0"}}', b'"crs":"EPSG:99999999999"', b"\\ud800", b"\\u0000",
    b'"spatialReference":{"wkid":99999999999999999999}', b'"wkt":"GEOGCS["', b'"rings":[[[0,0],[1,1],[0,1],[0,0]]]',
    b'"paths":[[]]', b'"points":[[]]', b'"x":"NaN"', b'"x":{}', b'"hasZ":true', b'"attributes":null',
    b'"error":{"code":499}',
    b"<Placemark>", b"</Placemark>", b"<Folder><name>a</name>", b"</Folder>", b"<coordinates>1,2,3 4</coordinates>",
    b"<MultiGeometry/>", b"<Point/>", b"<Polygon><innerBoundaryIs/></Polygon>", b"<!DOCTYPE a>", b"&amp;",
    b"&a;", b"&#0;",
    b"<![CDATA[", b"]]>", b"<Track><coord>1 2</coord></Track>", b"<NetworkLink/>", b'encoding="utf-7"',
    b'encoding="x"',
    "\u202e".encode(), "\u200f".encode(), b"=1+1", b"-1+cmd|' /C calc'!A0", b"\x1b[31m", b"\xf0\x9f\x92\xa5",
    b"\xc3\x28",
    b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\x00\x00\x00\x80", b"\x00\x00\x00\x00", b"\x00\x00\xf8\x7f",
)  # fmt: skip
MOST = 8 * 1024**2
# What parts a server's answers, to one question and to another, and lines of GeoJSON.
ANSWERS = (b"\n\x1e\n", b"\n\x1d\n")
LINE = b"\n"
# What binary formats begin with: without it no reader takes the rest.
BEGINNINGS = (b"fgb\x03fgb\x00", b"fgb\x03fgb\x01", b"SQLite format 3\x00", b"PAR1")
ODD: tuple[Any, ...] = (
    None, True, 0, -1, 1.5, 2**31, 2**63, 10**30, 1e308, "", "NaN", "OBJECTID", "esriFieldTypeDate", "\ud800", [], {},
    [1], [[]], {"wkid": 4326}, [[0, 0], [1, 1], [0, 1], [0, 0]],
)  # fmt: skip


def mutate(content: bytes, longest: int, seed: int, change: Change) -> bytes:
    """An input made from another.

    Args:
        content: the input.
        longest: its greatest length, bytes.
        seed: the same seed gives the same input, if ``change`` does.
        change: changes plain bytes.
    """
    chance = random.Random(seed)
    made = _within(content, chance, change, 2)
    return made if len(made) <= longest else content[:longest]


def _within(content: bytes, chance: random.Random, change: Change, depth: int) -> bytes:
    """Change what an archive or a binary file holds, mostly; now and then what makes it known, and readers give up."""
    if chance.random() < 0.03:
        return change(content)
    if depth:
        try:
            if content.startswith(b"PK"):
                return _within_zip(content, chance, change, depth)
            if content.startswith(b"\x1f\x8b"):
                inner = zlib.decompressobj(31).decompress(content, MOST)
                return gzip.compress(_within(inner, chance, change, depth - 1), mtime=0)
        except (zipfile.BadZipFile, zlib.error, OSError, ValueError, NotImplementedError, EOFError, RuntimeError):
            pass
    beginning = next((beginning for beginning in BEGINNINGS if content.startswith(beginning)), b"")
    return beginning + _within_text(content[len(beginning) :], chance, change)


def _within_text(content: bytes, chance: random.Random, change: Change) -> bytes:
    """Change a member of JSON, put in what readers look for, or change plain bytes."""
    for mark in ANSWERS:
        *before, last = content.split(mark)
        if before:
            # The rows stand last; what is said of them before decides whether they are asked for at all, and nothing
            # that is no JSON gets that far.
            at = chance.choice((chance.randrange(len(before) + 1), *[len(before)] * 3))
            parts = [*before, last]
            made = _within_json(parts[at], chance) if chance.random() < 0.8 else None
            parts[at] = _within_text(parts[at], chance, change) if made is None else made
            return mark.join(parts)
    if chance.random() < 0.7 and (made := _within_json(content, chance)) is not None:
        return made
    if chance.random() < 0.4:
        at, token = chance.randint(0, len(content)), chance.choice(TOKENS)
        return content[:at] + token + content[at + chance.choice((0, 0, len(token))) :]
    return change(content)


def _within_zip(content: bytes, chance: random.Random, change: Change, depth: int) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if sum(info.file_size for info in archive.infolist()) > MOST:
            return change(content)
        members = [(info.filename, archive.read(info)) for info in archive.infolist()]
    what, at = chance.random(), chance.randrange(len(members))
    name, inner = members[at]
    if what < 0.05:
        del members[at]
    elif what < 0.1:
        members[at] = (change(name.encode()).decode("utf-8", "replace") or "x", inner)
    elif what < 0.15:
        members.append((chance.choice(("x/", "", "../", "/")) + name, inner))
    else:
        members[at] = (name, _within(inner, chance, change, depth - 1))
    return _zip(members)


def _within_json(content: bytes, chance: random.Random) -> bytes | None:
    """Change a member or item of a JSON document, which may be one of several in the text; None where it is none."""
    parts = content.split(LINE)
    at = chance.randrange(len(parts))
    if len(parts) > 1 and (made := _within_json(parts[at], chance)) is not None:
        return LINE.join([*parts[:at], made, *parts[at + 1 :]])
    if not content.lstrip(b"\xef\xbb\xbf\x1e \r\n\t").startswith((b"{", b"[")):
        return None
    try:
        value = json.loads(content.strip(b"\x1e"))
        return json.dumps(_changed(value, chance), ensure_ascii=chance.random() < 0.5).encode("utf-8", "surrogatepass")
    except (ValueError, RecursionError):
        return None


def _changed(value: Any, chance: random.Random) -> Any:
    """The value with one thing changed somewhere in it, in place."""
    if not isinstance(value, (dict, list)) or not value or chance.random() < 0.1:
        return chance.choice(ODD)
    at: Any = chance.choice(list(value) if isinstance(value, dict) else range(len(value)))
    what, other = chance.random(), chance.choice(list(value.values() if isinstance(value, dict) else value))
    if what < 0.6:
        value[at] = _changed(value[at], chance)
    elif what < 0.7:
        del value[at]
    elif what < 0.8:
        value[at] = other
    elif isinstance(value, list):
        value.insert(chance.randint(0, len(value)), value[at])
    else:
        value[chance.choice((f"{at}2", at.upper(), ""))] = value.pop(at)
    return value


def _zip(members: list[tuple[str, bytes]]) -> bytes:
    target = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        warnings.simplefilter("ignore")
        for name, inner in members:
            archive.writestr(zipfile.ZipInfo(name), inner, zipfile.ZIP_DEFLATED)
    return target.getvalue()
