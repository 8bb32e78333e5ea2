"""Incidents: deaths that belong together, kept as one live message."""
