"""Floor 2: how a step gets its Spark session."""
