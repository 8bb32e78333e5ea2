"""Who may what: a refusal names the rule that is missing, and tells nothing else."""

from __future__ import annotations

import pytest

from tests.scenario.bots import Bot
from tests.support.people import as_text


@pytest.mark.parametrize(
    ("typed", "doing"),
    [
        pytest.param("list -n shop", "`list`", id="list"),
        pytest.param("list -A", "`list`", id="list-all"),
        pytest.param("get pod {pod} -n shop", "`get`", id="get"),
        pytest.param("describe {pod} -n shop", "`get`", id="describe"),
        pytest.param("logs {pod} -n shop", "read `logs`", id="logs"),
        pytest.param("logs web -n shop", "read `logs`", id="logs-by-beginning"),
        pytest.param("logs nothing-like-it -n shop", "read `logs`", id="no-such-pod"),
    ],
)
async def test_a_stranger_gets_the_missing_rule_and_no_data(bot: Bot, typed: str, doing: str) -> None:
    """Sam is bound to no role: each refusal says which roles it takes, and no pod's name."""
    pods = [pod["metadata"]["name"] for pod in bot.cluster.pods()]
    await bot.sam.types("#incidents", "/pods " + typed.format(pod=pods[-2]))
    answer = await bot.sam.sees("#incidents", f"You may not {doing} ")
    said = as_text(answer)
    assert "It takes the role" in said
    assert "on-call" in said
    assert "Ask <!subteam^S01ONCALL>" in said
    assert not any(name in said.replace(pods[-2], "") for name in pods)
    await bot.sam.clicks(answer, "What I may do")
    await bot.sam.sees("#incidents", "you may do nothing but `help`, `whoami` and `can-i`")


async def test_a_stranger_cannot_delete(bot: Bot) -> None:
    """The dialog says no before it has told anything about the pod."""
    name = bot.pods_of("web")[0]
    await bot.sam.types("#incidents", f"/pods delete {name}")
    await bot.sam.sees_view("You may not `delete` in `shop`. It takes the role on-call")
    await bot.stops()
    assert name in bot.pods_of("web")


async def test_a_strangers_press_on_a_shared_message_is_refused(bot: Bot) -> None:
    """A button works for whoever presses it, with their own permissions."""
    await bot.alice.types("#incidents", "/pods get pod ledger-0 -n payments")
    await bot.alice.clicks(await bot.alice.sees("#incidents", "[ Share ]"), "Share")
    shared = await bot.sam.sees("#incidents", "Shared by")
    await bot.sam.clicks(shared, "Logs")
    await bot.sam.sees("#incidents", "You may not read `logs` in `payments`.")
    await bot.sam.clicks(shared, "Delete")
    await bot.sam.sees_view("You may not `delete` in `payments`.")


async def test_a_developer_stays_in_their_namespaces(bot: Bot) -> None:
    """Bob reads shop and batch; elsewhere the refusal says what his role lacks."""
    await bot.bob.types("#incidents", "/pods list -n shop")
    await bot.bob.sees("#incidents", "10 pods")
    await bot.bob.types("#incidents", "/pods logs ledger-0 -n payments")
    await bot.bob.sees("#incidents", "Role developer would allow it, in shop or batch only.")
    await bot.bob.types("#incidents", f"/pods delete {bot.pods_of('web')[0]}")
    await bot.bob.sees_view("It takes the role on-call")


async def test_all_namespaces_are_those_one_may_see(bot: Bot) -> None:
    """`-A` shows Bob what is his and says that there is more."""
    await bot.bob.types("#incidents", "/pods list -A")
    answer = as_text(await bot.bob.sees("#incidents", "12 pods"))
    assert "ledger" not in answer
    assert "coredns" not in answer


async def test_a_group_counts_like_its_members(bot: Bot) -> None:
    """Alice is on call by Slack's user group alone."""
    await bot.alice.types("#incidents", "/pods can-i delete -n payments")
    await bot.alice.sees("#incidents", "Role on-call allows it")
    await bot.alice.types("#incidents", "/pods can-i delete -n kube-system")
    await bot.alice.sees("#incidents", "No, you may not `delete` in `kube-system`")
