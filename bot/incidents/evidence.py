"""Evidence: what a container that died wrote last. Missing evidence never holds an alert up."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from bot.errors import ClusterError, ObjectNotFound
from bot.incidents.ports import LogSource, Masker
from bot.model.deaths import Death
from bot.model.incidents import Evidence

LINES = 20
WAIT = 3.0
"""Seconds for all requests about one death."""

NO_LOG = "unable to retrieve container logs for "
"""What the kubelet gives in place of a log that its runtime does not have: none began, or it is gone."""

SLACK = timedelta(seconds=1)
"""`finishedAt` has whole seconds, log lines have nanoseconds."""


async def gather(source: LogSource, mask: Masker, death: Death) -> Evidence:
    """The evidence about one death; ends within `WAIT` and never raises for what the cluster does."""
    if not death.cause.is_container_exit:
        return Evidence(death=death)
    try:
        async with asyncio.timeout(WAIT):
            lines = await _last_words(source, death)
    except TimeoutError:
        return Evidence(death=death, missing=f"the cluster did not give it within {WAIT:.0f} s.")
    except ClusterError as error:
        return Evidence(death=death, missing=error.of_a_look)
    except _Overtaken:
        return Evidence(death=death, missing="the container has run again since, and only that log is left.")
    masked, _ = mask([text for _, text in lines])
    # A key of several lines is masked as one: which line is whose is not known then.
    times = tuple(moment for moment, _ in lines) if len(masked) == len(lines) else ()
    return Evidence(death=death, log_tail=tuple(masked), log_times=times)


async def _last_words(source: LogSource, death: Death) -> list[tuple[datetime | None, str]]:
    """The end of the log of the very run that died.

    Between the look at the status and the reading of the log the container may have been started again, so
    that "previous" and "current" have moved on by one run. The lines' own times tell which run it is.
    """
    restarted = death.restarts > death.id.restart
    first_error: ClusterError | None = None
    others = False
    perhaps: list[tuple[datetime | None, str]] = []
    for previous in (restarted, not restarted):
        try:
            stamped = await source.last_lines(
                death.namespace, death.pod, death.id.container, previous=previous, tail=LINES
            )
        except ClusterError as error:
            first_error = first_error or error
            continue
        if len(stamped) == 1 and stamped[0].startswith(NO_LOG):
            first_error = first_error or ObjectNotFound("the node has none of this run.")
            continue
        found = [(moment, text) for moment, text in map(_split, stamped) if _belongs(moment, death)]
        if found and not all(_may_be_later(moment, death) for moment, _ in found):
            return found
        perhaps = perhaps or found
        others = others or bool(stamped)
    if perhaps:
        return perhaps
    if first_error is not None:
        raise first_error
    if others:
        raise _Overtaken
    return []


class _Overtaken(Exception):
    """What there is to read was written by other runs."""


def _split(line: str) -> tuple[datetime | None, str]:
    """A line's time and text. The time is RFC 3339 in the zone of the node, with nanoseconds."""
    stamp, _, text = line.partition(" ")
    try:
        moment = datetime.fromisoformat(stamp)
    except ValueError:
        return None, line
    return (moment, text) if moment.tzinfo is not None else (None, line)


def _may_be_later(moment: datetime | None, death: Death) -> bool:
    """Whether a line may as well be of the run that began in the second in which this one ended."""
    return moment is not None and death.finished_at is not None and moment >= death.finished_at


def _belongs(moment: datetime | None, death: Death) -> bool:
    if moment is None:
        return True
    after_start = death.started_at is None or moment >= death.started_at - SLACK
    before_end = death.finished_at is None or moment <= death.finished_at + SLACK
    return after_start and before_end
