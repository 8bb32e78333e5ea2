"""Bad input gets a clear answer and loses nothing."""

from __future__ import annotations

import pytest

from tests.scenario.bots import Bot
from tests.support.people import as_text


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        pytest.param("frobnicate web", "`frobnicate` is no verb of podbot.", id="unknown-verb"),
        pytest.param("lsit", "Did you mean `list`?", id="mistyped-verb"),
        pytest.param("apply -f x.yaml", "podbot does not do `apply`", id="kubectls-own-verb"),
        pytest.param("list --colour", "--colour", id="unknown-flag"),
        pytest.param("list --namspace shop", "Did you mean `--namespace`?", id="mistyped-flag"),
        pytest.param("logs", "logs NAME", id="missing-name"),
        pytest.param("delete", "delete NAME", id="missing-name-of-what-to-delete"),
        pytest.param("logs web -n", "-n", id="missing-value"),
        pytest.param("logs webb-1", "No pod `webb-1` in shop. Did you mean `web-", id="no-such-pod"),
        pytest.param("describe zzz", "No pod `zzz` in shop.", id="nothing-like-it"),
        pytest.param("logs 'web", "a quotation mark is never closed", id="unbalanced-quote"),
        pytest.param("logs “web", "a quotation mark is never closed", id="unbalanced-smart-quote"),
        pytest.param("list -n nowhere", "No pods in nowhere.", id="no-such-namespace"),
        pytest.param("list -l 'a=='", "label", id="bad-selector"),
        pytest.param(
            "logs ledger-0 -n payments -c nginx", "has no container `nginx`", id="no-such-container"
        ),
        pytest.param(
            "list " + "x" * 10_000, "podbot reads commands of at most", id="ten-thousand-characters"
        ),
    ],
)
async def test_what_cannot_be_done_is_said(bot: Bot, typed: str, said: str) -> None:
    """One clear answer to the asker alone, and the bot goes on."""
    await bot.alice.types("#incidents", f"/pods {typed}")
    answer = await bot.alice.sees("#incidents", said)
    assert answer["ephemeral"]
    await bot.alice.types("#incidents", "/pods list -n payments")
    await bot.alice.sees("#incidents", "5 pods")
    assert bot.alice.notices == []


async def test_smart_quotes_and_dashes_are_read_as_typed(bot: Bot) -> None:
    """A phone turns quotes and dashes into typographic ones."""
    await bot.alice.types("#incidents", "/pods list —n payments -l “app=ledger”")
    await bot.alice.sees("#incidents", "3 pods")


async def test_an_ambiguous_beginning_offers_the_choice(bot: Bot) -> None:
    """Several pods begin so: a menu finishes what was asked."""
    first = bot.pods_of("web")[0]
    await bot.alice.types("#incidents", "/pods logs web --tail=2")
    question = await bot.alice.sees("#incidents", "5 pods in shop begin with `web`. Which one?")
    await bot.alice.chooses(question, "Choose a pod", first)
    await bot.alice.sees("#incidents", f"`{first}` · app · current run")


async def test_hostile_names_are_shown_as_text(bot: Bot) -> None:
    """What was typed comes back as text: it notifies nobody and breaks out of nothing."""
    await bot.alice.types("#incidents", "/pods get pod <!channel>`*x*")
    answer = await bot.alice.sees("#incidents", lambda each: bool(each.get("ephemeral")))
    assert "@channel" not in as_text(answer).replace("`", "")
    assert "<!channel>" not in answer["text"]
