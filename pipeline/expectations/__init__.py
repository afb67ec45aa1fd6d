"""Expectations: batch contracts, held against a candidate before it replaces a partition.

Belongs here: suites made from the catalogue and ``contracts.yaml``, running them, showing the results.
Does not belong here: row-level rules with a reason code (those are SQL, so that the quarantine has one
source). Great Expectations takes seconds to import, so importing this package does not import it.
"""

from __future__ import annotations

from pipeline.expectations.checking import Result, Validation, validate
from pipeline.expectations.report import write_report
from pipeline.expectations.suites import Expected, suite

__all__ = ["Expected", "Result", "Validation", "suite", "validate", "write_report"]
