"""Drivers and drawings shared by the tests."""
