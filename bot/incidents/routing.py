"""Where an incident goes: the first route that matches, then what annotations may ask for. Pure.

A route with `continue: true` adds to those after it: channels and people add up; of runbooks and escalations
the first holds. One that mutes has the last word, whatever was added before it.

Annotations come from whoever may write to a namespace, so they can do what the configuration allows them in
that namespace and nothing else. The nearest one that counts holds: the pod's, its owner's (of a Job first its
own, then its CronJob's), its namespace's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from fnmatch import fnmatchcase
from typing import NamedTuple, TypeVar

from bot.incidents.route_config import AnnotationRule, Config, Match, Rule
from bot.model import urls
from bot.model.annotations import Annotation
from bot.model.people import ChannelId
from bot.model.routes import Route, RouteFacts

MOST_CHANNELS = 5
"""That one annotation may name."""
MOST_URL = 1_000
"""Characters of a runbook's address."""
MOST_OWNER = 80
"""Characters of `podbot.io/owner`."""

_CHANNEL = re.compile(r"[CG][A-Z0-9]{1,30}")
_T = TypeVar("_T")


class _Refused(Exception):
    """The reason, in words."""


class _Asked(NamedTuple):
    """One annotation, and where it stands."""

    annotation: Annotation
    place: str
    value: str


def route(config: Config, facts: RouteFacts, now: datetime, otherwise: ChannelId) -> Route:
    """Where an incident with these facts goes now; to `otherwise` where nothing else names a channel."""
    why: list[str] = []
    matching = tuple(_matching(config.rules, facts, now, why))
    found = Route(
        names=tuple(each.name for each in matching),
        channels=_each_once(channel for each in matching for channel in each.channels),
        groups=_each_once(group for each in matching for group in each.groups),
        people=_each_once(person for each in matching for person in each.people),
        escalation=next((each.escalation for each in matching if each.escalation), ""),
        runbook=next((each.runbook for each in matching if each.runbook), ""),
        muted=any(each.mute for each in matching),
    )
    found = _annotated(config, facts, found, why)
    why += (
        f"What the annotations of {place} ask for is not known: {problem}." for place, problem in facts.unread
    )
    if found.muted:
        why.append("It is muted: recorded and listed, told nowhere.")
        return replace(found, channels=(), groups=(), people=(), escalation="", why=tuple(why))
    if not found.channels:
        why.append(f"Nothing names a channel, so it goes to PODBOT_ALERT_CHANNEL, {otherwise}.")
    return replace(found, channels=found.channels or (otherwise,), why=tuple(why))


def is_web_address(text: str) -> bool:
    """Whether it is an address that a message may link to."""
    if len(text) > MOST_URL or not text.isprintable() or any(each in text for each in " <>|\"'`\\"):
        return False
    return urls.is_http(text)


def _matching(rules: Sequence[Rule], facts: RouteFacts, now: datetime, why: list[str]) -> Iterator[Rule]:
    for number, rule in enumerate(rules, start=1):
        which = f"Route {number} `{rule.name}`"
        criteria = tuple(_criteria(rule.match, facts, now))
        failed = next((words for holds, words in criteria if not holds), None)
        if failed is not None:
            why.append(f"{which} does not match: {failed}.")
            continue
        words = ", ".join(words for _, words in criteria) or "it takes everything"
        why.append(f"{which} matches: {words}{'; it continues' if rule.goes_on else ''}.")
        yield rule
        if not rule.goes_on:
            return
    why.append("No route is left." if rules else "There are no routes.")


def _criteria(match: Match, facts: RouteFacts, now: datetime) -> Iterator[tuple[bool, str]]:
    """What the route asks for, one after the other: whether it holds, and how to say so."""
    if match.clusters:
        holds = _fits(facts.cluster, match.clusters)
        yield holds, _said("cluster", facts.cluster, match.clusters, holds=holds)
    if match.namespaces:
        holds = _fits(facts.namespace, match.namespaces)
        yield holds, _said("namespace", facts.namespace, match.namespaces, holds=holds)
    for label, values in match.labels:
        value = facts.labels.get(label)
        holds = value in values
        name = f"label {label}"
        yield holds, _said(name, "not there" if value is None else value, sorted(values), holds=holds)
    if match.owners:
        owner = str(facts.owner)
        holds = _fits(owner, match.owners) or _fits(facts.owner.name, match.owners)
        yield holds, _said("owner", owner, match.owners, holds=holds)
    if match.causes:
        holds = facts.cause in match.causes
        causes = sorted(each.value for each in match.causes)
        yield holds, _said("cause", facts.cause.value, causes, holds=holds)
    if match.severities:
        holds = facts.severity in match.severities
        severities = sorted(each.value for each in match.severities)
        yield holds, _said("severity", facts.severity.value, severities, holds=holds)
    if match.hours is not None:
        holds = match.hours.hold(now)
        yield holds, f"it is {'within' if holds else 'outside'} the hours {match.hours.name}"
    if match.outside is not None:
        holds = not match.outside.hold(now)
        yield holds, f"it is {'outside' if holds else 'within'} the hours {match.outside.name}"


def _said(what: str, value: str, wanted: Iterable[str], *, holds: bool) -> str:
    return f"{what} {value}" if holds else f"{what} is {value}, not {' or '.join(wanted)}"


def _annotated(config: Config, facts: RouteFacts, found: Route, why: list[str]) -> Route:
    def first(annotation: Annotation, read: Callable[[str, AnnotationRule], _T]) -> _T | None:
        return _first(config.annotations, facts, annotation, read, why)

    channels = first(Annotation.CHANNEL, _channels)
    mute = first(Annotation.MUTE, _mute)
    runbook = first(Annotation.RUNBOOK, _runbook)
    owner = first(Annotation.OWNER, _owner)
    return replace(
        found,
        channels=channels or found.channels,
        muted=found.muted or bool(mute),
        runbook=runbook or found.runbook,
        owner=owner or "",
    )


def _first(
    rules: Mapping[Annotation, AnnotationRule],
    facts: RouteFacts,
    annotation: Annotation,
    read: Callable[[str, AnnotationRule], _T],
    why: list[str],
) -> _T | None:
    """What the nearest annotation that counts says."""
    rule = rules.get(annotation, AnnotationRule(allowed=False))
    for asked in _asked(facts, annotation):
        which = f"{annotation.value} on {asked.place}"
        try:
            if not rule.allowed:
                raise _Refused("the configuration does not allow it")
            if not _fits(facts.namespace, rule.namespaces):
                raise _Refused(f"the configuration does not allow it in {facts.namespace}")
            value = read(asked.value, rule)
        except _Refused as refused:
            why.append(f"{which} is ignored: {refused}.")
            continue
        why.append(f"{which} counts: {_shown(asked.value)}.")
        return value
    return None


def _asked(facts: RouteFacts, annotation: Annotation) -> Iterator[_Asked]:
    places = (
        ("the pod", facts.pod_annotations),
        (str(facts.owner), facts.owner_annotations),
        (str(facts.part_of), facts.part_of_annotations),
        ("the namespace", facts.namespace_annotations),
    )
    for place, written in places:
        value = written.get(annotation.value)
        if value is not None:
            yield _Asked(annotation, place, value)


def _channels(value: str, rule: AnnotationRule) -> tuple[ChannelId, ...]:
    named = _each_once(part.strip() for part in value.split(",") if part.strip())
    if not named or len(named) > MOST_CHANNELS:
        raise _Refused(f"it names {len(named)} channels; it may name up to {MOST_CHANNELS}")
    for each in named:
        if not _CHANNEL.fullmatch(each):
            raise _Refused(f"{_shown(each)} is no channel's id (C0123ABCD)")
        if not _fits(each, rule.channels):
            raise _Refused(f"the configuration does not let it name {each}")
    return tuple(map(ChannelId, named))


def _mute(value: str, _: AnnotationRule) -> bool:
    said = value.strip().lower()
    if said not in {"true", "false"}:
        raise _Refused(f"it says {_shown(value)}, which is neither true nor false")
    return said == "true"


def _runbook(value: str, _: AnnotationRule) -> str:
    address = value.strip()
    if not is_web_address(address):
        raise _Refused("it is no http or https address")
    return address


def _owner(value: str, _: AnnotationRule) -> str:
    words = " ".join(value.split())
    if not words:
        raise _Refused("it names nobody")
    if not words.isprintable():
        raise _Refused("it holds characters that cannot be shown")
    return words if len(words) <= MOST_OWNER else f"{words[: MOST_OWNER - 1]}…"


def _fits(value: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(value.lower(), pattern.lower()) for pattern in patterns)


def _shown(value: str) -> str:
    words = "".join(each if each.isprintable() else " " for each in " ".join(value.split()))
    return f"`{words[:60]}{'…' if len(words) > 60 else ''}`"


def _each_once(values: Iterable[_T]) -> tuple[_T, ...]:
    return tuple(dict.fromkeys(values))
