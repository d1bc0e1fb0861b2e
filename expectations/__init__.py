"""The gate: what must hold of a staged run before anybody may see it, as Great Expectations suites."""
