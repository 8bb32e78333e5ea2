"""Buttons and dialogs of an incident, over Slack's own protocol, with the incident service behind them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from bot.incidents import announce, engine
from bot.incidents.acts import ActRefusal, ActResult, DrawAnew
from bot.incidents.service import IncidentService
from bot.model.deaths import Cause
from bot.model.incident_commands import CreateSilence, EditSilence, ResolveIncident, SilenceIncident
from bot.model.incidents import Incident, IncidentId, IncidentState, Scope, SilenceId
from bot.model.people import ChannelId, UserId
from bot.model.silences import SilenceScope
from bot.playground.workspace import Workspace, demo_settings
from bot.pods.gate import Gate
from bot.slack import incident_views
from bot.slack.blocks import render
from bot.slack.incident_views import Mistaken, PendingEdit, PendingResolve, PendingSilence
from bot.slack.place import Place
from tests.support.clock import HeldClock
from tests.support.deaths import CLUSTER, a_death
from tests.support.drawing import as_text, view_as_text
from tests.support.incident_board import FewCounts, FewRestarts, MemoryBoard, MemorySilences
from tests.support.policies import DESIGN, HeldPolicy, KeptTrail
from tests.unit.slack.conftest import ALICE, Bench, podbot_in, until

ID = IncidentId("1F3K")
PLACE = Place(user=UserId(ALICE), channel=ChannelId("C01INCIDENTS"))
HOUR = timedelta(hours=1)
Json = dict[str, Any]


@dataclass(kw_only=True)
class Desk:
    """A workspace with podbot in it, and what the incident service stands on."""

    bench: Bench
    board: MemoryBoard
    silences: MemorySilences

    @property
    def incident(self) -> Incident:
        return self.board.held[ID]

    async def alert(self) -> Json:
        """The incident's message, as the outbox would post it."""
        rendered = render(announce.message(self.incident))
        posted = await self.bench.client.chat_postMessage(
            channel="C01INCIDENTS", text=rendered.text, blocks=rendered.blocks
        )
        return await self.bench.alice.sees("#incidents", lambda each: each["ts"] == posted["ts"])


@asynccontextmanager
async def a_desk() -> AsyncIterator[Desk]:
    clock, silences = HeldClock(), MemorySilences()
    board = MemoryBoard(clock=clock)
    board.hold(engine.opened(ID, a_death(Cause.OOM_KILLED)))
    gate = Gate(CLUSTER, HeldPolicy(DESIGN, clock), KeptTrail())
    service = IncidentService(
        CLUSTER,
        gate,
        clock,
        board=board,
        incidents=board,
        silences=silences,
        chronicle=FewRestarts(),
        pods=lambda: (),
        history=FewCounts(),
    )
    async with podbot_in(Workspace(demo_settings()), incidents=service) as bench:
        yield Desk(bench=bench, board=board, silences=silences)


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with a_desk() as opened:
        yield opened


async def test_a_press_acknowledges_and_says_nothing_beside(desk: Desk) -> None:
    """The message itself changes; a second answer would be one thing more to read at night."""
    await desk.bench.alice.clicks(await desk.alert(), "Acknowledge")
    await until(lambda: desk.incident.acknowledged is not None)
    await desk.bench.alice.clicks(await desk.alert(), "Release")
    await until(lambda: desk.incident.acknowledged is None)
    await until(lambda: desk.bench.intake.running == 0)
    assert len(await desk.bench.alice.messages("#incidents")) == 2, "the two alerts alone"


async def test_what_is_typed_is_confirmed(desk: Desk) -> None:
    """The incident's message is elsewhere; the answer has the way back on it."""
    await desk.bench.alice.types("#incidents", "/pods ack 1f3k --for 2h")
    told = await desk.bench.alice.sees("#incidents", "You have incident 1F3K (OOMKilled · web · shop)")
    await desk.bench.alice.clicks(told, "Release")
    await desk.bench.alice.sees("#incidents", "Nobody has incident 1F3K")
    assert desk.incident.acknowledged is None


async def test_who_may_not_is_told_which_rule_is_missing(desk: Desk) -> None:
    """A press is checked like a command: Bob is on call only in one channel."""
    await desk.bench.bob.types("#general", "/pods ack 1F3K")
    await desk.bench.bob.sees("#general", "only when you ask in channel C01INCIDENTS")
    assert desk.board.acts == []


async def test_the_menu_silences_at_once(desk: Desk) -> None:
    """Half an hour, without another question; the row is written."""
    await desk.bench.alice.chooses(await desk.alert(), "Silence", "30 min")
    await until(lambda: desk.incident.silenced is not None)
    [silence] = desk.silences.rows.values()
    assert silence.until - silence.created_at == HOUR / 2


async def test_other_silences_are_asked_for_in_a_dialog(desk: Desk) -> None:
    """Empty, it lasts until the incident is over."""
    await desk.bench.alice.chooses(await desk.alert(), "Silence", "Other …")
    view = await desk.bench.alice.sees_view("For how long")
    assert "OOMKilled of deployment/web" in view_as_text(view)
    await desk.bench.alice.fills({"For how long": "an hour"})
    assert await desk.bench.alice.submits() == {"lasting": "A duration is written as 45m, 2h or 3d."}
    await desk.bench.alice.fills({"For how long": "90 m", "Reason": "a load test"})
    assert await desk.bench.alice.submits() == {}
    await desk.bench.alice.sees_no_view()
    await until(lambda: desk.incident.silenced is not None)
    [silence] = desk.silences.rows.values()
    assert (silence.until - silence.created_at, silence.reason) == (1.5 * HOUR, "a load test")


async def test_a_choice_that_changed_nothing_is_forgotten(desk: Desk) -> None:
    """Slack would show it as if it held, and not take it again: after a dialog, and after a refusal."""
    alert = await desk.alert()
    await desk.bench.alice.chooses(alert, "Silence", "Other …")
    await desk.bench.alice.sees_view("For how long")
    await until(lambda: [each.command for each in desk.board.acts] == [DrawAnew(incident=ID)])
    await desk.bench.alice.closes()
    desk.silences.away = True
    await desk.bench.alice.chooses(alert, "Silence", "1 h")
    await until(lambda: [each.command for each in desk.board.acts] == 2 * [DrawAnew(incident=ID)])
    desk.silences.away = False
    await desk.bench.alice.chooses(alert, "Silence", "4 h")
    await until(lambda: desk.incident.silenced is not None)
    assert len(desk.board.acts) == 3


async def test_a_wider_silence_needs_an_end_and_is_told_to_all(desk: Desk) -> None:
    """Nothing in the incident's message says that the whole namespace is silent, so the channel is told."""
    await desk.bench.alice.chooses(await desk.alert(), "Silence", "Other …")
    await desk.bench.alice.sees_view("For how long")
    await desk.bench.alice.fills({"What": "namespace shop: all that fires now"})
    assert "lasting" in await desk.bench.alice.submits()
    await desk.bench.alice.fills({"What": "namespace shop: all that fires now", "For how long": "2h"})
    assert await desk.bench.alice.submits() == {}
    told = await desk.bench.alice.sees("#incidents", "Silent: OOMKilled in shop")
    assert "ephemeral" not in told
    assert "By <@U01ALICE>, for what fires there now." in as_text(told)
    await desk.bench.alice.clicks(told, "End")
    await desk.bench.alice.sees("#incidents", "Ended the silence of OOMKilled in shop")


async def test_a_silence_is_changed_from_the_list(desk: Desk) -> None:
    """Each stands there with its end, its reason and what can be done about it."""
    await desk.bench.alice.types("#incidents", "/pods silence -n shop --for 1h --reason upgrade")
    await desk.bench.alice.sees("#incidents", "Silent: OOMKilled in shop")
    await desk.bench.alice.types("#incidents", "/pods silences")
    listed = await desk.bench.alice.sees("#incidents", "1 silence")
    await desk.bench.alice.clicks(listed, "Change …")
    await desk.bench.alice.sees_view("is silent until")
    await desk.bench.alice.fills({"From now on, for how long": "3h", "Reason": "longer upgrade"})
    assert await desk.bench.alice.submits() == {}
    await desk.bench.alice.sees("#incidents", "longer upgrade")
    [silence] = desk.silences.rows.values()
    assert silence.until - silence.created_at == 3 * HOUR


async def test_what_is_well_is_closed_by_one_press(desk: Desk) -> None:
    """There is nothing to be asked."""
    await desk.bench.alice.chooses(await desk.alert(), "⋯", "Resolve …")
    await until(lambda: desk.incident.state is IncidentState.CLOSED)


async def test_what_still_fails_is_closed_with_a_reason_only(desk: Desk) -> None:
    """The dialog says how it is; the press that insists is on the incident ever after."""
    desk.board.failing = "2 of 5 Ready"
    await desk.bench.alice.chooses(await desk.alert(), "⋯", "Resolve …")
    await desk.bench.alice.sees_view("Still failing: 2 of 5 Ready.")
    await desk.bench.alice.fills({"Reason": " "})
    assert await desk.bench.alice.submits() == {"reason": "Say why, for those who read it later."}
    await desk.bench.alice.fills({"Reason": "retired today"})
    assert await desk.bench.alice.submits() == {}
    await until(lambda: desk.incident.state is IncidentState.CLOSED)
    ending = desk.incident.ending
    assert ending is not None
    assert (ending.words, ending.still_failing) == ("retired today", True)


async def test_a_mention_opens_no_dialog_but_its_button_does(desk: Desk) -> None:
    """Slack gives a mention nothing to open a dialog with."""
    desk.board.failing = "2 of 5 Ready"
    await desk.bench.alice.types("#incidents", "@podbot resolve 1F3K")
    told = await desk.bench.alice.sees("#incidents", "still failing: 2 of 5 Ready")
    await desk.bench.alice.clicks(told, "Resolve anyway …")
    await desk.bench.alice.sees_view("Resolve anyway")
    await desk.bench.alice.types("#incidents", "@podbot silence 1F3K")
    await desk.bench.alice.sees("#incidents", "For how long? `/pods silence 1F3K --for 1h`")


async def test_the_dead_pod_is_deleted_through_the_usual_dialog(desk: Desk) -> None:
    """Bound to the pod that was seen."""
    await desk.bench.alice.chooses(await desk.alert(), "⋯", "Delete pod …")
    await desk.bench.alice.sees_view("Delete `web-7d4b9c-uid-1` in shop?")
    [(_, command)] = desk.bench.pods.asked
    assert command == msgspec.structs.replace(command, uid="uid-1")


async def test_another_pod_has_died_since(desk: Desk) -> None:
    """The press on the old message deletes nothing; the new pod is offered."""
    alert = await desk.alert()
    desk.board.hold(engine.with_death(desk.incident, a_death(Cause.OOM_KILLED, uid="uid-2", seconds=30)))
    await desk.bench.alice.chooses(alert, "⋯", "Delete pod …")
    told = await desk.bench.alice.sees("#incidents", "Nothing was deleted")
    await desk.bench.alice.clicks(told, "Delete it …")
    await desk.bench.alice.sees_view("Delete `web-7d4b9c-uid-2` in shop?")


async def test_restarts_are_shown_to_the_one_who_asks(desk: Desk) -> None:
    """Reading is private."""
    await desk.bench.alice.chooses(await desk.alert(), "⋯", "Restart history")
    await desk.bench.alice.sees("#incidents", "0 deaths in 7 d")


async def test_a_press_that_was_not_taken_is_said(desk: Desk) -> None:
    """Without it, one would believe that it had been."""
    desk.board.on_act = lambda: ActResult(refusal=ActRefusal.TOO_LATE)
    await desk.bench.alice.clicks(await desk.alert(), "Acknowledge")
    await desk.bench.alice.sees("#incidents", "did not answer in time. Nothing was changed.")


async def test_a_dialog_sent_off_twice_acts_once(desk: Desk) -> None:
    """Slack delivers again what it believes to be lost, to whichever replica."""
    await desk.bench.alice.chooses(await desk.alert(), "Silence", "Other …")
    view = await desk.bench.alice.sees_view("For how long")
    assert await desk.bench.intake.is_new(f"view {view['id']}")  # as another replica takes it
    assert await desk.bench.alice.submits() == {}
    await until(lambda: desk.bench.intake.running == 0)
    assert desk.silences.rows == {}


SILENCE = PendingSilence(place=PLACE, incident=ID, namespace="shop", owner="deployment/web")
EDIT = PendingEdit(place=PLACE, silence=SilenceId("S1111"))
RESOLVE = PendingResolve(place=PLACE, incident=ID)


@pytest.mark.parametrize(
    ("pending", "values", "command"),
    [
        pytest.param(
            SILENCE,
            {"lasting": " 1H "},
            SilenceIncident(incident=ID, lasting=HOUR),
            id="incident",
        ),
        pytest.param(SILENCE, {}, SilenceIncident(incident=ID, until_resolved=True), id="until-resolved"),
        pytest.param(
            SILENCE,
            {"what": "workload", "lasting": "1h", "reason": "a  test"},
            CreateSilence(
                scope=SilenceScope(namespace="shop", owner="deployment/web"), lasting=HOUR, reason="a test"
            ),
            id="workload",
        ),
        pytest.param(
            EDIT, {"reason": "more"}, EditSilence(silence=SilenceId("S1111"), reason="more"), id="edit"
        ),
        pytest.param(
            RESOLVE, {"reason": "gone"}, ResolveIncident(incident=ID, reason="gone", force=True), id="resolve"
        ),
    ],
)
def test_what_was_entered_becomes_a_command(
    pending: incident_views.Pending, values: dict[str, str], command: object
) -> None:
    """What the dialog is about survives the way through Slack."""
    travelled = incident_views.read_pending(msgspec.json.encode(pending).decode())
    assert incident_views.command(travelled, values) == command


@pytest.mark.parametrize(
    ("pending", "values", "block"),
    [
        pytest.param(SILENCE, {"lasting": "8d"}, "lasting", id="too-long"),
        pytest.param(SILENCE, {"what": "namespace"}, "lasting", id="wide-without-an-end"),
        pytest.param(EDIT, {}, "lasting", id="no-change"),
        pytest.param(
            msgspec.structs.replace(EDIT, reason="load  test"),
            {"reason": "load test"},
            "lasting",
            id="the-same-reason",
        ),
        pytest.param(RESOLVE, {}, "reason", id="no-reason"),
    ],
)
def test_a_mistake_is_said_where_it_was_made(
    pending: incident_views.Pending, values: dict[str, str], block: str
) -> None:
    """The dialog stays open with what was entered."""
    with pytest.raises(Mistaken) as mistaken:
        incident_views.command(pending, values)
    assert list(mistaken.value.mistakes) == [block]


def test_a_group_is_silenced_as_what_it_is() -> None:
    """Of many workloads nothing but the incident can be meant."""
    death = a_death(Cause.NODE_LOST)
    node = replace(engine.key_of(death), namespace="", scope=Scope.NODE)
    view = incident_views.silence_dialog(engine.opened(ID, death, node), PLACE)
    assert [each["text"]["text"] for each in view["blocks"][0]["element"]["options"]] == [
        "this incident, 1F3K"
    ]
