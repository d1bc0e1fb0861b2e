"""Everything broken on purpose: steps on a tiny lake, each call that changes something fails; ``make faults``."""
