"""Which requests a rule strikes, how often, and what is written down."""

from __future__ import annotations

import asyncio

import pytest

from bot.playground.faults import Answer, Delay, Drop, Duplicate, Match, Reset, Rule, Rules, Verb
from bot.playground.faults.requests import Asked, read

LIST = read("GET", "/api/v1/namespaces/shop/pods", {})


@pytest.mark.parametrize(
    ("method", "path", "query", "wanted"),
    [
        pytest.param("GET", "/api/v1/pods", {}, (Verb.LIST, "pods", ""), id="list-all"),
        pytest.param("GET", "/api/v1/namespaces/a/pods", {}, (Verb.LIST, "pods", "a"), id="list"),
        pytest.param("GET", "/api/v1/pods", {"watch": "1"}, (Verb.WATCH, "pods", ""), id="watch"),
        pytest.param("GET", "/api/v1/namespaces/a/pods/b", {}, (Verb.GET, "pods", "a"), id="get"),
        pytest.param(
            "GET", "/api/v1/namespaces/a/pods/b/log", {"follow": "1"}, (Verb.GET, "pods/log", "a"), id="log"
        ),
        pytest.param("DELETE", "/api/v1/namespaces/a/pods/b", {}, (Verb.DELETE, "pods", "a"), id="delete"),
        pytest.param("GET", "/api/v1/namespaces", {}, (Verb.LIST, "namespaces", ""), id="namespaces"),
        pytest.param("GET", "/api/v1/namespaces/a", {}, (Verb.GET, "namespaces", ""), id="namespace"),
        pytest.param(
            "PATCH",
            "/apis/apps/v1/namespaces/a/deployments/b",
            {},
            (Verb.PATCH, "deployments", "a"),
            id="group",
        ),
        pytest.param("GET", "/version", {}, (None, "", ""), id="no-resource"),
        pytest.param("GET", "/api/v1", {}, (None, "", ""), id="discovery"),
    ],
)
def test_kubernetes_requests(
    method: str, path: str, query: dict[str, str], wanted: tuple[Verb | None, str, str]
) -> None:
    """In the words of permissions."""
    asked = read(method, path, query)
    assert (asked.verb, asked.resource, asked.namespace, asked.slack) == (*wanted, "")


def test_slack_requests() -> None:
    """The method is the last part of the path."""
    assert read("POST", "/api/chat.postMessage", {}).slack == "chat.postMessage"
    assert read("POST", "/api/users.profile.get", {}).slack == "users.profile.get"
    assert read("GET", "/api/v1", {}).slack == ""


POST = read("POST", "/api/chat.postMessage", {"a": "1"}, "text=hello")


@pytest.mark.parametrize(
    ("match", "asked", "fits"),
    [
        pytest.param(Match(), POST, True, id="everything"),
        pytest.param(Match(method="post"), POST, True, id="method"),
        pytest.param(Match(path="/api/*"), POST, True, id="glob"),
        pytest.param(Match(path="/api/"), POST, True, id="prefix"),
        pytest.param(Match(path="/api"), POST, False, id="whole-path"),
        pytest.param(Match(slack="chat.*"), POST, True, id="slack"),
        pytest.param(Match(slack="*"), LIST, False, id="not-slack"),
        pytest.param(Match(query={"a": "1"}), POST, True, id="query"),
        pytest.param(Match(query={"a": "2"}), POST, False, id="other-query"),
        pytest.param(Match(contains="hello"), POST, True, id="body"),
        pytest.param(Match(contains="bye"), POST, False, id="other-body"),
        pytest.param(Match(verb=Verb.LIST, resource="po*", namespace="shop"), LIST, True, id="kubernetes"),
        pytest.param(Match(verb=Verb.LIST, namespace="other"), LIST, False, id="other-namespace"),
        pytest.param(Match(verb=Verb.WATCH), LIST, False, id="other-verb"),
    ],
)
def test_matching(match: Match, asked: Asked, fits: bool) -> None:
    """Everything that is given must fit."""
    assert match.fits(asked) is fits


async def test_limits() -> None:
    """Lets the first pass, strikes so often, and is spent; both are counted."""
    rules = Rules([Rule(action=Reset(), after=1, times=2, name="r")])
    assert [len(rules.strikes(LIST)) for _ in range(5)] == [0, 1, 1, 0, 0]
    (applied,) = rules
    assert (applied.matched, applied.injected, applied.spent) == (3, 2, True)
    assert rules.log.count(rule="r", action="reset", target="/pods") == len(rules.log) == 2


async def test_probability_is_seeded() -> None:
    """The same seed, the same faults; about as many as were asked for."""

    def drawn(seed: int) -> list[int]:
        rules = Rules([Rule(action=Reset(), probability=0.3)], seed=seed)
        return [len(rules.strikes(LIST)) for _ in range(1_000)]

    assert drawn(1) == drawn(1) != drawn(2)
    assert 250 < sum(drawn(1)) < 350


async def test_time() -> None:
    """A rule lives from when it is added."""
    now = 100.0
    rules = Rules(clock=lambda: now)
    rules.add(Rule(action=Reset(), for_seconds=30))
    assert rules.strikes(LIST)
    now += 30
    assert not rules.strikes(LIST)
    assert list(rules) == []


async def test_the_first_that_decides() -> None:
    """What comes before it is carried out, too; what comes after is neither done nor counted."""
    rules = Rules(
        Rule(action=each) for each in (Delay(seconds=1), Duplicate(), Answer(status=500), Drop(), Reset())
    )
    assert [action.kind for _, action in rules.strikes(LIST)] == ["delay", "duplicate", "answer"]
    assert [each.injected for each in rules] == [1, 1, 1, 0, 0]


async def test_names() -> None:
    """One of the same name replaces; names are made up; a block takes away only what it has brought."""
    rules = Rules([Rule(action=Drop(), name="a")])
    old = next(iter(rules))
    with rules.applied(Rule(action=Reset(), name="a")):
        assert old.over
        rules.add(Rule(action=Duplicate(), name="a"))
    assert [each.rule.action.kind for each in rules] == ["duplicate"]
    assert rules.add(Rule(action=Drop())).name == "drop-1"
    assert rules.remove("a")
    assert not rules.remove("a")
    rules.clear()
    assert list(rules) == []


async def test_waiting_for_faults() -> None:
    """A test waits for the fault it has asked for, with an end."""
    rules = Rules([Rule(action=Reset(), name="r")])
    with pytest.raises(TimeoutError):
        await rules.log.reaches(1, within=0.01)
    waiting = asyncio.create_task(rules.log.reaches(2, rule="r"), name="waiting")
    for _ in range(2):
        rules.strikes(LIST)
    await waiting
    assert [str(each).split(" ", 1)[1] for each in rules.log] == [
        "r: connection reset <- GET /api/v1/namespaces/shop/pods"
    ] * 2
