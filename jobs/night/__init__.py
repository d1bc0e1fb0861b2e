"""Floor 7: the steps of a night, a file each, from the platform to the published table."""
