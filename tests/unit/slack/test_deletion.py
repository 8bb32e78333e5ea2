"""The deletion dialog, from the wish to the announcement and what came of it, over Slack's own protocol."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from bot.clock import SystemClock
from bot.model.commands import DeletePod, DeletePods, Manner
from bot.model.deletions import Aftermath, Confirmation, Fate, SeenPod
from bot.model.people import ChannelId, UserId
from bot.model.pods import PodUid
from bot.model.problems import ConfirmationExpired, NoSuchPod, PodReplaced
from bot.playground.workspace import Workspace, demo_settings
from bot.slack import views
from bot.slack.deletion import DeletionDialog
from bot.slack.files import Files
from bot.slack.intake import Intake
from bot.slack.place import Place
from bot.slack.speaker import Speaker
from tests.support.clock import START
from tests.support.drawing import as_text, view_as_text
from tests.support.memory_claims import MemoryClaims
from tests.support.told_deletions import REPLACED, UID
from tests.support.waiting import eventually
from tests.unit.slack.conftest import ALICE, Bench, podbot_in

PLACE = Place(user=UserId(ALICE), channel=ChannelId("C01INCIDENTS"))


async def files_in(bench: Bench, place: str) -> list[str]:
    """Names of the files that Bob sees there, threads included."""
    return [file["name"] for message in await bench.bob.messages(place) for file in message.get("files", ())]


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
    assert asker.person.id == confirmation.asked_by == ALICE
    assert (confirmation.pods, confirmation.namespace) == ((SeenPod("web-1", UID),), "shop")


async def test_the_same_message_says_later_what_came_of_it(bench: Bench) -> None:
    """One public message, with the evidence in its thread, that ends with the replacement."""
    await bench.alice.types("#incidents", "/pods delete web-1 --reason 'stale lock' --grace-period 5")
    view = await bench.alice.sees_view("Delete `web-1` in shop?")
    assert "[stale lock______]" in view_as_text(view)
    await bench.alice.submits()
    waiting = await bench.bob.sees("#incidents", "Waiting for its replacement")
    await bench.pods.aftermath.put(REPLACED)
    told = await bench.bob.sees("#incidents", "Replaced by `web-2`, Ready in 12 s.")
    assert told["ts"] == waiting["ts"]
    assert "Logs, describe and events are in the thread." in as_text(told)
    assert await files_in(bench, "#incidents") == ["web-1-describe.txt", "web-1-logs.txt"]
    assert bench.pods.confirmed[0][1].manner == Manner(grace=5, reason="stale lock")


async def test_what_is_saved_is_cleaned(bench: Bench) -> None:
    """What a pod wrote to colour a terminal does not reach the file."""
    await bench.alice.types("#incidents", "/pods delete web-1")
    await bench.alice.sees_view("Delete `web-1` in shop?")
    await bench.alice.submits()
    await bench.bob.sees("#incidents", "Waiting for its replacement")
    files = [file for message in await bench.bob.messages("#incidents") for file in message.get("files", ())]
    logs = await bench.bob.reads_file(files[1])
    assert b"last words" in logs
    assert b"\x1b" not in logs


async def test_several_pods_are_counted(bench: Bench) -> None:
    """A wrong number is refused in the dialog, and nothing is sent before it is right."""
    await bench.alice.types("#incidents", "/pods delete -l app=web")
    await bench.alice.sees_view("Delete 2 pods in shop?")
    await bench.alice.fills({"Type 2 to delete these 2 pods": "3"})
    assert await bench.alice.submits() == {"count": "Type 2, which is how many pods will be deleted."}
    assert bench.pods.confirmed == []
    await bench.alice.fills({"Type 2 to delete these 2 pods": " 2"})
    assert await bench.alice.submits() == {}
    await bench.bob.sees("#incidents", "deleted 2 pods (shop)")
    await bench.alice.sees_view("Deleted `web-1`, `web-2` in shop.")


async def test_names_that_find_no_room_in_a_dialog(bench: Bench) -> None:
    """Slack lets a dialog carry 3,000 characters: more is refused before anything is asked."""
    pods = " ".join(f"{'x' * 240}-{number}" for number in range(14))
    await bench.alice.types("#incidents", f"/pods delete {pods}")
    await bench.alice.sees_view("The names of these 14 pods are too long")
    assert bench.pods.confirmed == []


async def test_ten_pods_with_usual_names_find_room() -> None:
    """Ten names of two hundred characters, with their UIDs and where it was asked."""
    seen = tuple(SeenPod("x" * 200, UID) for _ in range(10))
    waiting = views.Pending(
        asker=UserId(ALICE), namespace="shop", pods=seen, counted=True, asked_at=START, place=PLACE
    )
    assert waiting.fits
    assert not msgspec.structs.replace(waiting, pods=seen * 2).fits
    assert views.read_pending(views.confirmation((), waiting)["private_metadata"]) == waiting


async def test_a_dry_run_opens_no_dialog(bench: Bench) -> None:
    """It asks nothing of anybody: its answer comes as one."""
    await bench.alice.types("#incidents", "/pods delete web-1 --dry-run=server")
    await bench.alice.sees("#incidents", "podbot looks at pods")  # what this pod service answers to anything
    command = bench.pods.asked[-1][1]
    assert isinstance(command, DeletePod)
    assert command.manner.dry_run
    assert bench.alice.view is None


async def test_the_dialog_opens_before_the_cluster_has_answered(bench: Bench) -> None:
    """Slack's three seconds are kept whatever the cluster does."""
    gate = asyncio.Event()

    async def slow(_: object) -> None:
        await gate.wait()

    bench.pods.on_plan = slow
    await bench.alice.types("#incidents", "/pods delete web-1")
    await bench.alice.sees_view("Looking at `web-1`")
    gate.set()
    await bench.alice.sees_view("Delete `web-1` in shop?")


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        pytest.param("-l app=web", "Looking at the pods with `app=web` in shop", id="labels"),
        pytest.param("web-1 web-2", "Looking at 2 pods in shop", id="names"),
    ],
)
async def test_what_is_looked_at(bench: Bench, typed: str, shown: str) -> None:
    """The first view says what was understood."""
    bench.pods.on_plan = lambda _: asyncio.Event().wait()  # type: ignore[assignment,return-value]  # it never ends
    await bench.alice.types("#incidents", f"/pods delete {typed}")
    await bench.alice.sees_view(shown)


async def test_a_plan_that_cannot_be_made_is_said_in_the_dialog(bench: Bench) -> None:
    """A wrong name ends the dialog with what is wrong, and nothing to press."""

    async def missing(command: DeletePod | DeletePods) -> None:
        raise NoSuchPod("web-1", command.namespace, ("web-7d4b9c-x2x9q",))

    bench.pods.on_plan = missing
    await bench.alice.types("#incidents", "/pods delete web-1")
    view = await bench.alice.sees_view("Did you mean")
    assert not view.get("submit")


async def test_a_refused_deletion_is_said_in_the_dialog_alone(bench: Bench) -> None:
    """A pod that was replaced meanwhile is left alone, and nobody else hears of it."""

    async def replaced(confirmation: Confirmation) -> None:
        raise PodReplaced("web-1", confirmation.namespace)

    bench.pods.keeps = False
    bench.pods.on_delete = replaced
    await bench.alice.types("#incidents", "/pods delete web-1")
    await bench.alice.sees_view("Delete `web-1` in shop?")
    await bench.alice.submits()
    await bench.alice.sees_view("Nothing was deleted")
    assert await bench.bob.messages("#incidents") == []


@pytest.mark.parametrize(
    ("fate", "told"),
    [
        pytest.param(Fate.KEPT, "Not deleted: `web-1`: It was in the way.", id="kept"),
        pytest.param(Fate.UNKNOWN, "Perhaps deleted: `web-1`: It was in the way.", id="unknown"),
    ],
)
async def test_a_deletion_that_was_announced_and_failed(bench: Bench, fate: Fate, told: str) -> None:
    """The channel had heard of it, so it hears how it ended; nothing is followed up."""
    bench.pods.fate = fate
    await bench.alice.types("#incidents", "/pods delete web-1")
    await bench.alice.sees_view("Delete `web-1` in shop?")
    await bench.alice.submits()
    said = await bench.bob.sees("#incidents", "tried to delete `web-1`")
    assert told in as_text(said)
    await bench.alice.sees_view(told)


async def test_a_failure_after_the_dialog_was_closed_is_said_in_the_channel(bench: Bench) -> None:
    """Whoever closes the dialog too early still learns how it ended."""
    gate = asyncio.Event()

    async def expired(_: Confirmation) -> None:
        await gate.wait()
        raise ConfirmationExpired(5)

    bench.pods.keeps = False
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
    command = bench.pods.asked[-1][1]
    assert isinstance(command, DeletePod)
    assert command.uid == UID


async def test_in_a_channel_without_podbot(bench: Bench) -> None:
    """The announcement goes by the address that came with the command, all else to the asker."""
    await bench.alice.types("#general", "/pods delete web-1")
    await bench.alice.sees_view("Delete `web-1` in shop?")
    await bench.alice.submits()
    said = await bench.bob.sees("#general", "deleted `web-1`")
    assert "went to whoever deleted" in as_text(said)
    assert "what comes of it is told to whoever deleted" in as_text(said)
    await bench.pods.aftermath.put(REPLACED)
    answer = await bench.alice.sees("#general", "Replaced by `web-2`")
    assert answer["ephemeral"]
    direct = [
        file["name"] for each in await bench.alice.messages("@podbot") for file in each.get("files", ())
    ]
    assert direct == ["web-1-describe.txt", "web-1-logs.txt"]
    assert await files_in(bench, "#general") == []


async def test_a_mistake_of_ours_is_said_in_the_dialog_and_the_channel(bench: Bench) -> None:
    """Even an error for nobody's eyes ends the dialog with its id, and what was announced."""

    async def broken(_: Confirmation) -> None:
        raise KeyError("secret")

    bench.pods.on_delete = broken
    await bench.alice.types("#incidents", "/pods delete web-1")
    await bench.alice.sees_view("Delete `web-1` in shop?")
    await bench.alice.submits()
    view = await bench.alice.sees_view("R001")
    assert "secret" not in view_as_text(view)
    await bench.bob.sees("#incidents", "It did not come to an end")


async def test_a_dialog_closed_too_early_leaves_the_plan_as_a_message(bench: Bench) -> None:
    """Whoever closes the dialog before the cluster answered finds the plan in the channel."""
    gate = asyncio.Event()

    async def slow(_: object) -> None:
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
        bench.pods.keeps = False
        bench.pods.on_delete = hang
        await bench.alice.types("#incidents", "/pods delete web-1")
        await bench.alice.sees_view("Delete `web-1` in shop?")
        await bench.alice.submits()
        await bench.alice.sees_view("gave up waiting")
        await bench.alice.closes()
        bench.pods.on_plan = hang
        await bench.alice.types("#incidents", "/pods delete web-1")
        await bench.alice.sees_view("gave up waiting")


async def deleted(bench: Bench) -> dict[str, Any]:
    """Alice has deleted web-1, and the channel waits for its replacement."""
    await bench.alice.types("#incidents", "/pods delete web-1")
    await bench.alice.sees_view("Delete `web-1` in shop?")
    await bench.alice.submits()
    return await bench.bob.sees("#incidents", "Waiting for its replacement")


async def test_a_bot_that_stops_says_that_it_follows_no_more(bench: Bench) -> None:
    """Nobody waits for a message that will never change again."""
    await deleted(bench)
    await bench.follow_ups.close(2.0)
    await bench.bob.sees("#incidents", "podbot was restarted and does not follow this any further.")


async def test_what_was_deleted_is_noted_beside_the_channel(bench: Bench) -> None:
    """The incidents of these pods have it in their stories, with its reason."""
    await deleted(bench)
    await eventually(lambda: len(bench.pods.noted) == 1)
    (deletion,) = bench.pods.noted
    assert [pod.name for pod in deletion.of(Fate.DELETED)] == ["web-1"]


async def test_what_is_over_stays_as_it_was_said(bench: Bench) -> None:
    """A bot that stops has nothing to add to a story that has ended."""
    await deleted(bench)
    await bench.pods.aftermath.put(Aftermath(awaited=1, after=timedelta(seconds=60)))
    await bench.pods.aftermath.put(REPLACED)
    await bench.bob.sees("#incidents", "Replaced by `web-2`")
    await bench.follow_ups.close(2.0)
    last = await bench.bob.sees("#incidents", "deleted `web-1`")
    assert "restarted" not in as_text(last)


async def test_a_deletion_while_the_bot_stops_is_told_but_not_followed(bench: Bench) -> None:
    """It was done; that nobody follows it is said at once."""
    await bench.follow_ups.close(0.1)
    await bench.alice.types("#incidents", "/pods delete web-1")
    await bench.alice.sees_view("Delete `web-1` in shop?")
    await bench.alice.submits()
    await bench.bob.sees("#incidents", "does not follow this any further")


async def test_evidence_that_was_too_slow_is_saved_afterwards(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The deletion did not wait for Slack; the thread gets its files all the same."""
    add_to, calls = Files.add_to, 0

    async def slow_at_first(*args: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 1:
            await asyncio.Event().wait()
        return await add_to(*args)

    monkeypatch.setattr(Files, "add_to", slow_at_first)
    delete = bench.pods.delete

    async def without_waiting(asker: Any, confirmation: Any, keep: Any) -> Any:
        async def briefly(*args: Any) -> None:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(keep(*args), 0.2)

        return await delete(asker, confirmation, briefly)

    monkeypatch.setattr(bench.pods, "delete", without_waiting)
    await deleted(bench)
    said = await bench.bob.sees("#incidents", "are in the thread")
    assert "deleted `web-1`" in as_text(said)
    assert len(await files_in(bench, "#incidents")) == 2


def test_a_dialog_of_another_version_is_not_read() -> None:
    """What an older podbot asked for cannot be confirmed with this one."""
    with pytest.raises(msgspec.ValidationError):
        views.read_pending('{"asker":"U01ALICE","namespace":"shop","pod":"web-1","uid":"x"}')
    assert SeenPod("web-1", PodUid("x")) == msgspec.json.decode(b'["web-1","x"]', type=SeenPod)


async def test_a_confirmation_that_comes_to_two_replicas_acts_once(bench: Bench) -> None:
    """Slack may bring a submission again to another; who confirmed sees that it is being done."""
    claims = MemoryClaims()
    dialogs = [
        DeletionDialog(
            client=bench.client,
            speaker=Speaker(bench.client, Files(bench.client)),
            follow_ups=bench.follow_ups,
            intake=Intake(claims=claims),
            clock=SystemClock(),
            patience=1.0,
        )
        for _ in range(2)
    ]
    deleting = {"title": "Deleting …"}
    assert await dialogs[0].taken("V1", deleting) is None
    for _ in range(2):
        elsewhere = await dialogs[1].taken("V1", deleting)
        assert elsewhere is not None
        assert "another replica of podbot is at it" in str(elsewhere)
    assert await dialogs[0].taken("V1", deleting) == deleting
    assert await dialogs[1].taken("V2", deleting) is None
