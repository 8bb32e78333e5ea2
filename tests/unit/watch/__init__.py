"""Tests of `bot.watch`."""
