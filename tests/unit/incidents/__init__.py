"""Tests of `bot.incidents`."""
