"""Measurements: each prints what it finds and asserts nothing."""
