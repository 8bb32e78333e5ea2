"""A deletion from the first look to its end: what is said before, what is saved, what came of it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.playground.cluster.kubelet.plans import ContainerPlan, Ending, PodPlan
from tests.scenario.bots import Bot, Json, a_bot
from tests.support.drawing import as_text, view_as_text
from tests.support.waiting import eventually


async def asked(bot: Bot, words: str) -> str:
    """Alice has asked for a deletion; the text of the dialog that is before her."""
    await bot.alice.types("#incidents", f"/pods delete {words}")
    return view_as_text(await bot.alice.sees_view("Reason"))


async def confirms(bot: Bot, *, number: int = 0, reason: str = "") -> None:
    """Alice presses Delete."""
    if number:
        await bot.alice.fills({f"Type {number} to delete these {number} pods": str(number)})
    if reason:
        await bot.alice.fills({"Reason": reason})
    assert await bot.alice.submits() == {}


async def files(bot: Bot, *, place: str = "#incidents") -> dict[str, str]:
    """The files that Bob finds there, by name."""
    found = [each for message in await bot.bob.messages(place) for each in message.get("files", ())]
    return {each["name"]: (await bot.bob.reads_file(each)).decode() for each in found}


def web_key(bot: Bot) -> tuple[str, str, str]:
    """The ReplicaSet behind `deployment/web`, as plans name it."""
    (owner,) = bot.cluster.pods("shop", app="web")[0]["metadata"]["ownerReferences"]
    return "shop", "ReplicaSet", str(owner["name"])


async def test_what_will_happen_is_said_before(bot: Bot) -> None:
    """Who replaces the pod, how many serve on, what the budget has room for, what is lost."""
    said = await asked(bot, bot.pods_of("web")[0])
    assert "Its ReplicaSet `web-" in said
    assert "will start another at once." in said
    assert "Ready now 5 of 5, after 4 of 5." in said
    assert "Goes with it: emptyDir `cache`." in said
    await bot.alice.closes()
    await bot.alice.sees_no_view()
    said = await asked(bot, bot.pods_of("search")[0])
    assert "PodDisruptionBudget `search`: 1 may go." in said


async def test_the_order_of_a_stateful_set_is_said(bot: Bot) -> None:
    """What waits for what, and that the name comes back."""
    said = await asked(bot, "ledger-0 -n payments --grace-period 5")
    assert "Its StatefulSet `ledger` starts it again under the same name once it is gone." in said
    assert "Those behind it in the order wait" in said
    assert "It has 5 s to stop in." in said
    await confirms(bot)
    await bot.bob.sees("#incidents", "Replaced by `ledger-0`, Ready in")


async def test_replaced_with_the_evidence_in_the_thread(bot: Bot) -> None:
    """One message tells it all, and its thread has what vanished with the pod."""
    name = bot.pods_of("web")[0]
    await asked(bot, name)
    await confirms(bot, reason="stuck on stale lock")
    said = await bot.bob.sees("#incidents", "Replaced by `web-")
    text = as_text(said)
    assert f'<@U01ALICE> deleted `{name}` (shop): "stuck on stale lock"' in text
    assert "Logs, describe and events are in the thread." in text
    saved = await files(bot)
    assert set(saved) == {f"{name}-describe.txt", f"{name}-logs.txt"}
    assert "==> app, current run" in saved[f"{name}-logs.txt"]
    assert name in saved[f"{name}-describe.txt"]
    threads = {each.get("thread_ts") for each in await bot.bob.messages("#incidents") if each.get("files")}
    assert threads == {said["ts"]}


async def test_the_previous_run_is_saved_too(bot: Bot) -> None:
    """Of a pod that was restarted, both runs go into the file."""
    restarted = next(
        each["metadata"]["name"]
        for each in bot.cluster.pods("shop", app="web")
        if each["status"]["containerStatuses"][0]["restartCount"]
    )
    await asked(bot, restarted)
    await confirms(bot)
    await bot.bob.sees("#incidents", "Replaced by `web-")
    logs = (await files(bot))[f"{restarted}-logs.txt"]
    assert "==> app, previous run" in logs
    assert "==> app, current run" in logs


async def test_the_replacement_crashes_too(bot: Bot) -> None:
    """Deleting did not help, and the same message says so."""
    bot.cluster.plans.for_workload(web_key(bot), ContainerPlan(ending=Ending(after=1.0, exit_code=1)))
    await asked(bot, bot.pods_of("web")[0])
    await confirms(bot)
    await bot.bob.sees("#incidents", "crashed too (app: exit 1)")


async def test_a_pod_that_does_not_go(bot: Bot) -> None:
    """After a minute it is said that it is still there, and when its grace period ends."""
    name = bot.pods_of("web")[0]
    uid = bot.cluster.pods("shop", app="web")[0]["metadata"]["uid"]
    bot.cluster.plans.pod_as_whole(uid, PodPlan(never_stops=True))
    await asked(bot, name)
    await confirms(bot)
    await bot.bob.sees("#incidents", "Replaced by `web-")
    bot.clock.put_forward(timedelta(seconds=61))
    said = await bot.bob.sees("#incidents", "is still terminating after")
    assert "Replaced by `web-" in as_text(said)


async def test_nothing_recreates_it(bot: Bot) -> None:
    """A bare pod, forced: said before, and when it is gone."""
    said = await asked(bot, "toolbox -n tools --force")
    assert "Nothing will recreate this pod." in said
    assert "Forced: the cluster forgets it at once" in said
    await confirms(bot)
    gone = await bot.bob.sees("#incidents", "Gone; nothing recreates it.")
    assert "force-deleted `toolbox` (tools)" in as_text(gone)
    assert bot.cluster.pods("tools") == []


async def test_several_by_their_labels(bot: Bot) -> None:
    """The list, the last Ready ones, a typed number; each replaced and told."""
    said = await asked(bot, "-l app=search")
    assert "Delete 3 pods in shop?" in said
    assert "Ready now 3 of 3, after 0 of 3." in said
    assert "These are the last Ready pods of `deployment/search`." in said
    assert "PodDisruptionBudget `search`: 1 may go, not 3. Deleting goes past it." in said
    await bot.alice.fills({"Type 3 to delete these 3 pods": "30"})
    assert await bot.alice.submits() == {"count": "Type 3, which is how many pods will be deleted."}
    before = set(bot.pods_of("search"))
    await confirms(bot, number=3)
    told = await bot.bob.sees("#incidents", lambda each: as_text(each).count("Ready in") == 3)
    assert "deleted 3 pods (shop)" in as_text(told)
    await eventually(lambda: not before & set(bot.pods_of("search")))
    assert set(await files(bot)) == {f"{name}.txt" for name in before}


async def test_one_of_several_is_gone_already(bot: Bot) -> None:
    """What was deleted and what was not is told apart."""
    one, two = bot.pods_of("web")[:2]
    await asked(bot, f"{one} {two}")
    await bot.cluster.play("delete", namespace="shop", name=one)
    await eventually(lambda: one not in bot.pods_of("web"))
    await confirms(bot, number=2)
    said = await bot.bob.sees("#incidents", "deleted 1 of 2 pods (shop)")
    assert f"Not deleted: `{one}`:" in as_text(said)
    await bot.bob.sees("#incidents", "Replaced by `web-")


async def test_more_than_may_be_deleted() -> None:
    """The mass deletion that nobody meant ends before it is asked for, and so do many small ones."""
    async with a_bot(settings={"PODBOT_DELETE_AT_ONCE": "4", "PODBOT_DELETE_PER_PERSON": "3"}) as bot:
        await bot.alice.types("#incidents", "/pods delete -l app=web")
        await bot.alice.sees_view("5 pods; at most 4 can be deleted at once")
        await asked(bot, "-l app=cart")
        await confirms(bot, number=2)
        await bot.alice.sees_view("Deleted")
        await bot.alice.types("#incidents", f"/pods delete {' '.join(bot.pods_of('web')[:2])}")
        await bot.alice.sees_view("You have deleted 2 pods within 10 minutes, and 3 is the most")


async def test_a_dry_run_changes_nothing(bot: Bot) -> None:
    """The server's own answer, with what would happen; no dialog, and nobody else hears of it."""
    name = bot.pods_of("web")[0]
    await bot.alice.types("#incidents", f"/pods delete {name} --dry-run=server")
    said = await bot.alice.sees("#incidents", f"Dry run: the cluster would delete `{name}` in shop.")
    assert "Ready now 5 of 5, after 4 of 5." in as_text(said)
    bot.cluster.faults.forbidden.add(("delete", "pods", "*"))
    await bot.alice.types("#incidents", f"/pods delete {name} --dry-run=server")
    await bot.alice.sees("#incidents", "Dry run: the cluster would not delete")
    await bot.stops()
    assert name in bot.pods_of("web")
    assert await bot.bob.messages("#incidents") == []


async def test_what_the_account_may_not_read_is_said(bot: Bot) -> None:
    """The dialog comes without budgets and controllers, and names what it lacks."""
    for resource in ("poddisruptionbudgets", "deployments", "replicasets", "pods/log"):
        bot.cluster.faults.forbidden |= {("get", resource, "*"), ("list", resource, "*")}
    name = bot.pods_of("web")[0]
    said = await asked(bot, name)
    assert "PodDisruptionBudgets could not be read (the bot's account may not)." in said
    assert "Deployment `web` could not be read (the bot's account may not)." in said
    await confirms(bot)
    await bot.bob.sees("#incidents", "Replaced by `web-")
    saved = await files(bot)
    assert set(saved) == {f"{name}-describe.txt"}
    assert "Not saved: log of app (the bot's account may not)." in saved[f"{name}-describe.txt"]


async def test_the_cluster_forbids_what_was_announced(bot: Bot) -> None:
    """The channel that heard of it hears that it was not done."""
    name = bot.pods_of("web")[0]
    await asked(bot, name)
    bot.cluster.faults.forbidden.add(("delete", "pods", "*"))
    await confirms(bot)
    said = await bot.bob.sees("#incidents", f"tried to delete `{name}`")
    assert "Not deleted:" in as_text(said)
    await bot.stops()
    assert name in bot.pods_of("web")


async def test_the_bot_stops_before_the_replacement_is_there() -> None:
    """The last thing it says is that it says no more."""
    async with a_bot(pod_pace=1.0) as bot:
        bot.cluster.plans.for_workload(web_key(bot), ContainerPlan(unready="connection refused"))
        await asked(bot, bot.pods_of("web")[0])
        await confirms(bot)
        await bot.bob.sees("#incidents", "deleted `web-")
        await bot.alice.sees_view("Deleted")
        await bot.stops()
        await bot.bob.sees("#incidents", "podbot was restarted and does not follow this any further.")


@pytest.mark.parametrize("who", ["bob", "sam"])
async def test_who_may_not_delete(bot: Bot, who: str) -> None:
    """The dialog tells why, before the cluster is asked."""
    person = getattr(bot, who)
    await person.types("#general", f"/pods delete {bot.pods_of('web')[0]}")
    view: Json = await person.sees_view("You may not `delete` in `shop`.")
    assert not view.get("submit")
