"""Every answer and every error in words; the golden files show them as people read them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.commands.grammar import Misunderstood
from bot.commands.replies import failure, problem, reply
from bot.errors import ClusterUnreachable, InvalidRequest, ObjectNotFound, UserError
from bot.model.answers import (
    Answer,
    ClusterList,
    ClusterState,
    ContainerSummary,
    Decision,
    Guidance,
    Health,
    Identity,
    PodCard,
    PodList,
    PodRow,
    PodSummary,
    Rule,
)
from bot.model.commands import GetLogs, ListPods, OpenPod, Verb
from bot.model.containers import ContainerKind, ContainerState, Running, Terminated, Waiting
from bot.model.events import Event
from bot.model.log_answers import LogExcerpt
from bot.model.log_problems import RunGone
from bot.model.messages import Actions, Button, Menu, Message, Paragraph, Preformatted, Table
from bot.model.people import Person, UsergroupId, UserId
from bot.model.pods import ALL_NAMESPACES, ClusterName, ObjectMeta, Owner, PodCondition
from bot.model.problems import AmbiguousPod, NoSuchPod, Refused
from tests.support.answers import NOW, POD, UID, a_row, an_excerpt
from tests.unit.commands.drawing import check_golden, draw, draw_block

CLUSTER = ClusterName("prod-eu")
ALICE = Person(
    id=UserId("U01ALICE"), name="alice", full_member=True, usergroups=frozenset({UsergroupId("S01ONCALL")})
)
STRANGER = Person(id=UserId("U09EVE"), name="eve", full_member=False)
WEB = Owner(kind="Deployment", name="web")
ON_CALL = Rule(role="on-call", line="role on-call: list, logs, delete in *, except kube-system")

HEALTH = {"Running": Health.HEALTHY, "Completed": Health.FINISHED, "Pending": Health.PENDING}
"""By the STATUS of the rows here; all others fail."""

CRASHING = a_row(ready="0/1", status="CrashLoopBackOff", restarts="7 (40s ago)")


def pods(*rows: PodRow, asked: ListPods | None = None, **counts: int) -> PodList:
    given = {Health(word): number for word, number in counts.items()}
    if not counts:
        given = dict(Counter(HEALTH.get(each.status, Health.FAILING) for each in rows))
    return PodList(cluster=CLUSTER, asked=asked or ListPods(namespace="shop"), rows=rows, counts=given)


def excerpt(*lines: str, asked: GetLogs | None = None, **fields: object) -> LogExcerpt:
    return an_excerpt(*lines, asked=asked or GetLogs(namespace="shop", pod="web"), **fields)


def container(name: str = "app", **fields: object) -> ContainerSummary:
    given: dict[str, object] = {
        "kind": ContainerKind.APP,
        "image": "registry.example/web:1.5.0",
        "ready": True,
        "restarts": 0,
        "state": ContainerState(running=Running(started_at=NOW - timedelta(minutes=12))),
        "last_state": ContainerState(),
        "limits": {},
        "requests": {},
    } | fields
    return ContainerSummary(name=name, **given)  # type: ignore[arg-type]    # fields by name


def summary(*containers: ContainerSummary, **fields: object) -> PodSummary:
    given: dict[str, object] = {
        "cluster": CLUSTER,
        "row": a_row(),
        "uid": UID,
        "owner": WEB,
        "replaced_by_itself": True,
        "terminating": False,
        "reason": "",
        "message": "",
        "failing_conditions": (),
        "events": (),
        "seen_at": NOW,
    } | fields
    return PodSummary(containers=containers, **given)  # type: ignore[arg-type]    # fields by name


def event(reason: str, text: str, *, warning: bool = True, times: int = 1, minutes: int = 1) -> Event:
    return Event(
        metadata=ObjectMeta(name="event"),
        type="Warning" if warning else "Normal",
        reason=reason,
        message=text,
        count=times,
        last_timestamp=NOW - timedelta(minutes=minutes),
    )


OOM = Terminated(exit_code=137, reason="OOMKilled", finished_at=NOW - timedelta(seconds=40))
BACK_OFF = Waiting(reason="CrashLoopBackOff", message="back-off 5m0s restarting failed container=app")
SIDECAR_AND_APP = (
    container("migrate", kind=ContainerKind.INIT, state=ContainerState(terminated=Terminated(exit_code=0))),
    container("proxy", kind=ContainerKind.SIDECAR, image="envoy:1.30"),
    container(
        ready=False,
        restarts=7,
        state=ContainerState(waiting=BACK_OFF),
        last_state=ContainerState(terminated=OOM),
        limits={"memory": "256Mi", "cpu": "1"},
        requests={"memory": "128Mi"},
    ),
)

PROD = ClusterState(cluster=CLUSTER, watch_problem="", pods=1_204, namespaces=12, broken=3)
ANSWERS: dict[str, Answer] = {
    "list": pods(
        CRASHING,
        a_row("web-7d4b9c-9k2mm"),
        a_row("seed-x1", ready="0/1", status="Completed", age="3d"),
        a_row("web-7d4b9c-ppppp", ready="0/1", status="Pending", node="<none>", ip="<none>"),
    ),
    "list-wide-everywhere": pods(
        CRASHING,
        a_row("ledger-0", namespace="payments"),
        asked=ListPods(namespace=ALL_NAMESPACES, selector="tier=front", wide=True),
    ),
    "list-broken": pods(CRASHING, asked=ListPods(namespace="shop", broken=True), healthy=12, failing=1),
    "list-nothing-broken": pods(asked=ListPods(namespace="shop", broken=True), healthy=12, finished=1),
    "list-empty": pods(),
    "list-empty-by-labels": pods(asked=ListPods(namespace="shop", selector="app in (a, b)")),
    "list-empty-everywhere": pods(asked=ListPods(namespace=ALL_NAMESPACES)),
    "list-second-page": pods(
        *(a_row(f"web-{n}") for n in range(70)), asked=ListPods(namespace="shop", page=1)
    ),
    "card": PodCard(row=CRASHING, uid=UID),
    "card-never-restarted": PodCard(row=a_row(), uid=UID),
    "logs": excerpt("14:06:12 loading catalogue", "14:06:14 warn: heap at 96 %", has_previous=True),
    "logs-long": excerpt(
        *(f"line {n}" for n in range(431)),
        "x" * 10_000,
        masked=2,
        cut=True,
        other_containers=("proxy", "migrate"),
    ),
    "logs-empty": excerpt(
        asked=GetLogs(namespace="shop", pod="web", since=timedelta(minutes=10)), has_previous=True
    ),
    "logs-previous-by-itself": excerpt(
        "bye", previous=True, previous_by_itself=True, has_previous=True, masked=1
    ),
    "logs-previous": excerpt("bye", previous=True, has_previous=True),
    "describe": summary(
        *SIDECAR_AND_APP,
        row=CRASHING,
        failing_conditions=(
            PodCondition(
                type="Ready",
                status="False",
                reason="ContainersNotReady",
                message="containers with unready status: [app]",
                last_transition_time=NOW - timedelta(minutes=4),
            ),
        ),
        events=(
            event("BackOff", "Back-off restarting failed container", times=12),
            event("Pulled", "Container image already present on machine", warning=False, minutes=12),
        ),
    ),
    "describe-healthy": summary(container(), events=None),
    "describe-evicted": summary(
        row=a_row(ready="0/1", status="Evicted", node="<none>"),
        owner=Owner(kind="Pod", name=POD),
        replaced_by_itself=False,
        terminating=True,
        reason="Evicted",
        message="The node was low on resource: memory.",
        events_problem="The API server refused: `events` is forbidden.",
    ),
    "describe-image": summary(
        container(
            ready=False,
            state=ContainerState(
                waiting=Waiting(reason="ImagePullBackOff", message="Back-off pulling image")
            ),
        ),
        container("other", ready=False),
        container("fresh", ready=False, state=ContainerState()),
    ),
    "can-i-yes": Decision(
        allowed=True,
        verb=Verb.DELETE,
        namespace="shop",
        rule=ON_CALL,
        why="Role on-call allows it: list, logs, delete in *, except kube-system.",
    ),
    "can-i-no": Decision(
        allowed=False,
        verb=Verb.DELETE,
        namespace=ALL_NAMESPACES,
        rule=None,
        why="It takes the role on-call, which no binding of the policy gives you here.",
    ),
    "whoami": Identity(person=ALICE, rules=(ON_CALL,)),
    "whoami-stranger": Identity(person=STRANGER, rules=(), policy_problem="there is no policy file."),
    "clusters": ClusterList(clusters=(PROD, replace(PROD, cluster=ClusterName("staging"), broken=0))),
    "clusters-away-and-unseen": ClusterList(
        clusters=(
            replace(PROD, watch_problem="prod-eu does not answer."),
            replace(PROD, cluster=ClusterName("staging"), pods=0, namespaces=0, broken=0),
        )
    ),
    "clusters-one": ClusterList(clusters=(PROD,)),
    "help": Guidance(topic=""),
    "help-logs": Guidance(topic="logs"),
    "help-whoami": Guidance(topic="whoami"),
}


@pytest.mark.parametrize(("name", "answer"), ANSWERS.items(), ids=ANSWERS)
def test_an_answer_reads_as_its_golden_file(name: str, answer: Answer) -> None:
    """What, where and how bad come first, then evidence, then buttons, then where it comes from."""
    check_golden(name, reply(answer))


PROBLEMS: dict[str, UserError] = {
    "problem-misunderstood": Misunderstood("`lgos` is no verb of podbot. Did you mean `logs`?", topic="logs"),
    "problem-refused": Refused(
        Decision(allowed=False, verb=Verb.DELETE, namespace="payments", rule=None, why="No role allows it.")
    ),
    "problem-refused-logs": Refused(
        Decision(
            allowed=False,
            verb=Verb.LOGS,
            namespace="payments",
            rule=None,
            why="Role on-call would allow it, outside payments.",
            groups=(UsergroupId("S01PAY"),),
            people=(UserId("U01ALICE"),),
        )
    ),
    "problem-run-gone": RunGone(GetLogs(namespace="shop", pod=POD, container="app")),
    "problem-no-such-pod": NoSuchPod("web-1", "shop", (POD, "web-7d4b9c-9k2mm")),
    "problem-ambiguous": AmbiguousPod(
        "web",
        "shop",
        ((POD, OpenPod(namespace="shop", pod=POD)), ("web-9", OpenPod(namespace="shop", pod="web-9"))),
        total=2,
    ),
    "problem-unreachable": ClusterUnreachable("prod-eu does not answer (timed out after 8 s)."),
    "problem-invalid": InvalidRequest("the API server says: unable to parse `a requirement"),
}


@pytest.mark.parametrize(("name", "error"), PROBLEMS.items(), ids=PROBLEMS)
def test_an_error_reads_as_its_golden_file(name: str, error: UserError) -> None:
    """An error says what failed, whether anything was changed, and what to do."""
    check_golden(name, problem(error))


def test_a_failure_gives_the_id_that_the_log_knows() -> None:
    """What nobody but the operator can understand is found by its id."""
    check_golden("failure", failure("8Q2F"))


@pytest.mark.parametrize("name", ANSWERS)
def test_the_plain_text_says_what_the_first_two_lines_say(name: str) -> None:
    """Notifications and screen readers lose nothing that matters."""
    message = reply(ANSWERS[name])
    first = next(block for block in message.blocks if isinstance(block, Paragraph))
    spoken = draw_block(Paragraph(first.lines[:1])).strip()
    for word in spoken.replace("`", "").replace("*", "").split():
        assert word in message.text


@pytest.mark.parametrize("name", ANSWERS)
def test_the_dangerous_is_never_first_and_buttons_are_few(name: str) -> None:
    """At most five buttons; what destroys stands last."""
    for block in reply(ANSWERS[name]).blocks:
        if isinstance(block, Actions):
            buttons = [each for each in block.elements if isinstance(each, Button)]
            assert len(buttons) <= 5
            assert not any(each.dangerous for each in block.elements[:-1] if isinstance(each, Button))


def test_help_is_spelled_as_podbot_was_called() -> None:
    """Slash commands do not work in threads, so help in a thread does not show them."""
    drawn = draw(reply(Guidance(topic="logs"), command_word="@podbot"))
    assert "@podbot logs" in drawn
    assert "/pods logs web" not in drawn


def test_every_pod_is_on_exactly_one_page_however_long_its_name() -> None:
    """Pages hold no more than fits, and together hold every row once, in order."""
    rows = tuple(
        a_row(f"{n:04}-{'n' * 248}", namespace="s" * 63, node="d" * 253, nominated_node="e" * 253)
        for n in range(100)
    )
    asked = ListPods(namespace=ALL_NAMESPACES, wide=True)
    seen: list[str] = []
    page: ListPods | None = asked
    while page is not None:
        message = reply(pods(*rows, asked=page))
        table = next(block for block in message.blocks if isinstance(block, Table))
        menu = next(each for each in _elements(message) if isinstance(each, Menu))
        assert sum(len(cell) for cells in table.rows for cell in cells) <= 5_000
        assert sum(len(choice.label) + 63 + 253 for choice in menu.choices) <= 3_600
        assert all(len(choice.label) <= 75 for choice in menu.choices)
        seen += [cells[1] for cells in table.rows]
        page = next(
            (_list(each) for each in _elements(message) if isinstance(each, Button) and each.label == "Next"),
            None,
        )
    assert seen == [each.name for each in rows]


def test_a_page_that_is_gone_shows_the_last_one() -> None:
    """Pods may vanish between two presses."""
    table = next(
        block
        for block in reply(pods(a_row("a"), asked=ListPods(namespace="shop", page=9))).blocks
        if isinstance(block, Table)
    )
    assert [cells[0] for cells in table.rows] == ["a"]


def test_a_monstrous_log_stays_small_inline_and_whole_in_its_file() -> None:
    """Lines of megabytes are shortened where they are read and whole where they are kept."""
    message = reply(excerpt(*("x" * 1_000_000 for _ in range(9)), "\ud800 end"))
    inline = next(block for block in message.blocks if isinstance(block, Preformatted))
    assert len(inline.text) <= 2_500
    assert inline.text.endswith("end")
    assert message.attachments[0].content.count(b"\n") == 10
    assert len(message.attachments[0].content) > 9_000_000


def test_a_pod_of_fifty_containers_is_described_in_full_in_a_file() -> None:
    """Inline come the ill ones; the file keeps everybody, with nothing cut."""
    long = "why " * 500
    ill = container("ill", ready=False, state=ContainerState(waiting=Waiting(reason="X", message=long)))
    message = reply(
        summary(
            *(container(f"c-{n}", image="i" * 400) for n in range(50)),
            ill,
            events=tuple(event("E", long) for _ in range(100)),
        )
    )
    drawn = draw(message)
    content = message.attachments[0].content.decode()
    assert drawn.index("*ill*") < drawn.index("*c-0*")
    assert len(drawn) < 9_000
    assert all(f"c-{n}:" in content for n in range(50))
    assert (
        content.count(long.strip()) == 102
    )  # an event each; the waiting reason at the top and at its container


def test_a_pod_with_fifty_ill_containers_is_still_read_at_a_glance() -> None:
    """The head names the first ill ones only."""
    waiting = ContainerState(waiting=Waiting(reason="X", message="why " * 500))
    message = reply(summary(*(container(f"c-{n}", ready=False, state=waiting) for n in range(50))))
    assert len(draw(message)) < 9_000
    head = message.blocks[0]
    assert isinstance(head, Paragraph)
    assert len(head.lines) < 10


def test_a_miss_of_the_cluster_needs_no_comfort() -> None:
    """That nothing was changed is not said where nothing could have been."""
    assert draw(problem(ObjectNotFound("No such pod."))).count("changed") == 0


def test_a_deletion_of_unknown_end_is_said_to_be_so() -> None:
    """Where a request was lost on its way, nobody is told that nothing happened."""
    error = ClusterUnreachable("prod-eu does not answer.")
    error.changed_nothing = False
    assert "not known" in problem(error).text


def _elements(message: Message) -> list[Button | Menu]:
    return [each for block in message.blocks if isinstance(block, Actions) for each in block.elements]


def _list(button: Button) -> ListPods:
    assert isinstance(button.command, ListPods)
    return button.command
