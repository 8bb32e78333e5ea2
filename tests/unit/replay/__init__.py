"""Tests of `bot.replay`."""
