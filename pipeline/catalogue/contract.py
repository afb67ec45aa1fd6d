"""The table contract: what a reader of releases may rely on, and its version.

Belongs here: the version, the rules, and comparing the catalogue with the contract that was last settled
(``contract.json``). Does not belong here: the tables themselves (``tables.yaml``).

``python -m pipeline.docs --check`` fails where the catalogue breaks the settled contract without the version saying so.
``python -m pipeline.catalogue.contract`` settles the contract as it stands, which is done when the project's own
version is given out: until then any number of additions share one new minor version.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pipeline.catalogue import Column, Table, tables

VERSION = "1.1"
SETTLED = Path(__file__).parent / "contract.json"


def in_words() -> str:
    """The rules, for readers."""
    return f"""**Table contract {VERSION}.** The version stands in a release's `manifest.json` and `datapackage.json`,
and `SELECT core.contract_version()` in its DuckDB file tells it. Select columns by name. A *minor*
version adds tables, columns or values of a column, so expect values that you do not know. A *major*
version may remove or rename a table or column, change its type, unit, key or meaning, or let it be null;
a column is removed only after a settled version in which it was marked **deprecated**, with what to use
instead. What a number means is in [methods](methods.md): where a method changes, the change log says so,
and `isw-strikes releases diff` shows what moved. When a run last looked, and whether anything had
changed, is in `status.json` beside the releases (`isw-strikes status`)."""


def describe() -> dict[str, Any]:
    """The contract as the catalogue has it now."""
    return {"version": VERSION, "tables": {name: _table(spec) for name, spec in tables().items() if spec.is_released}}


def _table(spec: Table) -> dict[str, Any]:
    return {"key": spec.key, "columns": {name: _column(column) for name, column in spec.columns.items()}}


def _column(column: Column) -> dict[str, Any]:
    kept = column.model_dump(include={"type", "unit", "optional", "deprecated"})
    return {name: value for name, value in kept.items() if value not in (None, False)}


def find_breaches(settled: dict[str, Any] | None = None, now: dict[str, Any] | None = None) -> list[str]:
    """Where the contract is broken: what changed that its version does not say.

    Args:
        settled: the contract that was last settled; that of ``contract.json`` where None.
        now: the contract as it stands; the catalogue's where None.

    Returns:
        Sentences; none where the version says enough.
    """
    settled = settled or json.loads(SETTLED.read_text(encoding="utf-8"))
    now = now or describe()
    (major, minor), (new_major, new_minor) = (_parts(one["version"]) for one in (settled, now))
    removed, otherwise, added = _compare(settled["tables"], now["tables"])
    breaches = [
        f"{name} was removed without having been deprecated in {settled['version']}"
        for name, was_told in removed.items()
        if not was_told
    ]
    if new_major <= major:
        breaking = [f"{name} was removed" for name in removed] + otherwise
        breaches += [f"{told}: that is version {major + 1}.0, not {now['version']}" for told in breaking]
        if added and new_minor <= minor:
            breaches += [f"{name} was added: that is version {major}.{minor + 1}" for name in added]
    return breaches


def _compare(before: dict[str, Any], after: dict[str, Any]) -> tuple[dict[str, bool], list[str], list[str]]:
    """Columns removed (with whether they were deprecated), what is otherwise in a breaking way, what was added."""
    removed: dict[str, bool] = {}
    otherwise: list[str] = []
    added = [name for name in after if name not in before]
    for name, old in before.items():
        new = after.get(name, {"columns": {}, "key": old["key"]})
        if old["key"] != new["key"]:
            otherwise.append(f"the key of {name} changed")
        for column, was in old["columns"].items():
            full = f"{name}.{column}"
            if column not in new["columns"]:
                removed[full] = "deprecated" in was
                continue
            now = new["columns"][column]
            otherwise += [f"{full} has another {part}" for part in ("type", "unit") if was.get(part) != now.get(part)]
            if now.get("optional") and not was.get("optional"):
                otherwise.append(f"{full} may be null")
        added += [f"{name}.{column}" for column in new["columns"] if column not in old["columns"]]
    return removed, otherwise, added


def _parts(version: str) -> tuple[int, int]:
    major, minor = version.split(".")
    return int(major), int(minor)


if __name__ == "__main__":
    SETTLED.write_text(json.dumps(describe(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
