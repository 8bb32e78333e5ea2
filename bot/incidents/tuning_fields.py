"""The fields `timings` and `limits` of the configuration file, and durations as its other fields take them.

What may be set is what a team can want otherwise. Each has a least and a most: below the least podbot would
tell what every pod goes through, and beyond the most it would tell what everybody knows by then.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator

from bot.files.fields import STRICT
from bot.incidents.engine import REOPENS_FOR
from bot.model import durations

SHORTEST, LONGEST_PATIENCE = timedelta(seconds=10), timedelta(hours=24)

LONGEST_HOLD_DOWN = REOPENS_FOR / 2
"""A recovery is dated back to the beginning of the hold-down, and reopens for a time that counts from there:
with a longer one, what comes back soon after would be an incident of its own."""

SHORTEST_LAPSE, LONGEST_LAPSE = timedelta(minutes=1), timedelta(days=7)

MOST_INCIDENTS_A_MINUTE = 50
"""Slack takes about one message a second into a channel, and updates of earlier ones want their share."""


def _duration(value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError("must be a duration such as 90s, 10m or 4h")  # noqa: TRY004 - pydantic's own protocol
    return durations.parse(value)


def within(least: timedelta, most: timedelta) -> AfterValidator:
    """The bounds of a duration, both allowed."""

    def check(value: timedelta) -> timedelta:
        if not least <= value <= most:
            raise ValueError(f"must be between {durations.human(least)} and {durations.human(most)}")
        return value

    return AfterValidator(check)


def _incidents(value: Any) -> Any:
    # True is an int to Python.
    if type(value) is not int or not 1 <= value <= MOST_INCIDENTS_A_MINUTE:
        raise ValueError(f"must be a whole number between 1 and {MOST_INCIDENTS_A_MINUTE}")
    return value


Duration = Annotated[timedelta, BeforeValidator(_duration)]
Patience = Annotated[Duration, within(SHORTEST, LONGEST_PATIENCE)]
HoldDown = Annotated[Duration, within(SHORTEST, LONGEST_HOLD_DOWN)]
Lapse = Annotated[Duration, within(SHORTEST_LAPSE, LONGEST_LAPSE)]
Incidents = Annotated[int, BeforeValidator(_incidents)]


class TimingsField(BaseModel):
    """`timings`: what is left out is as `model.tuning.Timings` has it."""

    model_config = STRICT

    image_pull: Patience | None = None
    config_error: Patience | None = None
    unschedulable: Patience | None = None
    stuck_creating: Patience | None = None
    stuck_terminating: Patience | None = None
    not_ready: Patience | None = None
    recovered: HoldDown | None = None
    acknowledgement_lapses: Lapse | None = None


class LimitsField(BaseModel):
    """`limits`: what is left out is as `model.tuning.Limits` has it."""

    model_config = STRICT

    incidents_a_minute: Incidents | None = None
