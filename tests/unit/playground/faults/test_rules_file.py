"""Rules from a document, and what is said about a wrong one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.playground.faults import (
    Answer,
    Cut,
    Delay,
    Direction,
    Drop,
    Ending,
    Match,
    Reset,
    Rule,
    RulesWrong,
    Side,
    Verb,
    load,
    parse,
)
from bot.playground.faults.rules_file import parse_rule, plain

DOCUMENT = """
seed: 7
rules:
  - name: slack-slows-down
    match: {slack: "chat.*"}
    action: {kind: answer, status: 429, retry_after: 30}
    times: 3
  - match: {verb: watch, resource: pods}
    action: {kind: cut, after_seconds: 5, ending: silent}
    probability: 0.5
  - match: {messages: to-client, contains: slash_commands}
    action: drop
    for_seconds: 60
  - action: {kind: reset, side: response}
    after: 1
"""


def test_a_document() -> None:
    """Says what the values say."""
    document = parse(DOCUMENT)
    assert document.seed == 7
    assert document.rules == (
        Rule(
            name="slack-slows-down",
            match=Match(slack="chat.*"),
            action=Answer(status=429, retry_after=30),
            times=3,
        ),
        Rule(
            match=Match(verb=Verb.WATCH, resource="pods"),
            action=Cut(after_seconds=5, ending=Ending.SILENT),
            probability=0.5,
        ),
        Rule(
            match=Match(messages=Direction.TO_CLIENT, contains="slash_commands"),
            action=Drop(),
            for_seconds=60,
        ),
        Rule(action=Reset(side=Side.RESPONSE), after=1),
    )


def test_written_and_read() -> None:
    """What is shown of a rule can be given back."""
    for rule in parse(DOCUMENT).rules:
        assert parse_rule(json.dumps(plain(rule))) == rule


def test_every_mistake_is_told() -> None:
    """At once, each with its place."""
    with pytest.raises(RulesWrong) as wrong:
        parse(
            """
            rules:
              - {action: {kind: answer, status: 42}, times: 0}
              - {action: explode}
              - {action: drop, match: {slak: x}}
              - {action: {kind: cut}, match: {messages: to-client}}
              - {action: drop, match: {slack: a, verb: get}}
            sed: 1
            """
        )
    said = wrong.value.problems
    assert len(said) == 7
    for place in ("rules[0].action", "rules[0].times", "rules[1].action", "rules[2].match.slak", "sed"):
        assert any(each.startswith(place) for each in said), (place, said)
    assert "rules[2].match.slak: there is no such field" in said
    assert (
        "rules[1].action: there is no 'explode'; there are: drop, reset, delay, duplicate, answer, cut"
        in said
    )
    assert "leave match.messages out" in str(wrong.value)
    assert "either Slack's or Kubernetes'" in str(wrong.value)


@pytest.mark.parametrize("text", ["- [", "just text", "", "rules: 3"])
def test_no_document_at_all(text: str) -> None:
    """Refused in words."""
    with pytest.raises(RulesWrong):
        parse(text)


def test_the_same_name_twice() -> None:
    """The second would replace the first."""
    with pytest.raises(RulesWrong, match="two rules have the name x"):
        parse("rules: [{name: x, action: drop}, {name: x, action: reset}]")


def test_a_file(tmp_path: Path) -> None:
    """Problems name the file, also one that is not there."""
    path = tmp_path / "rules.yaml"
    with pytest.raises(RulesWrong, match=r"rules\.yaml: cannot be read"):
        load(path)
    path.write_text("rules: [{action: {kind: delay, seconds: -1}}]", "utf-8")
    with pytest.raises(RulesWrong, match=r"rules\.yaml: rules\[0\]"):
        load(path)
    path.write_text('{"rules": [{"action": {"kind": "delay", "seconds": 0.5}}]}', "utf-8")
    assert load(path).rules == (Rule(action=Delay(seconds=0.5)),)


def test_values_are_checked_too() -> None:
    """A rule that cannot be is refused where it is made."""
    with pytest.raises(ValueError, match="times"):
        Rule(action=Drop(), times=0)
