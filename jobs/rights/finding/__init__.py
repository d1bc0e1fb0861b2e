"""Where somebody stands: every place, every identifier, every token."""
