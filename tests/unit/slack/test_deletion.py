"""The deletion dialog, from the wish to the announcement, over Slack's own protocol."""

from __future__ import annotations

import asyncio

from bot.model.answers import Confirmation
from bot.model.commands import DeletePod
from bot.model.problems import ConfirmationExpired, NoSuchPod, PodReplaced
from bot.playground.workspace import Workspace, demo_settings
from tests.support.drawing import view_as_text
from tests.unit.slack.conftest import ALICE, UID, Bench, podbot_in


async def test_a_deletion_is_shown_confirmed_and_announced(bench: Bench) -> None:
    """The dialog shows the plan, the confirmation is bound to the UID seen, and the channel is told why."""
    await bench.alice.types("#incidents", "/pods delete web-1")
    view = await bench.alice.sees_view("Delete `web-1` in shop?")
    assert "Reason (optional)" in view_as_text(view)
    await bench.alice.fills({"Reason": "stuck on stale lock"})
    assert await bench.alice.submits() == {}
    await bench.bob.sees("#incidents", '"stuck on stale lock"')
    await bench.alice.sees_view("Deleted `web-1`")
    [(asker, confirmation)] = bench.pods.confirmed
    assert asker.person.id == ALICE
    assert (confirmation.pod, confirmation.namespace, confirmation.uid) == ("web-1", "shop", UID)


async def test_the_dialog_opens_before_the_cluster_has_answered(bench: Bench) -> None:
    """Slack's three seconds are kept whatever the cluster does."""
    gate = asyncio.Event()

    async def slow(_: DeletePod) -> None:
        await gate.wait()

    bench.pods.on_plan = slow
    await bench.alice.types("#incidents", "/pods delete web-1")
    await bench.alice.sees_view("Looking at `web-1`")
    gate.set()
    await bench.alice.sees_view("Delete `web-1` in shop?")


async def test_a_plan_that_cannot_be_made_is_said_in_the_dialog(bench: Bench) -> None:
    """A wrong name ends the dialog with what is wrong, and nothing to press."""

    async def missing(command: DeletePod) -> None:
        raise NoSuchPod(command.pod, command.namespace, ("web-7d4b9c-x2x9q",))

    bench.pods.on_plan = missing
    await bench.alice.types("#incidents", "/pods delete web-1")
    view = await bench.alice.sees_view("Did you mean")
    assert not view.get("submit")


async def test_a_failed_deletion_is_said_in_the_dialog(bench: Bench) -> None:
    """A pod that was replaced meanwhile is left alone, and nobody else hears of it."""

    async def replaced(confirmation: Confirmation) -> None:
        raise PodReplaced(confirmation.pod, confirmation.namespace)

    bench.pods.on_delete = replaced
    await bench.alice.types("#incidents", "/pods delete web-1")
    await bench.alice.sees_view("Delete `web-1` in shop?")
    await bench.alice.submits()
    await bench.alice.sees_view("Nothing was deleted")
    assert await bench.bob.messages("#incidents") == []


async def test_a_failure_after_the_dialog_was_closed_is_said_in_the_channel(bench: Bench) -> None:
    """Whoever closes the dialog too early still learns how it ended."""
    gate = asyncio.Event()

    async def expired(confirmation: Confirmation) -> None:
        await gate.wait()
        raise ConfirmationExpired(confirmation.pod, 5)

    bench.pods.on_delete = expired
    await bench.alice.types("#incidents", "/pods delete web-1")
    await bench.alice.sees_view("Delete `web-1` in shop?")
    await bench.alice.submits()
    await bench.alice.sees_view("Deleting `web-1`")
    await bench.alice.closes()
    gate.set()
    answer = await bench.alice.sees("#incidents", "valid for 5 minutes")
    assert answer["ephemeral"]


async def test_without_a_trigger_the_plan_comes_as_a_message(bench: Bench) -> None:
    """A mention opens no dialog, but its answer has the button that does."""
    await bench.alice.types("#incidents", "@podbot delete web-1")
    answer = await bench.alice.sees("#incidents", "Delete `web-1` in shop?")
    await bench.alice.clicks(answer, "Delete")
    await bench.alice.sees_view("Delete `web-1` in shop?")
    assert isinstance(bench.pods.asked[-1][1], DeletePod)
    assert bench.pods.asked[-1][1].uid == UID


async def test_an_announcement_reaches_a_channel_without_podbot(bench: Bench) -> None:
    """Where podbot is no member, the announcement goes by the address that came with the command."""
    await bench.alice.types("#general", "/pods delete web-1")
    await bench.alice.sees_view("Delete `web-1` in shop?")
    await bench.alice.submits()
    await bench.bob.sees("#general", "deleted `web-1`")


async def test_a_mistake_of_ours_is_said_in_the_dialog(bench: Bench) -> None:
    """Even an error for nobody's eyes ends the dialog, with its id."""

    async def broken(_: Confirmation) -> None:
        raise KeyError("secret")

    bench.pods.on_delete = broken
    await bench.alice.types("#incidents", "/pods delete web-1")
    await bench.alice.sees_view("Delete `web-1` in shop?")
    await bench.alice.submits()
    view = await bench.alice.sees_view("R001")
    assert "secret" not in view_as_text(view)


async def test_a_dialog_closed_too_early_leaves_the_plan_as_a_message(bench: Bench) -> None:
    """Whoever closes the dialog before the cluster answered finds the plan in the channel."""
    gate = asyncio.Event()

    async def slow(_: DeletePod) -> None:
        await gate.wait()

    bench.pods.on_plan = slow
    await bench.alice.types("#incidents", "/pods delete web-1")
    await bench.alice.sees_view("Looking at `web-1`")
    await bench.alice.closes()
    gate.set()
    answer = await bench.alice.sees("#incidents", "Delete `web-1` in shop?")
    assert answer["ephemeral"]


async def test_a_hanging_cluster_ends_the_dialog() -> None:
    """Neither the plan nor the deletion is waited for without end."""

    async def hang(_: object) -> None:
        await asyncio.Event().wait()

    async with podbot_in(Workspace(demo_settings()), patience=0.3) as bench:
        bench.pods.on_delete = hang
        await bench.alice.types("#incidents", "/pods delete web-1")
        await bench.alice.sees_view("Delete `web-1` in shop?")
        await bench.alice.submits()
        await bench.alice.sees_view("gave up waiting")
        await bench.alice.closes()
        bench.pods.on_plan = hang
        await bench.alice.types("#incidents", "/pods delete web-1")
        await bench.alice.sees_view("gave up waiting")
