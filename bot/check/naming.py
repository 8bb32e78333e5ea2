"""Whom and which channels the files name, each with what names it first. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bot.incidents.route_config import Config
from bot.model.escalations import EscalationStep
from bot.model.people import ChannelId, UsergroupId, UserId
from bot.pods.policy import Policy
from bot.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What Slack has to know, with what names it: `route shop-critical`."""

    channels: dict[ChannelId, str]
    """Every channel that podbot may post to by itself."""
    people: dict[UserId, str]
    groups: dict[UsergroupId, str]
    """Whom routes and escalations call, and who holds a role by name."""


def named(settings: Settings, config: Config, policy: Policy) -> Named:
    """All of it."""
    found = Named(channels={ChannelId(settings.alert_channel): "PODBOT_ALERT_CHANNEL"}, people={}, groups={})
    for rule in config.rules:
        for channel in rule.channels:
            found.channels.setdefault(channel, f"route {rule.name}")
        _call(found, f"route {rule.name}", rule.groups, rule.people)
    for name, step in _steps(config):
        if step.channel is not None:
            found.channels.setdefault(step.channel, f"escalation {name}")
        _call(found, f"escalation {name}", step.groups, step.people)
    if config.digest is not None:
        found.channels.setdefault(config.digest.channel, "digest")
    for binding in policy.bindings:
        role = f"role {binding.role} of the policy"
        _call(found, role, tuple(sorted(binding.usergroups)), tuple(sorted(binding.users)))
    return found


def _call(found: Named, namer: str, groups: tuple[UsergroupId, ...], people: tuple[UserId, ...]) -> None:
    for group in groups:
        found.groups.setdefault(group, namer)
    for user in people:
        found.people.setdefault(user, namer)


def _steps(config: Config) -> Iterator[tuple[str, EscalationStep]]:
    for name, plan in config.escalations.items():
        for steps in plan.steps.values():
            for step in steps:
                yield name, step
