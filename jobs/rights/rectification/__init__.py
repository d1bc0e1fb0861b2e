"""A person's data put right: made again from the source where it is there, corrected by token where it isn't."""
