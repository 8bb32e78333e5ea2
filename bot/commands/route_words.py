"""What is said of where an alert about a pod would go."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bot.commands.prose import joined, marked, message, said
from bot.model.incident_answers import RouteExplanation, RouteVariant
from bot.model.incident_commands import RoutePod
from bot.model.messages import (
    Actions,
    Audience,
    Button,
    ChannelMention,
    Context,
    GroupMention,
    Inline,
    Line,
    Link,
    Mention,
    Message,
    Moment,
    Paragraph,
    Text,
    bold,
    code,
    plain,
)
from bot.model.routes import Route

_VARIANTS_SHOWN = 10
_WHY_SHOWN = 30
_CAUSES_SHOWN = 6


def route_explanation(answer: RouteExplanation) -> Message:
    """Where it goes, whom it calls, and why; then the causes for which that is different."""
    usual, others = answer.usual, answer.others
    paragraphs = [
        Paragraph(
            (
                said(bold(answer.pod), f" · {answer.owner} in {answer.namespace}"),
                said("Its alerts go to ", *goes_to(usual.route), "."),
                *_calls(usual.route),
            )
        ),
        Paragraph(
            (
                plain(f"Why, for {_causes(usual)}:" if others else "Why:"),
                *(said("• ", marked(each)) for each in usual.route.why[:_WHY_SHOWN]),
            )
        ),
    ]
    if others:
        lines = (
            joined(said(f"{_causes(each)}: to ", *goes_to(each.route)), *_calls(each.route))
            for each in others[:_VARIANTS_SHOWN]
        )
        paragraphs.append(Paragraph((plain("Otherwise for:"), *lines)))
    ask_again = RoutePod(namespace=answer.namespace, pod=answer.pod)
    return message(
        *paragraphs,
        Actions((Button("Share", ask_again, audience=Audience.CHANNEL),)),
        Context(said("as the routes stand at ", Moment(answer.at), ", and working hours may change that")),
    )


def goes_to(route: Route) -> tuple[Inline | str, ...]:
    """The channels, in words."""
    if route.muted:
        return ("nobody: it is muted",)
    named = f", by route {route.name}" if route.name else ", as no route claims it"
    return (*_listed(map(ChannelMention, route.channels)), named)


def _calls(route: Route) -> Iterator[Line]:
    """Whom it calls. One person reads this, so nobody is called by it; what is shared has names instead."""
    called: list[Inline] = [*map(GroupMention, route.groups), *map(Mention, route.people)]
    if called:
        yield said("It mentions ", *_listed(called), ".")
    if route.escalation:
        yield said("Unacknowledged it goes on by the escalation ", code(route.escalation), ".")
    if route.owner:
        yield plain(f"Its owner is {route.owner}.")
    if route.runbook:
        yield (Link(route.runbook, "runbook"),)


def _listed(inlines: Iterable[Inline]) -> list[Inline]:
    found: list[Inline] = []
    for each in inlines:
        found += [Text(", "), each] if found else [each]
    return found


def _causes(variant: RouteVariant) -> str:
    named = [each.value for each in variant.causes]
    more = len(named) - _CAUSES_SHOWN
    return ", ".join(named[:_CAUSES_SHOWN]) + (f" and {more} more causes" if more > 0 else "")
