"""Tests of the Slack-compatible workspace."""
