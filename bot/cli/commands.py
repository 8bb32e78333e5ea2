"""`podbot`: all of its commands.

A part that `run` does not need is imported by the command that does, so that `run` starts without it.
"""

from __future__ import annotations

import click

from bot.cli.rehearsal import demo, faults, replay
from bot.cli.running import check, run
from bot.cli.store import backup, incidents, migrate


@click.group(
    commands=[run, check, incidents, migrate, backup, demo, replay, faults],
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(package_name="podbot", prog_name="podbot")
def main() -> None:
    """Slack chat-ops for Kubernetes pods: look, understand, act, and be told once when pods die."""
