"""Floor 4: the only Python that touches key bytes."""
