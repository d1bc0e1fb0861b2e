"""Floor 1: the Java functions that Spark calls per cell, and how they are compiled."""
