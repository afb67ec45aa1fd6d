"""Checks: the verdicts that the pipeline reached, told to Dagster.

Belongs here: check specs, and turning validations and balances into check results. They report; the pipeline itself has
refused a bad candidate before Dagster hears of it. Does not belong here: what is expected (``pipeline.expectations``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import dagster as dg

from pipeline.acceptance import HeldBack
from pipeline.catalogue import table
from pipeline.work import Done, Step

CONSERVATION = "conservation"
FETCHED = "sources_fetched"
READABLE = "exports_readable"
APPLIED = "exports_applied"
PUBLISHED = "published"
# Steps in which records end; their outcomes must add up.
CONSERVING = ("references", "mapped_strikes", "control")
WORDS = ("table", "column", "expectation", "expected", "observed", "sample")


def contract_name(table_name: str) -> str:
    """Name of the check that holds a table against its contract."""
    return f"contract_{table(table_name).short_name}"


def step_specs(step: Step, key: dg.AssetKey) -> list[dg.AssetCheckSpec]:
    """Specs of all checks of a step."""
    specs = [
        dg.AssetCheckSpec(
            contract_name(name),
            asset=key,
            blocking=True,
            description=f"`{name}` keeps its batch contract: columns, types, ranges, keys. "
            "Tested on the candidate, before it replaces what is there.",
        )
        for name in step.tables
    ]
    if step.name in CONSERVING:
        specs.append(
            dg.AssetCheckSpec(
                CONSERVATION,
                asset=key,
                blocking=True,
                description="For every export: accepted + duplicate + superseded + withdrawn + held + quarantined = "
                "records.",
            )
        )
        specs.append(
            dg.AssetCheckSpec(
                APPLIED,
                asset=key,
                description="No export is held back. One cut short or an old copy is: nothing of it is applied, "
                "until a person accepts it (`isw-strikes accept`).",
            )
        )
    return specs


def contracts(step: Step, done: Sequence[Done]) -> list[dg.AssetCheckResult]:
    """Result of each table's contract, from the validations kept with the parts."""
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in step.tables}
    for validation in _different(part.validations for part in done):
        found[validation["table"]].append(validation)
    return [contract(name, validations) for name, validations in found.items()]


def _different(several: Iterable[Iterable[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Validations, each once: parts that were made together share theirs."""
    found: list[dict[str, Any]] = []
    for validations in several:
        found += [validation for validation in validations if validation not in found]
    return found


def contract(table_name: str, validations: Sequence[dict[str, Any]]) -> dg.AssetCheckResult:
    """Result of one table's contract; what failed stands in the metadata."""
    results = [result for validation in validations for result in validation["results"]]
    failures = [{"table": table_name, **result} for result in results if not result["success"]]
    metadata: dict[str, Any] = {
        "rows": sum(validation["rows"] for validation in validations),
        "expectations": len(results),
        "failed": len(failures),
    }
    if failures:
        metadata["failures"] = _table(failures)
    about = "; ".join(f"{failure['column'] or table_name}: {failure['about']}" for failure in failures)
    return dg.AssetCheckResult(
        check_name=contract_name(table_name),
        passed=not failures,
        metadata=metadata,
        description=about or ("All expectations met." if results else "No rows, so nothing to hold against it."),
    )


def _table(failures: Sequence[dict[str, Any]]) -> dg.TableMetadataValue:
    rows = []
    for failure in failures:
        sample = ", ".join(map(str, failure.get("sample", [])))
        rows.append(dg.TableRecord({name: str(failure.get(name) or "") for name in WORDS} | {"sample": sample}))
    return dg.MetadataValue.table(rows, dg.TableSchema([dg.TableColumn(name) for name in WORDS]))


def conservation(balance: Sequence[dict[str, Any]]) -> dg.AssetCheckResult:
    """Result of the conservation of records; each export's balance stands in the metadata."""
    broken = [row for row in balance if not row["is_balanced"]]
    outcomes = ("accepted", "duplicate", "superseded", "withdrawn", "held", "quarantined")
    columns = ("source", "file_name", "records", *outcomes)
    rows = [dg.TableRecord({name: row[name] for name in columns}) for row in balance]
    schema = dg.TableSchema([dg.TableColumn(c, "string" if c in columns[:2] else "int") for c in columns])
    records = sum(row["records"] for row in balance)
    quarantined = sum(row["quarantined"] for row in balance)
    named = ", ".join(f"{row['source']} {row['file_name']}" for row in broken)
    return dg.AssetCheckResult(
        check_name=CONSERVATION,
        passed=not broken,
        metadata={
            "balance": dg.MetadataValue.table(rows, schema),
            "records": records,
            "quarantined": quarantined,
            "quarantined share": quarantined / records if records else 0.0,
        },
        description=f"Records were lost or doubled: {named}" if broken else "Every record ended in exactly one place.",
    )


def applied(held: Sequence[HeldBack]) -> dg.AssetCheckResult:
    """Whether every export that could be read is applied; one that is held back is a warning."""
    told = " ".join(one.sentence for one in held)
    return _warned(APPLIED, "held back", len(held), told or "No export is held back.")


def readable(problems: Sequence[str]) -> dg.AssetCheckResult:
    """Whether every export of a theatre could be read; one that could not is a warning."""
    return _warned(READABLE, "unreadable", len(problems), "; ".join(problems) or "Every export could be read.")


def fetched(problems: Sequence[str]) -> dg.AssetCheckResult:
    """Whether every live source could be fetched; one that could not is a warning."""
    return _warned(FETCHED, "not fetched", len(problems), "; ".join(problems) or "Every live source was fetched.")


def _warned(check: str, fault: str, count: int, told: str) -> dg.AssetCheckResult:
    """A check that warns where there is any fault, as the rest goes on."""
    return dg.AssetCheckResult(
        check_name=check,
        passed=not count,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={fault: count},
        description=told,
    )


def published(told: str, severity: dg.AssetCheckSeverity | None = None) -> dg.AssetCheckResult:
    """Whether a verified release of the tables as they stand is in force; a severity says that none is."""
    return dg.AssetCheckResult(
        check_name=PUBLISHED,
        passed=severity is None,
        severity=severity or dg.AssetCheckSeverity.ERROR,
        description=told,
    )
