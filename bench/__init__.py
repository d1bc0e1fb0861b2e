"""What things cost and whether they agree: run by hand, reported in docs."""
