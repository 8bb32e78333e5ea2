"""Recorded watch streams: what podbot would have announced of them (`play`), and making one (`recorder`).

A user's bug report becomes a test that way; `tests/replays` holds such recordings beside what is expected of
them. `records` says what may stand in one.
"""
