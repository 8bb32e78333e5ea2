"""Lists, files, addresses, events and use in words; the golden files show them as people read them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from bot.commands.replies import reply
from bot.model.answers import (
    AddressHolders,
    Answer,
    ContainerSummary,
    EventList,
    Health,
    PodExport,
    PodList,
    PodRow,
    PodSummary,
    Trouble,
    UsageList,
    UsageRow,
)
from bot.model.commands import ExportPods, FindAddress, Form, ListEvents, ListPods, TopPods
from bot.model.containers import ContainerKind, ContainerState, HttpGet, Probe, Running, Terminated
from bot.model.events import Event, ObjectReference
from bot.model.history import FormerPod
from bot.model.pods import ALL_NAMESPACES, ClusterName, EmptyDir, HostPath, ObjectMeta, Owner, PodUid, Volume
from bot.model.targets import Target, TargetKind
from bot.model.usage import ContainerUsage
from tests.support.answers import NOW, a_row
from tests.unit.commands.drawing import check_golden

CLUSTER = ClusterName("prod-eu")
SHOP = ListPods(namespace="shop")
WEB = Owner(kind="Deployment", name="web")


WEB_1 = a_row("web-7d4b9c-x2x9q")
CRASHING = a_row("web-7d4b9c-9k2mm", ready="0/1", status="CrashLoopBackOff", restarts="7 (40s ago)")


def pods(*rows: PodRow, asked: ListPods, **fields: object) -> PodList:
    counts = {Health.FAILING if each is CRASHING else Health.HEALTHY: 1 for each in rows}
    return PodList(cluster=CLUSTER, asked=asked, rows=rows, counts=counts, **fields)  # type: ignore[arg-type]    # fields by name


def export(form: Form, *rows: PodRow, content: bytes = b"", namespace: str = "shop") -> PodExport:
    asked = ExportPods(listing=replace_namespace(namespace), form=form)
    return PodExport(cluster=CLUSTER, asked=asked, rows=rows, content=content, masked=2 if content else 0)


def replace_namespace(namespace: str) -> ListPods:
    return ListPods(namespace=namespace)


def event(reason: str, *, minutes_ago: int, count: int = 1, kind: str = "Normal", message: str = "") -> Event:
    return Event(
        metadata=ObjectMeta(name=reason.lower(), namespace="shop"),
        involved_object=ObjectReference(kind="Pod", namespace="shop", name=WEB_1.name),
        type=kind,
        reason=reason,
        message=message or f"{reason} container app",
        count=count,
        last_timestamp=NOW - timedelta(minutes=minutes_ago),
    )


BACK_OFF = event(
    "BackOff",
    minutes_ago=1,
    count=12,
    kind="Warning",
    message="Back-off restarting failed container app in pod web-7d4b9c-x2x9q_shop",
)


def used(pod: str, cpu: str, memory: int, *, container: str = "") -> UsageRow:
    size = Decimal(memory * 2**20)
    return UsageRow(namespace="shop", pod=pod, container=container, cpu=Decimal(cpu), memory=size)


FORMER = FormerPod(
    namespace="shop",
    name="web-7d4b9c-0ld0n",
    uid=PodUid("u"),
    owner=WEB,
    node="node-2",
    addresses=("10.1.2.3",),
    created=NOW - timedelta(hours=5),
    gone=NOW - timedelta(minutes=4),
)


def holders(*rows: PodRow, former: tuple[FormerPod, ...] = ()) -> AddressHolders:
    return AddressHolders(
        cluster=CLUSTER,
        asked=FindAddress(namespace=ALL_NAMESPACES, address="10.1.2.3"),
        rows=rows,
        former=former,
        watched_since=NOW - timedelta(days=2),
    )


DESCRIBED = PodSummary(
    cluster=CLUSTER,
    row=a_row(WEB_1.name, ready="1/2", restarts="1 (3m ago)"),
    uid=PodUid("0f5e"),
    owner=WEB,
    replaced_by_itself=True,
    terminating=False,
    reason="",
    message="",
    containers=(
        ContainerSummary(
            name="app",
            kind=ContainerKind.APP,
            image="registry.example/web:1.5.0",
            ready=False,
            restarts=1,
            state=ContainerState(running=Running(started_at=NOW - timedelta(minutes=3))),
            last_state=ContainerState(
                terminated=Terminated(
                    exit_code=137, reason="OOMKilled", finished_at=NOW - timedelta(minutes=3)
                )
            ),
            limits={"cpu": "500m", "memory": "256Mi"},
            requests={"cpu": "250m", "memory": "256Mi"},
            probes=(
                ("readiness", Probe(http_get=HttpGet(path="/healthz", port="http"), period_seconds=5)),
                ("liveness", Probe(http_get=HttpGet(path="/healthz", port=8080), initial_delay_seconds=30)),
            ),
            usage=ContainerUsage(name="app", usage={"cpu": "120m", "memory": "241Mi"}),
        ),
        ContainerSummary(
            name="log-shipper",
            kind=ContainerKind.SIDECAR,
            image="registry.example/log-shipper:0.9.4",
            ready=True,
            restarts=0,
            state=ContainerState(running=Running(started_at=NOW - timedelta(minutes=12))),
            last_state=ContainerState(),
            limits={},
            requests={},
        ),
    ),
    failing_conditions=(),
    events=(BACK_OFF, event("Pulled", minutes_ago=12)),
    revision="42",
    replica_set="web-7d4b9c",
    qos="Burstable",
    volumes_lost=(
        Volume(name="cache", empty_dir=EmptyDir()),
        Volume(name="spool", host_path=HostPath(path="/var/spool/web")),
    ),
    seen_at=NOW,
)

REPLIES: dict[str, Answer] = {
    "list-broken-with-troubles": pods(
        CRASHING,
        asked=ListPods(namespace="shop", broken=True),
        troubles=(Trouble(last_exit="137 OOMKilled", restarts=5),),
        watched_since=NOW - timedelta(minutes=20),
    ),
    "find": pods(
        WEB_1, asked=ListPods(namespace=ALL_NAMESPACES, containing="web:1.5"), namespaces_left_out=True
    ),
    "find-nothing": pods(asked=ListPods(namespace=ALL_NAMESPACES, containing="web:9")),
    "get-named": pods(
        WEB_1,
        CRASHING,
        asked=ListPods(
            namespace="shop",
            targets=(Target(TargetKind.DEPLOYMENT, "web"), Target(TargetKind.POD, "gone")),
            sort="restarts",
        ),
        missing=("gone",),
    ),
    "list-nothing-with-fields": pods(asked=ListPods(namespace="shop", fields="status.phase=Failed")),
    "export-yaml": export(Form.YAML, WEB_1, content=b"apiVersion: v1\n"),
    "export-names": export(Form.NAME, WEB_1, CRASHING),
    "export-names-everywhere": export(Form.NAME, WEB_1, CRASHING, namespace=ALL_NAMESPACES),
    "export-table": export(Form.TABLE, WEB_1, CRASHING),
    "export-nothing": export(Form.JSON),
    "ip": holders(WEB_1, former=(FORMER,)),
    "ip-nobody": holders(),
    "events": EventList(
        cluster=CLUSTER,
        asked=ListEvents(namespace="shop"),
        events=(BACK_OFF, event("Pulled", minutes_ago=12)),
    ),
    "events-of-a-pod": EventList(
        cluster=CLUSTER,
        asked=ListEvents(namespace="shop", pod=WEB_1.name, since=timedelta(minutes=10), warnings=True),
        events=(BACK_OFF,),
    ),
    "events-none": EventList(cluster=CLUSTER, asked=ListEvents(namespace=ALL_NAMESPACES), events=()),
    "events-many": EventList(
        cluster=CLUSTER,
        asked=ListEvents(namespace="shop"),
        events=tuple(event("Pulled", minutes_ago=number) for number in range(40)),
    ),
    "top": UsageList(
        cluster=CLUSTER,
        asked=TopPods(namespace="shop", total=True),
        rows=(used("cart-1", "0.2", 96), used("web-7d4b9c-x2x9q", "0.0114", 182)),
    ),
    "top-containers": UsageList(
        cluster=CLUSTER,
        asked=TopPods(namespace="shop", pod="api-1", containers=True),
        rows=(used("api-1", "0.1", 64, container="app"), used("api-1", "0.01", 8, container="proxy")),
    ),
    "top-nothing": UsageList(cluster=CLUSTER, asked=TopPods(namespace="shop", selector="app=db"), rows=()),
    "describe-in-full": DESCRIBED,
}


@pytest.mark.parametrize("name", REPLIES)
def test_every_answer_in_words(name: str) -> None:
    """As a person reads it, with what each button does."""
    check_golden(name, reply(REPLIES[name]))


def test_a_file_of_a_table_is_aligned_as_kubectl_prints_it() -> None:
    """Columns of equal width, no blanks at the ends of lines."""
    (file,) = reply(REPLIES["export-table"]).attachments
    heading, *lines = file.content.decode().splitlines()
    assert heading.split()[:6] == ["NAMESPACE", "NAME", "READY", "STATUS", "RESTARTS", "AGE"]
    assert lines[1].startswith("shop        web-7d4b9c-9k2mm   0/1     CrashLoopBackOff   7 (40s ago)   12m")
    assert all(line == line.rstrip() for line in lines)


def test_events_that_find_no_room_are_in_the_file() -> None:
    """All of them, newest first, with the whole message."""
    (file,) = reply(REPLIES["events-many"]).attachments
    assert len(file.content.decode().splitlines()) == 40


def test_pages_of_use_hold_every_row_once_and_the_sum_at_the_end() -> None:
    """Thirty a page."""
    rows = tuple(used(f"web-{number:02d}", "0.1", 10) for number in range(65))
    answer = UsageList(cluster=CLUSTER, asked=TopPods(namespace="shop", total=True), rows=rows)
    seen: list[str] = []
    for page in range(3):
        asked = TopPods(namespace="shop", total=True, page=page)
        table = next(
            each for each in reply(replace(answer, asked=asked)).blocks if type(each).__name__ == "Table"
        )
        seen += [cells[0] for cells in table.rows]  # type: ignore[union-attr]    # a table by its name
    assert seen == [*(each.pod for each in rows), "Total"]
