"""Deleting a pod: asked once more, bound to that very pod, allowed again at the click, said to all."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.scenario.bots import Bot, Json, a_bot, asks_until
from tests.support.people import view_as_text
from tests.support.waiting import eventually

READ_ONLY = """\
version: 1
roles:
  reader:
    - {verbs: [list, get, events, logs], namespaces: ["*"]}
bindings:
  - {role: reader, everyone: true}
"""


async def asked(bot: Bot, name: str, *, namespace: str = "shop") -> Json:
    """Alice has asked to delete a pod and has the dialog before her."""
    await bot.alice.types("#incidents", f"/pods delete {name} -n {namespace}")
    return await bot.alice.sees_view("Reason")


def uid_of(bot: Bot, name: str, namespace: str = "shop") -> str:
    """The UID of the pod that has this name now; empty where none has."""
    pods = {each["metadata"]["name"]: each["metadata"] for each in bot.cluster.pods(namespace)}
    return str(pods[name]["uid"]) if name in pods else ""


async def test_confirmed(bot: Bot) -> None:
    """The pod is gone and replaced, the channel is told who did it and why, and no alert comes."""
    name = bot.pods_of("web")[0]
    view = await asked(bot, name)
    assert "will start another" in view_as_text(view)
    await bot.alice.fills({"Reason": "stuck on stale lock"})
    assert await bot.alice.submits() == {}
    said = await bot.bob.sees("#incidents", "deleted `")
    assert f'<@U01ALICE> deleted `{name}` (shop): "stuck on stale lock"' in view_as_text(
        {"blocks": said["blocks"]}
    )
    await bot.alice.sees_view("Deleted")
    await eventually(lambda: name not in bot.pods_of("web"))
    await bot.stops()
    assert await bot.alerts() == []


async def test_a_bare_pod_says_that_nothing_will_recreate_it(bot: Bot) -> None:
    """What cannot be undone is said before, and after."""
    view = await asked(bot, "toolbox", namespace="tools")
    assert "Nothing will recreate this pod." in view_as_text(view)
    await bot.alice.submits()
    await bot.bob.sees("#incidents", "deleted `toolbox` (tools)")


async def test_cancelled(bot: Bot) -> None:
    """A closed dialog deletes nothing."""
    name = bot.pods_of("web")[0]
    await asked(bot, name)
    await bot.alice.closes()
    await bot.alice.sees_no_view()
    await bot.stops()
    assert name in bot.pods_of("web")
    assert await bot.bob.messages("#incidents") == []


async def test_replaced_meanwhile(bot: Bot) -> None:
    """A StatefulSet's pod comes back under its old name: the new one is not the one that was confirmed."""
    await asked(bot, "ledger-0", namespace="payments")
    seen = uid_of(bot, "ledger-0", "payments")
    await bot.cluster.play("delete", namespace="payments", name="ledger-0")
    await eventually(lambda: uid_of(bot, "ledger-0", "payments") not in {"", seen})
    successor = uid_of(bot, "ledger-0", "payments")
    await bot.alice.submits()
    await bot.alice.sees_view("it was replaced or is gone")
    await bot.stops()
    assert uid_of(bot, "ledger-0", "payments") == successor
    assert await bot.bob.messages("#incidents") == []


async def test_the_policy_changes_between_dialog_and_click(bot: Bot) -> None:
    """What was allowed when it was asked is refused at the click, and nothing is deleted."""
    name = bot.pods_of("web")[0]
    await asked(bot, name)
    bot.policy.write_text(READ_ONLY, "utf-8")
    await asks_until(bot.alice, "/pods can-i delete -n shop", "No, you may not `delete`")
    await bot.alice.submits()
    await bot.alice.sees_view("You may not `delete` in `shop`.")
    await bot.stops()
    assert name in bot.pods_of("web")


async def test_expired(bot: Bot) -> None:
    """After five minutes the word does not count any more."""
    name = bot.pods_of("web")[0]
    await asked(bot, name)
    bot.clock.put_forward(timedelta(minutes=6))
    await bot.alice.submits()
    await bot.alice.sees_view("Nothing was deleted")
    await bot.stops()
    assert name in bot.pods_of("web")


async def test_sent_off_twice_deletes_once(bot: Bot) -> None:
    """A second press on the dialog's button finds it taken."""
    name = bot.pods_of("web")[0]
    await asked(bot, name)
    await bot.alice.submits()
    await bot.alice.sees_view("Deleted")
    await bot.stops()
    told = [each for each in await bot.bob.messages("#incidents") if name in each["text"]]
    assert len(told) == 1


@pytest.mark.parametrize("words", ["delete web", "delete pod/web"])
async def test_the_beginning_of_a_name_is_not_enough(bot: Bot, words: str) -> None:
    """Reading guesses, deleting does not."""
    await bot.alice.types("#incidents", f"/pods {words}")
    await bot.alice.sees_view("No pod `web` in shop. Did you mean `web-")


async def test_a_mention_gets_a_button_that_opens_the_dialog(bot: Bot) -> None:
    """Slack gives a mention nothing to open a dialog with; the pressed button does."""
    name = bot.pods_of("web")[1]
    await bot.alice.types("#incidents", f"@podbot delete {name}")
    plan = await bot.alice.sees("#incidents", "[ Delete ]")
    await bot.alice.clicks(plan, "Delete")
    await bot.alice.sees_view("Reason")
    await bot.alice.submits()
    await bot.bob.sees("#incidents", f"deleted `{name}`")


async def test_the_cluster_forbids_it() -> None:
    """RBAC is the second lock: its no is told, with that nothing was changed."""
    async with a_bot() as bot:
        name = bot.pods_of("web")[0]
        await asked(bot, name)
        bot.cluster.faults.forbidden.add(("delete", "pods", "*"))
        await bot.alice.submits()
        await bot.alice.sees_view("Nothing was changed")
        await bot.stops()
        assert name in bot.pods_of("web")
