"""What makes work stale: the code that decides a step's rows, the libraries under it, and the shapes that it reads."""

from __future__ import annotations

import ast
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline import ledger
from pipeline.due import CODE as RELEASE_CODE
from pipeline.due import release_inputs
from pipeline.settings import Settings
from pipeline.steps import STEPS, step
from pipeline.theatres import model, theatres
from pipeline.work import Work

PACKAGE = ledger.PACKAGE
SYRIA = theatres()["syria"]
# Calls every stage; what each is made with, each step names itself.
STEPS_MODULE = PACKAGE / "steps.py"


def _module(name: str) -> Path | None:
    path = PACKAGE.parent.joinpath(*name.split("."))
    found = [file for file in (path / "__init__.py", path.with_suffix(".py")) if file.is_file()]
    return found[0] if found else None


def _nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """Nodes that run: not what stands under ``if TYPE_CHECKING``."""
    for node in ast.iter_child_nodes(tree):
        if not (isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"):
            yield node
            yield from _nodes(node)


def _imports(file: Path) -> set[Path]:
    names: set[str] = set()
    for node in _nodes(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return {module for name in names if name.startswith("pipeline.") and (module := _module(name))}


def _closure(code: set[Path]) -> set[Path]:
    """Modules and SQL folders that the code reaches, lazy imports included."""
    reached, waiting = set(code), [file for file in code if file.suffix == ".py" and file != STEPS_MODULE]
    while waiting:
        file = waiting.pop()
        folders = set(re.findall(r'\bsql\(\s*f?"(\w+)/', file.read_text(encoding="utf-8")))
        reached |= {script for folder in folders for script in (PACKAGE / "sql" / folder).rglob("*.sql")}
        new = _imports(file) - reached
        reached |= new
        waiting += new - {STEPS_MODULE}
    return reached


def _files(code: tuple[str, ...]) -> set[Path]:
    return {file for part in code for file in ([PACKAGE / part, *(PACKAGE / part).rglob("*")]) if file.is_file()}


@pytest.mark.parametrize(("name", "code"), [*((s.name, s.code) for s in STEPS), ("release", RELEASE_CODE)])
def test_a_steps_code_holds_all_that_it_reaches(name: str, code: tuple[str, ...]) -> None:
    files = _files(code)
    assert {file.name for file in files} >= {"lake.py", "model.py", "steps.py"}
    assert sorted(str(file.relative_to(PACKAGE)) for file in _closure(files) - files) == []


def test_a_name_in_a_steps_code_that_is_no_module_is_an_error() -> None:
    with pytest.raises(FileNotFoundError):
        ledger.code_digest("no_such_module.py")


@pytest.mark.parametrize("library", ["duckdb", "shapely", "geos", "pyproj", "proj", "scipy"])
def test_another_version_of_a_library_of_geometry_makes_stale(library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = ledger.geometry_versions()
    before = ledger.code_digest.__wrapped__("errors.py")
    monkeypatch.setattr(ledger, "geometry_versions", lambda: {**installed, library: "another"})
    assert installed[library] and ledger.code_digest.__wrapped__("errors.py") != before


def _moved(file: Path, feature: int = 0) -> None:
    """Swap the shape of one feature for another's."""
    content = json.loads(file.read_text(encoding="utf-8"))
    content["features"][feature]["geometry"] = content["features"][feature + 1]["geometry"]
    file.write_text(json.dumps(content), encoding="utf-8")


@pytest.mark.parametrize(
    ("file", "stale"),
    [
        (SYRIA.provinces_file, {"references", "mapped_strikes", "control", "tables", "release"}),
        (SYRIA.land, {"control", "attribution", "tables", "release"}),
        (SYRIA.backdrop["towns"], {"tables", "release"}),
        (SYRIA.backdrop["rivers"], {"tables", "release"}),
    ],
)
def test_a_shape_that_changed_makes_stale_what_reads_it(
    file: str, stale: set[str], settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = Work(settings)
    parts = {
        "references": "gazetteer", "mapped_strikes": "isw_reports", "control": "commons_map", "attribution": "2015-10",
        "tables": "all",
    }  # fmt: skip

    def inputs() -> dict[str, dict[str, str]]:
        found = {name: step(name).inputs(work, SYRIA, part) for name, part in parts.items()}
        return found | {"release": release_inputs(work, [SYRIA])}

    before = inputs()
    shutil.copytree(model.SHOWCASE, tmp_path / "showcase")
    monkeypatch.setattr(model, "SHOWCASE", tmp_path / "showcase")
    assert inputs() == before
    monkeypatch.setattr(model, "SHOWCASE", shutil.copytree(model.SHOWCASE, tmp_path / "changed"))
    _moved(tmp_path / "changed" / file)
    after = inputs()
    assert {name for name in after if after[name] != before[name]} == stale


def test_a_spelling_of_a_province_makes_control_stale(settings: Settings) -> None:
    aleppo = SYRIA.provinces["Aleppo"].model_copy(update={"aliases": ("Halep",)})
    changed = SYRIA.model_copy(update={"provinces": {**SYRIA.provinces, "Aleppo": aleppo}})
    before, after = (step("control").inputs(Work(settings), t, "control_observations") for t in (SYRIA, changed))
    assert {name for name in after if after[name] != before[name]} == {"theatre file"}
