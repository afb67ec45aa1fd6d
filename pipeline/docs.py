"""Docs made from code: data dictionary, reasons for refusal, precision scales, settings, the command line's help.

Belongs here: writing those pages, and saying which have drifted. Does not belong here: prose that people write.
Run ``python -m pipeline.docs`` to write them, ``--check`` to fail where one differs.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline.catalogue import Column, Table, tables
from pipeline.catalogue.contract import find_breaches, in_words
from pipeline.catalogue.reasons import reasons
from pipeline.settings import Settings
from pipeline.theatres import precision_scales

DOCS = Path(__file__).parent.parent / "docs"
MADE = "<!-- Made by `make docs` from the code. Change the code, not this page. -->\n\n"


def data_dictionary() -> str:
    """Every released table and column, from the catalogue."""
    lines = [MADE + "# Data dictionary\n", f"{in_words()}\n"]
    for table in tables().values():
        if table.is_released:
            lines += [f"## `{table.name}`\n", f"{table.title}. {table.about}\n", _key(table)]
            lines += ["| column | type | meaning |", "|---|---|---|"]
            lines += [
                f"| `{column.name}` | {_type(column)} | {_cell(_about(column))} |" for column in table.columns.values()
            ]
            lines.append("")
    return "\n".join(lines)


def _key(table: Table) -> str:
    return "Key: " + ", ".join(f"`{name}`" for name in table.key) + ".\n"


def _about(column: Column) -> str:
    return column.about + (f". **Deprecated**: {column.deprecated}" if column.deprecated else "")


def _type(column: Column) -> str:
    text = column.type + (f", {column.unit}" if column.unit else "") + (", optional" if column.optional else "")
    return text + (f" ({_cell(' / '.join(column.values))})" if column.values else "")


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def reason_catalogue() -> str:
    """Every reason for which a file or record is refused."""
    lines = [MADE + "# Why a file, a record or an override is refused\n"]
    lines += ["`core.quarantine` holds one row for each reason, with file, row, field, value and the hint below;"]
    lines += ["`isw-strikes quarantine` lists them. Overrides that were refused are in `core.overrides`.\n"]
    lines += ["| code | concerns | meaning | what to do |", "|---|---|---|---|"]
    lines += [f"| `{r.code}` | {r.level} | {_cell(r.about)} | {_cell(r.hint)} |" for r in reasons().values()]
    return "\n".join(lines) + "\n"


def precision_scales_page() -> str:
    """Publishers' scales of precision with the radius of each level."""
    lines = [MADE + "# Precision scales\n"]
    lines += ["A source names its scale (`precision_scale`). A radius that the codebook does not give is ours.\n"]
    for name, scale in precision_scales().items():
        lines += [f"## `{name}`\n", f"{scale.title}. {scale.codebook}.\n"]
        lines += ["| level | meaning | radius | whose radius |", "|---|---|---|---|"]
        for text, level in scale.levels.items():
            radius = "none: refused" if level.metres is None else f"{level.metres:,.0f} m"
            whose = "" if level.metres is None else "the codebook's" if level.is_documented else "ours"
            lines.append(f"| `{text}` | {_cell(level.means)} | {radius} | {whose} |")
        lines.append("")
    return "\n".join(lines)


def command_line() -> str:
    """The help of every command, as it prints."""
    from typer.main import get_command  # noqa: PLC0415 - only this page needs it
    from typer.testing import CliRunner  # noqa: PLC0415 - as above

    from pipeline.cli import app  # noqa: PLC0415 - as above

    pages = [MADE + "# The command line\n"]
    runner = CliRunner(env={"COLUMNS": "100", "TERM": "dumb", "NO_COLOR": "1"})
    for words in _command_words(get_command(app)):
        shown = runner.invoke(app, [*words, "--help"], prog_name="isw-strikes").output
        shown = "\n".join(line.rstrip() for line in re.sub(r"\x1b\[[0-9;]*m", "", shown).strip().splitlines())
        pages.append(f"## `{' '.join(('isw-strikes', *words))}`\n\n```text\n{shown}\n```\n")
    return "\n".join(pages)


def _command_words(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The words of a command and of all under it."""
    yield words
    for name, inner in getattr(command, "commands", {}).items():
        yield from _command_words(inner, (*words, name))


def settings_page() -> str:
    """Every setting of a deployment."""
    lines = [MADE + "# Settings\n", "Each is read from the environment. Sizes are in bytes.\n"]
    lines += ["| variable | default | meaning |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = f"{field.default:,}" if isinstance(field.default, int) else str(field.default)
        lines.append(f"| `ISW_{name.upper()}` | {default} | {_cell(field.description or '')} |")
    return "\n".join(lines) + "\n"


PAGES = {
    "settings.md": settings_page,
    "data-dictionary.md": data_dictionary,
    "reasons.md": reason_catalogue,
    "precision-scales.md": precision_scales_page,
    "command-line.md": command_line,
}


def main(arguments: list[str]) -> int:
    """Write the pages, or with ``--check`` say which differ (exit code 1)."""
    drifted = []
    for name, make in PAGES.items():
        path, text = DOCS / name, make()
        if "--check" in arguments:
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                drifted.append(name)
        else:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
    breaches = find_breaches()
    for breach in breaches:
        sys.stderr.write(f"the table contract is broken: {breach}\n")
    for name in drifted:
        sys.stderr.write(f"docs/{name} is not what the code says: run `make docs`\n")
    return 1 if drifted or breaches else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
