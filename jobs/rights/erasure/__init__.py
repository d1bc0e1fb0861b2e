"""Whoever asks to be erased: planned, approved, forgotten everywhere, proved."""
