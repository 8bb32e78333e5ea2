"""Recordings, each with what podbot is to announce of it: `NAME.jsonl` and `NAME.expected`.

`python -m tests.replays.write` writes them from `scenarios`; one that a user sent in is put here by hand.
"""
