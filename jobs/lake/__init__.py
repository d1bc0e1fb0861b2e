"""Floor 3: where data lies, how it becomes visible and durable, and the record of it."""
