"""Floor 6: what a release says of itself, to people and to tools: one model, a file each standard."""
