"""Reading theatres: from YAML files to checked theatres, and what is wrong with a file in words.

Belongs here: finding, reading and checking the files. Does not belong here: what a theatre is (``model``).
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from pipeline.errors import UserError
from pipeline.theatres.model import Theatre
from pipeline.theatres.sources import Source

FOLDER = Path(__file__).parent


def theatre_files() -> dict[str, Path]:
    """The file of each theatre that the project ships, by name; reads none of them."""
    return {path.stem: path for path in sorted(FOLDER.glob("*.yaml"))}


@cache
def theatres() -> dict[str, Theatre]:
    """All theatres that the project ships, by name.

    Raises:
        UserError: see :func:`read_theatre`.
    """
    return {name: read_theatre(path) for name, path in theatre_files().items()}


def read_theatre(path: Path) -> Theatre:
    """Read and check one theatre file.

    Raises:
        UserError: the file is no YAML or does not follow the model; the message names the file and the key.
    """
    raw = _read_yaml(path.read_bytes(), str(path))
    if not isinstance(raw, dict):
        raise UserError(f"{path}: a theatre file holds keys and values")
    try:
        return Theatre(**{str(key): value for key, value in raw.items()} | _named(path.stem, raw.get("sources")))
    except ValidationError as error:
        told = [_in_words(path.stem, found["loc"], found["msg"]) for found in error.errors()]
        raise UserError(f"{path}: " + "; ".join(told)) from None


def read_block(theatre: Theatre, text: str, where: str) -> tuple[Theatre, Source]:
    """Read the block of one source, as it would stand under ``sources:``, and check it.

    Args:
        theatre: the theatre that it is for; a source of that name there is left aside.
        text: the block: the source's name with what belongs to it, indented or not.
        where: where the block was found, for messages.

    Returns:
        The theatre with the source in it, and the source.

    Raises:
        UserError: it is no block of one source, or does not follow the model.
    """
    raw = _read_yaml(text, where)
    if isinstance(raw, dict) and set(raw) == {"sources"}:
        raw = raw["sources"]
    if not isinstance(raw, dict) or len(raw) != 1 or not isinstance(next(iter(raw.values())), dict):
        raise UserError(f"{where}: write one source: its name, and indented below it `kind:`, `fields:` and the rest")
    ((name, body),) = raw.items()
    try:
        source = Source(**{str(key): value for key, value in body.items()} | {"name": str(name)})
    except ValidationError as error:
        told = [_in_words(str(name), found["loc"], found["msg"]) for found in error.errors()]
        raise UserError(f"{where}: {name}: " + "; ".join(told)) from None
    return theatre.model_copy(update={"sources": {**theatre.sources, source.name: source}}), source


class _TwiceError(ValueError):
    """A name stands twice in one mapping."""


class _Loader(yaml.SafeLoader):
    """Plain values only, and no name twice: of two, YAML's own loader drops the first without a word."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        lines: dict[str, int] = {}
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                continue
            line = key.start_mark.line + 1
            if key.value in lines:
                raise _TwiceError(f"{key.value} stands twice, in lines {lines[key.value]} and {line}: keep one of them")
            lines[key.value] = line
        return super().construct_mapping(node, deep)


def _read_yaml(text: str | bytes, where: str) -> Any:
    try:
        return yaml.load(text, _Loader)  # noqa: S506 - a safe loader that refuses more
    except _TwiceError as error:
        raise UserError(f"{where}: {error}") from None
    except (yaml.YAMLError, ValueError) as error:
        raise UserError(f"{where}: this is no YAML: {' '.join(str(error).split())}") from None


def _named(name: str, sources: Any) -> dict[str, Any]:
    """A theatre is named after its file, and a source after its key."""
    if not isinstance(sources, dict):
        return {"name": name}
    named = {key: {**source, "name": key} if isinstance(source, dict) else source for key, source in sources.items()}
    return {"name": name, "sources": named}


def _in_words(name: str, place: tuple[int | str, ...], message: str) -> str:
    key = ".".join(str(part) for part in place)
    said = message.removeprefix("Value error, ").removeprefix(f"{name}: ")
    return f"{key}: {said}" if key else said
