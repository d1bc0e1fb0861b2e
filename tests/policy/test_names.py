"""Names of published columns are words that SQL and pandas don't claim for themselves."""

import duckdb
import pandas as pd
import pytest

import policy

NAMES = sorted({output.name for contract in policy.load().contracts.values() for output in contract.outputs} | {"day"})


@pytest.mark.parametrize("name", NAMES)
def test_a_column_is_asked_for_without_quotes_in_sql_and_as_an_attribute_in_pandas(name):
    rows = duckdb.sql(f'SELECT {name} FROM (SELECT 1 AS "{name}") GROUP BY {name}').fetchall()
    assert rows == [(1,)]
    assert int(getattr(pd.DataFrame({name: [7]}), name)[0]) == 7


@pytest.mark.parametrize("name", ["group", "values"])
def test_the_control_names_that_sql_or_pandas_claims_are_told(name):
    with pytest.raises((duckdb.ParserException, TypeError, AssertionError)):
        test_a_column_is_asked_for_without_quotes_in_sql_and_as_an_attribute_in_pandas(name)
