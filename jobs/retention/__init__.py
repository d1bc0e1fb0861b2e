"""Floor 5: plan what must go, let it go, prove that it went (clauses 8.1, 9.1, 10.3)."""
