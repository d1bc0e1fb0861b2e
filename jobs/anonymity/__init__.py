"""Floor 3: how far a release is from a person, counts over its rows, each with its paper."""
