"""Floor 8: what is published, searched again with the identifiers of today."""
