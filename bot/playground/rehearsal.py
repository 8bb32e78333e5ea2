"""What can go wrong around the demo's bot: buttons in the panel that switch rules of the two proxies."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final, TypeAlias

from bot.playground.cluster import ExtraButton
from bot.playground.faults import (
    Answer,
    Cut,
    Direction,
    Drop,
    Duplicate,
    Ending,
    Match,
    Reset,
    Rule,
    Rules,
    Side,
    Verb,
)

_GROUP = "outages"
_SECONDS = 30.0

_WATCHES = Match(verb=Verb.WATCH)
_SOCKET = Match(path="/link/")


def buttons(slack: Rules, kubernetes: Rules) -> tuple[ExtraButton, ...]:
    """The button that ends all outages, and those that let Slack or the API server have one."""
    return (
        ExtraButton(
            id="end-outages",
            title="All is well again",
            hint="ends what is switched on here",
            group=_GROUP,
            press=partial(_end, slack, kubernetes),
            heals=True,
        ),
        *(_button(*texts, partial(_add, slack, rule)) for texts, rule in _SLACK),
        _button(
            "slack-socket", "Slack: connection lost", "the WebSocket is reset", partial(_cut, slack, _SOCKET)
        ),
        *(_button(*texts, partial(_add, kubernetes, rule)) for texts, rule in _KUBERNETES),
        _button(
            "watch-cut", "API server: watch cut", "every watch is reset", partial(_cut, kubernetes, _WATCHES)
        ),
        _button(
            "watch-expired",
            "API server: history gone",
            "the watch is cut, the next one answered 410",
            partial(_expire, kubernetes),
        ),
    )


_Texts: TypeAlias = tuple[str, str, str]
"""A button's id, title and hint."""

_SLACK: Final[tuple[tuple[_Texts, Rule], ...]] = (
    (
        ("slack-429", "Slack: slow down", "429 to every chat call, 30 s"),
        Rule(
            name="429",
            match=Match(slack="chat.*"),
            action=Answer(status=429, retry_after=5),
            for_seconds=_SECONDS,
        ),
    ),
    (
        ("slack-500", "Slack: broken", "500 to every call, 30 s"),
        Rule(name="500", match=Match(slack="*"), action=Answer(status=500), for_seconds=_SECONDS),
    ),
    (
        ("slack-lost", "Slack: lost answer", "the next post is made, its answer is lost"),
        Rule(name="lost", match=Match(slack="chat.postMessage"), action=Reset(side=Side.RESPONSE), times=1),
    ),
    (
        ("slack-twice", "Slack: delivers twice", "the next command arrives twice"),
        Rule(
            name="twice",
            match=Match(messages=Direction.TO_CLIENT, contains='"slash_commands"'),
            action=Duplicate(),
            times=1,
        ),
    ),
)
_KUBERNETES: Final[tuple[tuple[_Texts, Rule], ...]] = (
    (
        ("api-hangs", "API server: hangs", "no request is answered, 30 s"),
        Rule(name="hangs", action=Drop(), for_seconds=_SECONDS),
    ),
    (
        ("watch-silent", "API server: watch silent", "watches stand, nothing comes, 30 s"),
        Rule(name="silent", match=_WATCHES, action=Cut(ending=Ending.SILENT), for_seconds=_SECONDS),
    ),
)


def _button(id_: str, title: str, hint: str, press: Callable[[], str]) -> ExtraButton:
    return ExtraButton(id=id_, title=title, hint=hint, group=_GROUP, press=press)


def _add(rules: Rules, rule: Rule) -> str:
    rules.add(rule)
    return "waiting for the next one" if rule.for_seconds is None else f"for {rule.for_seconds:g} s from now"


def _cut(rules: Rules, match: Match) -> str:
    """Break what runs, and nothing that comes after."""
    with rules.applied(Rule(name="cut", match=match, action=Cut(ending=Ending.RESET))) as applied:
        return f"connections broken: {applied.injected}"


def _expire(rules: Rules) -> str:
    rules.add(Rule(name="expired", match=_WATCHES, action=Answer(status=410, as_event=True), times=1))
    return f"{_cut(rules, _WATCHES)}; the next watch finds its history gone"


def _end(*every: Rules) -> str:
    ended = sum(len([each for each in rules if not each.spent]) for rules in every)
    for rules in every:
        rules.clear()
    return f"{ended} switched off"
