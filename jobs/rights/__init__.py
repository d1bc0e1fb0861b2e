"""Floor 6: who may learn or change what is known of a person (clauses 7.1, 7.2)."""
