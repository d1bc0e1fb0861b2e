"""Floor 6: what judges a staged run, and what a verdict and a person's decision are."""
