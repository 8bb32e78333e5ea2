"""What options of several commands take, and what is said where they are given something else."""

from __future__ import annotations

from datetime import timedelta

import click

from bot.model import durations, urls


def duration(ctx: click.Context, param: click.Parameter, value: str) -> timedelta:
    """Reads `90m`, `7d`."""
    try:
        return durations.parse(value)
    except ValueError as problem:
        raise click.BadParameter(str(problem), ctx, param) from None


def web_address(ctx: click.Context, param: click.Parameter, value: str) -> str:
    """Takes an http or https URL as it is."""
    if not urls.is_http(value):
        raise click.BadParameter(f"{value!r} is no http or https URL", ctx, param)
    return value
