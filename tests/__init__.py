"""The tests of podbot."""
