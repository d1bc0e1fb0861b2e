"""Floor 6: what is known of a person, and who may learn, take along, change or end it (clauses 7.1, 7.2, 9.1)."""
