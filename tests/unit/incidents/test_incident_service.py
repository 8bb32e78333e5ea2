"""What people may ask of incidents: who may, what is done, what is on record, and what is said otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from bot.errors import UserError
from bot.incidents import engine, silencing
from bot.incidents.acts import ActRefusal, ActResult
from bot.incidents.service import IncidentService
from bot.model.answers import Answer
from bot.model.deaths import Cause
from bot.model.incident_answers import (
    Acted,
    RestartHistory,
    RouteExplanation,
    SilenceChange,
    SilenceChanged,
    SilenceList,
)
from bot.model.incident_commands import (
    AcknowledgeIncident,
    CreateSilence,
    DeleteDeadPod,
    EditSilence,
    EndSilence,
    ListSilences,
    ResolveIncident,
    RoutePod,
    ShowIncident,
    ShowRestarts,
    SilenceIncident,
    UnacknowledgeIncident,
)
from bot.model.incident_problems import (
    AnotherDied,
    HowLong,
    IncidentMerged,
    IncidentOver,
    NobodyHasIt,
    NoSuchIncident,
    NoSuchScope,
    NoSuchSilence,
    NothingChanged,
    NothingToEdit,
    NotRecorded,
    NotTakenInTime,
    SilenceOver,
    StillFailing,
    StoreAway,
)
from bot.model.incidents import Ending, Incident, IncidentId, IncidentKey, IncidentState, Scope, SilenceId
from bot.model.past import RestartsListed
from bot.model.people import Asker, ChannelId
from bot.model.pods import Owner, Pod, PodUid
from bot.model.problems import AmbiguousPod, NoSuchPod, Refused
from bot.model.routes import Route, RouteFacts
from bot.model.silences import SilenceScope
from bot.pods.audit import Outcome
from bot.pods.gate import Gate
from tests.support.clock import HeldClock
from tests.support.deaths import CLUSTER, a_death
from tests.support.incident_board import FewCounts, FewRestarts, MemoryBoard, MemorySilences
from tests.support.pods import a_pod
from tests.support.policies import DESIGN, HeldPolicy, KeptTrail, asker

ALICE, EVE = asker(), asker("U09EVE")
ID = IncidentId("1F3K")
HOUR = timedelta(hours=1)
CHANNELS: Mapping[Cause, str] = {Cause.OOM_KILLED: "C03MEMORY"}


class Routes:
    """Implements `incidents.ports.Routing`: memory has a channel of its own."""

    async def facts(self, pod: Pod) -> RouteFacts:
        return RouteFacts(
            cluster=CLUSTER,
            namespace=pod.namespace,
            owner=pod.owner,
            cause=Cause.ERROR,
            severity=engine.severity_of(a_death()),
        )

    def route(self, facts: RouteFacts) -> Route:
        channel = CHANNELS.get(facts.cause, "C02ALERTS")
        return Route(names=("all",), channels=(ChannelId(channel),), why=(f"cause {facts.cause.value}",))


@dataclass(kw_only=True)
class Office:
    """A service, and what it stands on."""

    clock: HeldClock
    board: MemoryBoard
    silences: MemorySilences
    restarts: FewRestarts
    trail: KeptTrail
    service: IncidentService
    pods: list[Pod]

    async def ask(self, command: object, by: Asker = ALICE) -> Answer:
        return await self.service.run(by, command)  # type: ignore[arg-type]  # a table of cases has any of them

    def recorded(self) -> tuple[Outcome, str, str]:
        entry = self.trail.entries[-1]
        return entry.outcome, entry.object, entry.detail


@pytest.fixture
def office() -> Office:
    clock, silences, trail, restarts = HeldClock(), MemorySilences(), KeptTrail(), FewRestarts()
    board = MemoryBoard(clock=clock)
    board.hold(an_incident())
    pods = [a_pod(name="web-1", owner=None), a_pod(name="web-2", owner=None)]
    service = IncidentService(
        CLUSTER,
        Gate(CLUSTER, HeldPolicy(DESIGN, clock), trail),
        clock,
        board=board,
        incidents=board,
        silences=silences,
        chronicle=restarts,
        pods=lambda: pods,
        history=FewCounts(),
        routing=Routes(),
    )
    return Office(
        clock=clock,
        board=board,
        silences=silences,
        restarts=restarts,
        trail=trail,
        service=service,
        pods=pods,
    )


def an_incident(**changes: object) -> Incident:
    incident = engine.opened(ID, a_death(Cause.OOM_KILLED))
    return replace(incident, **changes)  # type: ignore[arg-type]  # fields of `Incident`


def over(state: IncidentState = IncidentState.RECOVERED, **changes: object) -> Incident:
    ending = Ending(since=HeldClock().now(), words="5 of 5 Ready")
    return an_incident(state=state, ending=ending, **changes)


async def begun(office: Office, command: SilenceIncident | CreateSilence) -> SilenceChanged:
    answer = await office.ask(command)
    assert isinstance(answer, SilenceChanged)
    return answer


async def test_somebody_has_it_and_lets_go_of_it(office: Office) -> None:
    """Both are done by the one who keeps the incident, and are on record."""
    answer = await office.ask(AcknowledgeIncident(incident=ID, lasting=2 * HOUR))
    assert isinstance(answer, Acted)
    assert answer.incident.acknowledged is not None
    assert answer.incident.acknowledged.by == ALICE.person.id
    assert answer.incident.acknowledged.until == office.clock.now() + 2 * HOUR
    assert office.recorded() == (Outcome.DONE, "incident/1F3K", "acknowledge")
    await office.ask(UnacknowledgeIncident(incident=ID))
    assert office.board.held[ID].acknowledged is None


ACTS = (
    AcknowledgeIncident(incident=ID),
    UnacknowledgeIncident(incident=ID),
    SilenceIncident(incident=ID, lasting=HOUR),
    ResolveIncident(incident=ID),
    CreateSilence(scope=SilenceScope(namespace="shop"), lasting=HOUR),
)


@pytest.mark.parametrize("act", ACTS, ids=lambda each: type(each).__name__)
async def test_acting_takes_the_verb_incidents_there(office: Office, act: object) -> None:
    """Who may only look is refused with what is missing; nothing is changed, and the try is on record."""
    with pytest.raises(
        Refused,
        match=r"You may not acknowledge, silence or close `incidents` in `shop`\. It takes the role on-call",
    ):
        await office.ask(act, EVE)
    assert (office.board.acts, office.silences.rows) == ([], {})
    assert office.trail.entries[-1].outcome is Outcome.REFUSED


async def test_an_incident_of_several_namespaces_takes_the_verb_in_each(office: Office) -> None:
    """A lost node takes pods along that are nobody's business who may act in one namespace alone."""
    node = IncidentKey(
        cluster=CLUSTER,
        namespace="",
        owner=Owner(kind="Node", name="node-1"),
        cause=Cause.NODE_LOST,
        scope=Scope.NODE,
    )
    lost = engine.with_death(
        engine.opened(ID, a_death(), node), a_death(uid="uid-2", namespace="kube-system")
    )
    office.board.hold(lost)
    with pytest.raises(Refused, match="outside kube-system"):
        await office.ask(AcknowledgeIncident(incident=ID))
    assert isinstance(await office.ask(ShowRestarts(incident=ID)), RestartHistory)


@pytest.mark.parametrize(
    ("scope", "allowed"),
    [
        pytest.param(SilenceScope(namespace="shop"), True, id="one"),
        pytest.param(SilenceScope(namespace="kube-system"), False, id="an-exception"),
        pytest.param(SilenceScope(namespace="kube-*"), False, id="a-pattern-that-takes-in-an-exception"),
        pytest.param(SilenceScope(namespace="shop-*"), False, id="a-pattern"),
        pytest.param(SilenceScope(cause="OOMKilled"), False, id="everywhere"),
    ],
)
async def test_a_silence_takes_the_verb_wherever_it_reaches(
    office: Office, scope: SilenceScope, allowed: bool
) -> None:
    """Over several namespaces it takes a rule for all of them, without exception."""
    command = CreateSilence(scope=scope, lasting=HOUR)
    if allowed:
        assert isinstance(await office.ask(command), SilenceChanged)
    else:
        with pytest.raises(Refused):
            await office.ask(command)


@pytest.mark.parametrize(
    ("instead", "command", "problem"),
    [
        pytest.param(None, AcknowledgeIncident(incident=IncidentId("2222")), NoSuchIncident, id="no-such"),
        pytest.param(over(), AcknowledgeIncident(incident=ID), IncidentOver, id="over"),
        pytest.param(over(), SilenceIncident(incident=ID, lasting=HOUR), IncidentOver, id="silence-over"),
        pytest.param(
            over(IncidentState.MERGED, part_of=IncidentId("2222")),
            ResolveIncident(incident=ID),
            IncidentMerged,
            id="merged",
        ),
        pytest.param(None, UnacknowledgeIncident(incident=ID), NobodyHasIt, id="nobody-has-it"),
        pytest.param(None, SilenceIncident(incident=ID), HowLong, id="no-end"),
        pytest.param(None, EditSilence(silence=SilenceId("S1111")), NothingToEdit, id="nothing-to-edit"),
        pytest.param(None, EndSilence(silence=SilenceId("S1111")), NoSuchSilence, id="no-such-silence"),
        pytest.param(
            None, DeleteDeadPod(incident=ID, uid=PodUid("uid-0")), AnotherDied, id="only-ever-in-a-dialog"
        ),
        pytest.param(None, ShowIncident(incident=ID), NotRecorded, id="nothing-recorded"),
        pytest.param(
            None,
            CreateSilence(scope=SilenceScope(namespace="shop", pod="web"), lasting=HOUR),
            NoSuchScope,
            id="no-such-pod",
        ),
    ],
)
async def test_what_cannot_be_done_says_so(
    office: Office, instead: Incident | None, command: object, problem: type[UserError]
) -> None:
    """With words for the one who asked; nothing is changed."""
    if instead is not None:
        office.board.hold(instead)
    before = dict(office.board.held)
    with pytest.raises(problem):
        await office.ask(command)
    assert (office.board.held, office.silences.rows) == (before, {})


@pytest.mark.parametrize(
    ("state", "words", "how"),
    [
        pytest.param(IncidentState.CLOSED, "", "closed by a person", id="closed"),
        pytest.param(IncidentState.CLOSED, "old", "closed by a person: old", id="closed for a reason"),
        pytest.param(IncidentState.RECOVERED, "5 of 5 Ready", "5 of 5 Ready", id="recovered"),
    ],
)
async def test_what_is_over_says_how_it_ended(
    office: Office, state: IncidentState, words: str, how: str
) -> None:
    """Also where who closed it gave no reason."""
    ending = Ending(since=office.clock.now(), words=words)
    office.board.hold(replace(over(state), ending=ending))
    for command in (ResolveIncident(incident=ID), SilenceIncident(incident=ID, lasting=HOUR)):
        with pytest.raises(IncidentOver, match=f"is over: {how}[.] Nothing was changed[.]"):
            await office.ask(command)


@pytest.mark.parametrize(
    ("first", "since"),
    [
        pytest.param(timedelta(minutes=8), timedelta(minutes=8), id="a-young-store"),
        pytest.param(timedelta(days=30), timedelta(days=7), id="an-old-one"),
    ],
)
async def test_restarts_are_counted_since_the_store_has_any(
    office: Office, first: timedelta, since: timedelta
) -> None:
    """A bot of eight minutes does not claim to remember a week."""
    now = office.clock.now()
    office.restarts.listed = RestartsListed(deaths=(), total=0, counted_since=now - first)
    answer = await office.ask(ShowRestarts(incident=ID))
    assert isinstance(answer, RestartHistory)
    assert answer.since == now - since


async def test_a_silence_that_has_the_reason_already_is_not_changed(office: Office) -> None:
    """Whoever asked hears of it; the channel is told of changes."""
    begun = await office.ask(
        CreateSilence(scope=SilenceScope(namespace="shop"), lasting=HOUR, reason="load test")
    )
    assert isinstance(begun, SilenceChanged)
    with pytest.raises(NothingChanged):
        await office.ask(EditSilence(silence=begun.silence.id, reason="load test"))
    assert office.silences.rows == {begun.silence.id: begun.silence}


async def test_what_still_fails_is_closed_only_if_insisted(office: Office) -> None:
    """And then the incident says so ever after."""
    office.board.failing = "2 of 5 Ready"
    with pytest.raises(StillFailing, match="still failing: 2 of 5 Ready") as failing:
        await office.ask(ResolveIncident(incident=ID, reason="looks fine"))
    assert failing.value.identity == ID
    answer = await office.ask(ResolveIncident(incident=ID, reason="retired", force=True))
    assert isinstance(answer, Acted)
    assert answer.incident.state is IncidentState.CLOSED
    assert answer.incident.ending is not None
    assert (answer.incident.ending.still_failing, answer.incident.ending.by) == (True, ALICE.person.id)
    assert office.recorded() == (
        Outcome.DONE,
        "incident/1F3K",
        "resolve although it still fails: retired",
    )


async def test_a_silence_of_an_incident_is_a_row_and_holds_at_once(office: Office) -> None:
    """The row is there before the incident is: were the keeper away, it would read it later."""
    answer = await begun(office, SilenceIncident(incident=ID, lasting=HOUR, reason="a load test"))
    assert answer.incident is not None
    assert answer.incident.silenced is not None
    assert answer.incident.silenced.silence == answer.silence.id
    assert office.silences.rows == {answer.silence.id: answer.silence}
    assert (answer.silence.id[0], len(answer.silence.id)) == ("S", 5)
    assert (answer.silence.until, answer.silence.reason) == (office.clock.now() + HOUR, "a load test")


async def test_a_silence_holds_although_nobody_leads(office: Office) -> None:
    """Whoever leads next reads the row."""
    office.board.on_act = lambda: ActResult(refusal=ActRefusal.TOO_LATE)
    answer = await begun(office, SilenceIncident(incident=ID, until_resolved=True))
    assert answer.incident is None
    assert office.silences.rows[answer.silence.id].incident == ID
    with pytest.raises(NotTakenInTime, match="Nothing was changed"):
        await office.ask(AcknowledgeIncident(incident=ID))


async def test_a_silence_of_what_ended_meanwhile_is_withdrawn(office: Office) -> None:
    """Its row must not keep back what comes next."""
    office.board.on_act = lambda: ActResult(incident=over(), refusal=ActRefusal.OVER)
    with pytest.raises(IncidentOver, match="5 of 5 Ready"):
        await office.ask(SilenceIncident(incident=ID, lasting=HOUR))
    [silence] = office.silences.rows.values()
    assert silence.ended_at is not None


async def test_a_general_silence_is_of_this_cluster_and_of_what_fires_now(office: Office) -> None:
    """Another cluster hears everything, and another cause breaks through."""
    answer = await begun(
        office, CreateSilence(scope=SilenceScope(namespace="shop", owner="deployment/web"), lasting=HOUR)
    )
    assert (answer.silence.scope.cluster, answer.silence.known) == (CLUSTER, frozenset({Cause.OOM_KILLED}))
    death = a_death(Cause.OOM_KILLED)
    severity = engine.severity_of(death)
    now = office.clock.now()
    assert silencing.covers(answer.silence, death, severity, now)
    assert not silencing.covers(answer.silence, a_death(Cause.ERROR), severity, now)


async def test_silences_are_listed_edited_and_ended(office: Office) -> None:
    """The one that ends first stands first; an end is counted from now; what ended is gone."""
    late = await begun(office, CreateSilence(scope=SilenceScope(namespace="shop"), lasting=8 * HOUR))
    soon = await begun(office, SilenceIncident(incident=ID, lasting=HOUR))
    listed = await office.ask(ListSilences())
    assert isinstance(listed, SilenceList)
    assert [each.id for each in listed.silences] == [soon.silence.id, late.silence.id]

    await office.clock.advance(600)
    edited = await office.ask(EditSilence(silence=late.silence.id, lasting=2 * HOUR, reason="longer"))
    assert isinstance(edited, SilenceChanged)
    assert edited.silence.until == office.clock.now() + 2 * HOUR

    ended = await office.ask(EndSilence(silence=SilenceId(ID)))
    assert isinstance(ended, SilenceChanged)
    assert (ended.change, ended.silence.id) == (SilenceChange.ENDED, soon.silence.id)
    assert ended.silence.ended_by == ALICE.person.id
    with pytest.raises(SilenceOver):
        await office.ask(EndSilence(silence=soon.silence.id))
    listed = await office.ask(ListSilences())
    assert isinstance(listed, SilenceList)
    assert [each.id for each in listed.silences] == [late.silence.id]


async def test_the_keeper_is_told_of_every_change_that_is_written(office: Office) -> None:
    """Where it is at hand a typed silence holds from its answer on, as one from the button does."""
    begun_here = await begun(office, CreateSilence(scope=SilenceScope(namespace="shop"), lasting=HOUR))
    identity = begun_here.silence.id
    await office.ask(EditSilence(silence=identity, lasting=2 * HOUR))
    await office.ask(EndSilence(silence=identity))
    assert office.board.silences_changed == [identity] * 3


async def test_silences_of_elsewhere_are_not_told(office: Office) -> None:
    """Of another cluster nothing, of namespaces that one may not see their number."""
    await begun(office, CreateSilence(scope=SilenceScope(namespace="shop"), lasting=HOUR))
    here = next(iter(office.silences.rows.values()))
    there = replace(here, id=SilenceId("S2222"), scope=SilenceScope(cluster="staging", namespace="shop"))
    await office.silences.put(there)
    guest = asker("U07GUEST", full_member=False)
    listed = await office.ask(ListSilences(), guest)
    assert isinstance(listed, SilenceList)
    assert (listed.silences, listed.hidden) == ((), 1)
    with pytest.raises(NoSuchSilence):
        await office.ask(EndSilence(silence=there.id))


async def test_while_the_store_is_away_it_says_so(office: Office) -> None:
    """What is live can still be acknowledged; a silence has to be written."""
    office.silences.away = True
    with pytest.raises(StoreAway, match="Nothing was changed"):
        await office.ask(SilenceIncident(incident=ID, lasting=HOUR))
    assert isinstance(await office.ask(AcknowledgeIncident(incident=ID)), Acted)


async def test_the_pod_that_died_is_the_one_that_was_seen(office: Office) -> None:
    """A press on an old message must not delete another pod."""
    latest = office.board.held[ID].latest
    deletion = await office.service.dead_pod(ALICE, DeleteDeadPod(incident=ID, uid=latest.id.uid))
    assert (deletion.pod, deletion.uid, deletion.namespace) == (latest.pod, latest.id.uid, "shop")
    with pytest.raises(AnotherDied, match="Nothing was deleted"):
        await office.service.dead_pod(ALICE, DeleteDeadPod(incident=ID, uid=PodUid("uid-0")))


async def test_a_route_is_told_for_every_cause(office: Office) -> None:
    """First where most go, then the exceptions."""
    answer = await office.ask(RoutePod(namespace="shop", pod="web-1"))
    assert isinstance(answer, RouteExplanation)
    usual, [other] = answer.usual, answer.others
    assert usual.route.channels == ("C02ALERTS",)
    assert len(usual.causes) == len(Cause) - 1
    assert (other.causes, other.route.channels) == ((Cause.OOM_KILLED,), ("C03MEMORY",))


async def test_a_route_is_of_a_pod_that_is_there(office: Office) -> None:
    """The beginning of a name is enough where it means one workload."""
    with pytest.raises(NoSuchPod, match="Did you mean `web-1`"):
        await office.ask(RoutePod(namespace="shop", pod="wub-1"))
    with pytest.raises(AmbiguousPod):
        await office.ask(RoutePod(namespace="shop", pod="web-"))


async def test_a_dialog_is_about_what_its_asker_may_do(office: Office) -> None:
    """Asked how, before they are refused when they send it off."""
    assert (await office.service.to_act_on(ALICE, ID)).id == ID
    with pytest.raises(Refused):
        await office.service.to_act_on(EVE, ID)
    silence = (await begun(office, SilenceIncident(incident=ID, lasting=HOUR))).silence
    assert await office.service.to_edit(ALICE, silence.id) == silence
    with pytest.raises(Refused):
        await office.service.to_edit(EVE, silence.id)
