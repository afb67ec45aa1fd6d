"""Running expectations with Great Expectations on a candidate.

Belongs here: one quiet, offline context, and turning its results into plain ones without clocks or random
ids.
Does not belong here: what is expected (``suites``), how results are shown (``report``).
"""

from __future__ import annotations

import json
import logging
import os
from functools import cache
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from pydantic import BaseModel, ConfigDict

from pipeline.catalogue import table
from pipeline.expectations.suites import Expected, suite

if TYPE_CHECKING:
    import pandas as pd

SAMPLE = 5
LONGEST = 200


class Result(BaseModel):
    """How one expectation fared.

    ``observed`` is what was found, in words; ``unexpected_count`` the values at fault; ``sample`` the first
    of them.
    """

    model_config = ConfigDict(frozen=True)

    expectation: str
    column: str | None
    about: str
    expected: str
    success: bool
    observed: str
    unexpected_count: int = 0
    sample: list[str] = []


class Validation(BaseModel):
    """How one table (or the part of it named by ``part``) fared. ``model_dump(mode='json')`` is stable."""

    model_config = ConfigDict(frozen=True)

    table: str
    success: bool
    rows: int
    results: list[Result]
    part: str = ""

    @property
    def failures(self) -> list[Result]:
        """The expectations that were not met."""
        return [result for result in self.results if not result.success]


def validate(table_name: str, frame: pa.Table, part: str = "") -> Validation:
    """Hold a candidate against its table's expectations.

    The first call of a process imports Great Expectations, which takes seconds; later ones take some 5 ms an
    expectation. Nothing is written and nothing leaves the machine.

    Args:
        table_name: full name in the catalogue.
        frame: candidate rows; geometry columns are not looked at.
        part: which part of the table this is (``month=2015-10``), for the report.

    Raises:
        KeyError: the catalogue has no such table.
    """
    import pandas as pd  # noqa: PLC0415 - only a validation pays for it

    geometry = {column.name for column in table(table_name).columns.values() if column.type == "geometry"}
    plain = frame.drop_columns([name for name in frame.column_names if name in geometry])
    pandas = plain.to_pandas(date_as_object=False)
    expected = suite(table_name)
    direct = [one for one in expected if one.derive is None]
    derived = [one for one in expected if one.derive is not None]
    results = _run(pandas, direct)
    if derived and all(result.success for result in results if result.expectation.startswith("expect_table")):
        formulas = {str(one.derive): pandas.eval(str(one.derive)) for one in derived}
        results += _run(pd.DataFrame(formulas, index=pandas.index), derived)
    success = all(result.success for result in results)
    return Validation(table=table_name, success=success, rows=frame.num_rows, results=results, part=part)


@cache
def _great_expectations() -> tuple[Any, Any]:
    """The package and a batch definition in an ephemeral context, made once a process."""
    # Read by the package while it is imported: with it off, it sends nothing anywhere.
    os.environ["GX_ANALYTICS_ENABLED"] = "False"
    import great_expectations as gx  # noqa: PLC0415 - seconds, paid only by a validation

    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}  # type: ignore[assignment]
    source = context.data_sources.add_pandas("candidate")
    return gx, source.add_dataframe_asset("frame").add_batch_definition_whole_dataframe("whole")


@cache
def _expectation(name: str) -> Any:
    """One of the package's expectations, made so that it remembers its configuration.

    The package makes that anew at every look, some eighty times an expectation: half of the time of a validation.
    """
    gx, _ = _great_expectations()
    from great_expectations.compatibility.pydantic import PrivateAttr  # noqa: PLC0415 - as above

    kind = getattr(gx.expectations, name)

    def configuration(own: Any) -> Any:
        if own._remembered is None:
            own._remembered = kind.configuration.fget(own)
        return own._remembered

    members = {"__module__": __name__, "_remembered": PrivateAttr(None), "configuration": property(configuration)}
    return type(kind)(name, (kind,), members)


def _run(frame: pd.DataFrame, expected: list[Expected]) -> list[Result]:
    gx, definition = _great_expectations()
    expectations = [
        _expectation(one.name)(**one.arguments, meta={"number": number}) for number, one in enumerate(expected)
    ]
    batch = definition.get_batch(batch_parameters={"dataframe": frame})
    # BASIC is twice as fast as SUMMARY, and has the first values at fault, which is all that is shown.
    outcome = batch.validate(gx.ExpectationSuite(name="suite", expectations=expectations), result_format="BASIC")
    # Those that raised an error come first in its list, whatever the suite's order: go by our own number.
    found = {one.expectation_config.meta["number"]: one.to_json_dict() for one in outcome.results}
    return [_result(one, found[number], len(frame)) for number, one in enumerate(expected)]


def _result(expected: Expected, found: dict[str, Any], rows: int) -> Result:
    result = found["result"]
    unexpected = int(result.get("unexpected_count", 0))
    return Result(
        expectation=found["expectation_config"]["type"],
        column=expected.column,
        about=expected.about,
        expected=_words({k: v for k, v in expected.arguments.items() if not k.startswith("column")}),
        success=bool(found["success"]),
        observed=_error(found["exception_info"]) or _observed(result, unexpected, rows),
        unexpected_count=unexpected,
        sample=[_cut(value) for value in result.get("partial_unexpected_list", [])[:SAMPLE]],
    )


def _observed(result: dict[str, Any], unexpected: int, rows: int) -> str:
    if "observed_value" in result:
        return _cut(result["observed_value"])
    return f"{unexpected:,} of {result.get('element_count', rows):,} at fault"


def _error(info: dict[str, Any]) -> str:
    """The first error's message: no trace, which would hold paths of this machine."""
    errors = [info] if "exception_message" in info else list(info.values())
    messages = sorted(str(e["exception_message"]) for e in errors if e.get("exception_message"))
    return _cut(messages[0]) if messages else ""


def _words(arguments: dict[str, Any]) -> str:
    return ", ".join(f"{name} = {_cut(value)}" for name, value in arguments.items() if value is not None)


def _cut(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
