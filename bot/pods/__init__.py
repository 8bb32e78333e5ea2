"""The pod service: what may be asked of pods, whether this person may, and doing it."""
