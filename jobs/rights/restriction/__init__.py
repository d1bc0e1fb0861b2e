"""Rows that leave the releases and can come back."""
