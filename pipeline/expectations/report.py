"""The validation report: one page and one JSON file.

Belongs here: writing results for people and for programs. Does not belong here: deciding anything from them.

Why not Great Expectations' own Data Docs: their pages load scripts, fonts and styles from content delivery
networks. They break without a network, tell third parties who reads them, and stamp every run with a clock
and random ids, so that the same results never give the same bytes. This page holds all that it needs and
nothing that varies.
"""

from __future__ import annotations

import json
from pathlib import Path

from pipeline.expectations.checking import Validation

TEMPLATE = Path(__file__).parent / "report.html.j2"


def write_report(folder: Path, validations: list[Validation]) -> list[Path]:
    """Write ``index.html`` (self-contained, light and dark) and ``results.json`` into a folder.

    The same validations give the same bytes. Values are escaped: data never become markup.

    Args:
        folder: made where it is missing.
        validations: in the order in which they are shown.
    """
    import jinja2  # noqa: PLC0415 - only a report pays for it

    folder.mkdir(parents=True, exist_ok=True)
    page = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    ).from_string(TEMPLATE.read_text(encoding="utf-8"))
    success = all(validation.success for validation in validations)
    html, results = folder / "index.html", folder / "results.json"
    html.write_text(page.render(validations=validations, success=success), encoding="utf-8", newline="\n")
    body = {"success": success, "tables": [validation.model_dump(mode="json") for validation in validations]}
    results.write_text(json.dumps(body, ensure_ascii=False, indent=1) + "\n", encoding="utf-8", newline="\n")
    return [html, results]
