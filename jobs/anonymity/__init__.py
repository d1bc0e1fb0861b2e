"""Floor 4: how a release keeps everybody in it out of sight, by groups or by noise, and how far it is from a person."""
