"""The gate as most people would write it: one Great Expectations expectation for each column and pattern."""

from __future__ import annotations

import great_expectations as gx
from pyspark.sql import DataFrame

PATTERNS = {
    "e-mail": r"[\w.+-]+@[\w-]+\.[\w.-]+",
    "phone": r"(?<!\w)\+?\d[\d .-]{8,14}\d(?!\w)",
    "IPv4": r"(?<!\d)(\d{1,3}\.){3}\d{1,3}(?!\d)",
    "IBAN": r"\b[A-Z]{2}\d{2}[A-Z0-9]{11,30}\b",
    "card": r"(?<!\d)(\d[ -]?){13,19}(?!\d)",
    "MAC": r"\b([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}\b",
    "JWT": r"\beyJ[\w-]+\.[\w-]+\.[\w-]+",
    "UUID": r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b",
}


def one_a_column_and_pattern(rows: DataFrame) -> None:
    """Judge every text column by every pattern, and every column by one expectation on nulls.

    Raises:
        AssertionError: it found something, which it mustn't in a clean release.
    """
    context = gx.get_context(mode="ephemeral")
    batch = (
        context.data_sources.add_spark("bench").add_dataframe_asset("rows").add_batch_definition_whole_dataframe("all")
    )
    suite = context.suites.add(gx.ExpectationSuite("usual"))
    for name, kind in rows.dtypes:
        suite.add_expectation(gx.expectations.ExpectColumnToExist(column=name))
        if kind == "string":
            for pattern in PATTERNS.values():
                suite.add_expectation(gx.expectations.ExpectColumnValuesToNotMatchRegex(column=name, regex=pattern))
    definition = gx.ValidationDefinition(data=batch, suite=suite, name="usual")
    context.validation_definitions.add(definition)
    result = definition.run(batch_parameters={"dataframe": rows}, result_format="BOOLEAN_ONLY")
    rows.sparkSession.catalog.clearCache()  # Great Expectations keeps the rows, which are written anew afterwards
    if not result.success:
        raise AssertionError("the usual gate found something in a clean release")
