"""Names of columns: those that exports commonly give to what a mapping asks for (``column_names.yaml``).

Belongs here: the list, and comparing names whatever their case and signs. Does not belong here: any guess from them.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import yaml


@cache
def known_names() -> dict[str, list[str]]:
    """Names that exports give to each field, from ``column_names.yaml``."""
    raw = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
    return {str(key): [str(name) for name in names] for key, names in raw.items()}


def plain(name: str) -> str:
    """A name as letters and digits in lower case.

    >>> plain("Geolocated_Lat ")
    'geolocatedlat'
    """
    return "".join(character for character in name.casefold() if character.isalnum())


def words(name: str) -> list[str]:
    """The words of a name.

    >>> words("airwars_id"), words("ChangeDate")
    (['airwars', 'id'], ['change', 'date'])
    """
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return [word.casefold() for word in re.findall(r"[^\W_]+", apart)] or [""]
