"""What is known of somebody, as they may read it and take it along."""
