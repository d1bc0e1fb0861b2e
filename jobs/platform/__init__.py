"""Floor 1: the operational database, its types, and drift from what was classified."""
