"""Floor 2: whose row it is, and who is left out of which release."""
