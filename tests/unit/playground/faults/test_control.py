"""The rules over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest

from bot.playground.faults import Answer, Drop, Match, Rule, Rules, serve_control
from bot.playground.faults.requests import read

RULES = "/__faults__/rules"


@pytest.fixture
async def control(rules: Rules) -> AsyncIterator[aiohttp.ClientSession]:
    async with serve_control(rules) as url, aiohttp.ClientSession(url) as session:
        yield session


async def test_replaced_and_shown(rules: Rules, control: aiohttp.ClientSession) -> None:
    """A document takes the place of what was there; how often each struck is shown."""
    rules.add(Rule(action=Drop(), name="old"))
    document = {
        "rules": [{"name": "a", "action": {"kind": "answer", "status": 500}, "match": {"slack": "*"}}]
    }
    async with control.put(RULES, json=document) as answer:
        assert answer.status == 200
    rules.strikes(read("POST", "/api/chat.update", {}))
    async with control.get(RULES) as answer:
        assert await answer.json() == {
            "rules": [
                {
                    "name": "a",
                    "action": {"kind": "answer", "status": 500},
                    "match": {"slack": "*"},
                    "matched": 1,
                    "injected": 1,
                    "spent": False,
                }
            ]
        }


async def test_refused(rules: Rules, control: aiohttp.ClientSession) -> None:
    """All problems at once, and the rules stay as they were."""
    rules.add(Rule(action=Drop(), name="old"))
    async with control.put(RULES, json={"rules": [{"action": "x"}], "more": 1}) as answer:
        assert (answer.status, len((await answer.json())["problems"])) == (400, 2)
    assert [each.name for each in rules] == ["old"]


async def test_one_by_one(rules: Rules, control: aiohttp.ClientSession) -> None:
    """Put under a name and removed by it; all at once, too."""
    async with control.put(f"{RULES}/a", data="action: drop\ntimes: 2") as answer:
        assert (await answer.json())["name"] == "a"
    async with control.put(f"{RULES}/b", data="action: nothing") as answer:
        assert answer.status == 400
    assert [(each.name, each.rule.times) for each in rules] == [("a", 2)]
    async with control.delete(f"{RULES}/a") as answer:
        assert await answer.json() == {"rules": []}
    async with control.delete(f"{RULES}/a") as answer:
        assert answer.status == 404
    rules.add(Rule(action=Drop()))
    async with control.delete(RULES):
        assert list(rules) == []


async def test_the_log(rules: Rules, control: aiohttp.ClientSession) -> None:
    """What was done, from a number on."""
    rules.add(Rule(action=Answer(status=429), match=Match(slack="*"), name="r"))
    for _ in range(3):
        rules.strikes(read("POST", "/api/chat.update", {}))
    async with control.get("/__faults__/log?since=2") as answer:
        said = await answer.json()
    assert said["total"] == 3
    (entry,) = said["injected"]
    wanted = {"number": 3, "rule": "r", "action": "answer", "target": "POST /api/chat.update"}
    assert entry.items() >= wanted.items()
    async with control.get("/__faults__/log?since=x") as answer:
        assert answer.status == 400


async def test_only_by_its_own_name(control: aiohttp.ClientSession) -> None:
    """A web page's name that points to loopback opens nothing."""
    async with control.get(RULES, headers={"Host": "evil.example:80"}) as answer:
        assert answer.status == 403
