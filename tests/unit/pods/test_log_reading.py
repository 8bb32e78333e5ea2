"""Logs of many containers, searched logs, and the minute before a death."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from bot.errors import ClusterUnreachable
from bot.model.commands import FollowLogs, GetLogs
from bot.model.containers import Container, ContainerState, ContainerStatus
from bot.model.controllers import Controller, ControllerSpec, LabelSelector
from bot.model.log_answers import Found, LogExcerpt, MergedLogs
from bot.model.log_problems import (
    LongLogsTaken,
    NoDeath,
    NoPods,
    NoPreviousRun,
    NoSuchContainerAnywhere,
    NoSuchWorkload,
)
from bot.model.pods import ObjectMeta, OwnerReference, Pod
from bot.model.problems import NoSuchContainer, Refused
from bot.model.targets import Target, TargetKind
from bot.pods import log_reading
from bot.pods.log_reading import LOG_LIMIT, LONG_AT_ONCE, MERGED_TAIL, MOST_SOURCES, SHORT_LIMIT
from tests.support.clock import settle
from tests.support.memory_cluster import CREATED, crash_looping, ended, pod, running
from tests.support.policies import STRANGER
from tests.unit.pods.conftest import Desk

LABELS = {"app": "web", "pod-template-hash": "7d4b9c"}
ONE = pod("web-7d4b9c-aaaaa", labels=LABELS)
TWO = pod("web-7d4b9c-bbbbb", labels=LABELS)
WEB = Target(TargetKind.DEPLOYMENT, "web")
DEPLOYMENT = GetLogs(namespace="shop", targets=(WEB,))


def controller(name: str = "web", *, uid: str = "uid-web", **labels: str) -> Controller:
    selector = LabelSelector(match_labels=labels or {"app": "web"})
    meta = ObjectMeta(name=name, namespace="shop", uid=uid)  # type: ignore[arg-type]    # a NewType of str
    return Controller(metadata=meta, spec=ControllerSpec(selector=selector))


@pytest.fixture
def shop(desk: Desk) -> Desk:
    """A Deployment with two pods that have written in turn."""
    desk.cluster.controllers[TargetKind.DEPLOYMENT, "shop", "web"] = controller()
    desk.cluster.put(ONE, TWO)
    desk.cluster.write_log(ONE, "app", "a1\na2\n", at=CREATED)
    desk.cluster.write_log(TWO, "app", "b1\nb2\n", at=CREATED + timedelta(seconds=0.5))
    return desk


async def merge(desk: Desk, command: GetLogs = DEPLOYMENT) -> MergedLogs:
    answer = await desk.ask(command)
    assert isinstance(answer, MergedLogs)
    return answer


class TestWhichPods:
    async def test_a_deployment(self, shop: Desk) -> None:
        """Its pods' logs are one, in the order of time."""
        answer = await merge(shop)
        assert answer.lines == ("aaaaa │ a1", "bbbbb │ b1", "aaaaa │ a2", "bbbbb │ b2")
        assert answer.subject == "deploy/web"
        assert [(each.pod, each.container, each.prefix, each.lines) for each in answer.origins] == [
            ("web-7d4b9c-aaaaa", "app", "aaaaa", 2),
            ("web-7d4b9c-bbbbb", "app", "bbbbb", 2),
        ]
        assert shop.audited.object == "deploy/web"

    async def test_pods_with_its_labels_that_are_not_its_own(self, shop: Desk) -> None:
        """A selector may take in a stranger's pods: those are left out."""
        shop.cluster.put(pod("web-canary", labels={"app": "web"}, owner=("ReplicaSet", "canary-1")))
        assert {each.pod for each in (await merge(shop)).origins} == {ONE.name, TWO.name}

    async def test_another_workload_of_the_same_name(self, desk: Desk) -> None:
        """Of a Job that was made anew, the pods of the one before are not its own."""

        def of(name: str, uid: str) -> Pod:
            made = pod(name, labels={"job-name": "import"})
            owner = OwnerReference(kind="Job", name="import", uid=uid, controller=True)
            return msgspec.structs.replace(
                made, metadata=msgspec.structs.replace(made.metadata, owner_references=(owner,))
            )

        desk.cluster.controllers[TargetKind.JOB, "shop", "import"] = controller(
            "import", uid="new", **{"job-name": "import"}
        )
        desk.cluster.put(of("import-1", "old"), of("import-2", "new"))
        answer = await desk.ask(GetLogs(namespace="shop", targets=(Target(TargetKind.JOB, "import"),)))
        assert isinstance(answer, LogExcerpt)
        assert answer.pod == "import-2"

    async def test_a_selector(self, shop: Desk) -> None:
        """`-l` takes whatever pods have the labels, owned or not."""
        shop.cluster.put(pod("web-bare", labels={"app": "web"}, owner=None))
        answer = await merge(shop, GetLogs(namespace="shop", selector="app=web"))
        assert len(answer.origins) == 3
        assert answer.subject == "-l app=web"

    async def test_several_at_once(self, shop: Desk) -> None:
        """What is named twice is read once; a pod's name may be cut short."""
        targets = (WEB, Target(TargetKind.POD, "web-7d4b9c-a"))
        answer = await merge(shop, GetLogs(namespace="shop", targets=targets))
        assert len(answer.origins) == 2

    async def test_one_that_is_left_is_answered_as_one(self, shop: Desk) -> None:
        """A workload with one pod is answered like that pod."""
        shop.cluster.remove("shop", TWO.name)
        answer = await shop.ask(DEPLOYMENT)
        assert isinstance(answer, LogExcerpt)
        assert (answer.pod, answer.lines) == (ONE.name, ("a1", "a2"))

    async def test_no_such_workload(self, shop: Desk) -> None:
        """The nearest names of that kind are those of the pods' owners."""
        with pytest.raises(NoSuchWorkload, match=r"No Deployment `wbe` in shop\. Did you mean `deploy/web`"):
            await shop.ask(GetLogs(namespace="shop", targets=(Target(TargetKind.DEPLOYMENT, "wbe"),)))

    async def test_names_are_told_only_to_those_who_may_list(self, shop: Desk) -> None:
        """The hint is no way around the policy."""
        shop.rule(
            "version: 1\nroles: {r: [{verbs: [logs], namespaces: ['*']}]}\n"
            "bindings: [{role: r, everyone: true}]\n"
        )
        with pytest.raises(NoSuchWorkload) as miss:
            await shop.ask(GetLogs(namespace="shop", targets=(Target(TargetKind.DEPLOYMENT, "wbe"),)))
        assert "Did you mean" not in str(miss.value)

    @pytest.mark.parametrize(
        "command",
        [
            pytest.param(DEPLOYMENT, id="a Deployment"),
            pytest.param(GetLogs(namespace="shop", selector="app=web"), id="a selector"),
        ],
    )
    async def test_no_pods(self, desk: Desk, command: GetLogs) -> None:
        """A workload scaled to nothing has no logs, and that is said."""
        desk.cluster.controllers[TargetKind.DEPLOYMENT, "shop", "web"] = controller()
        with pytest.raises(NoPods, match="has no pods in shop now"):
            await desk.ask(command)

    async def test_it_takes_permission(self, shop: Desk) -> None:
        """`logs` in the namespace, whatever is named."""
        with pytest.raises(Refused):
            await shop.ask(DEPLOYMENT, STRANGER)
        assert shop.cluster.calls == []


class TestWhichContainers:
    async def test_all_of_them(self, desk: Desk) -> None:
        """Init and debug containers among them."""
        made = pod("web-1", containers=("app", "proxy"), statuses=[running("app"), running("proxy")])
        spec = msgspec.structs.replace(
            made.spec,
            init_containers=(Container(name="init"),),
            ephemeral_containers=(Container(name="shell"),),
        )
        statuses = msgspec.structs.replace(
            made.status,
            init_container_statuses=(running("init"),),
            ephemeral_container_statuses=(running("shell"),),
        )
        desk.cluster.put(msgspec.structs.replace(made, spec=spec, status=statuses))
        answer = await merge(desk, GetLogs(namespace="shop", pod="web-1", all_containers=True))
        assert {each.container for each in answer.origins} == {"init", "app", "proxy", "shell"}

    async def test_a_named_one_of_those_that_have_it(self, shop: Desk) -> None:
        """Pods without the container are no mistake while one has it."""
        shop.cluster.put(pod("web-7d4b9c-ccccc", labels=LABELS, containers=("app", "proxy")))
        answer = await shop.ask(msgspec.structs.replace(DEPLOYMENT, container="proxy"))
        assert isinstance(answer, LogExcerpt)
        assert answer.pod == "web-7d4b9c-ccccc"

    async def test_a_name_that_none_has(self, shop: Desk) -> None:
        """Those that there are, are named."""
        with pytest.raises(NoSuchContainerAnywhere, match=r"No pod of `deploy/web` has .* They have `app`"):
            await shop.ask(msgspec.structs.replace(DEPLOYMENT, container="porxy"))
        with pytest.raises(NoSuchContainer):
            await shop.ask(GetLogs(namespace="shop", pod=ONE.name, container="porxy"))

    async def test_too_many(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        """Those in trouble are read first; how many are left out is said."""
        monkeypatch.setattr(log_reading, "MOST_SOURCES", 2)
        assert MOST_SOURCES > 2
        desk.cluster.put(*(pod(f"web-{number}", labels=LABELS) for number in range(4)))
        desk.cluster.put(pod("web-4", labels=LABELS, statuses=[crash_looping("app")]))
        answer = await merge(desk, GetLogs(namespace="shop", selector="app=web"))
        assert answer.left_out == 3
        assert answer.origins[0].pod == "web-4"
        assert answer.origins[0].previous


class TestBounds:
    async def test_how_much_is_read_of_each(self, shop: Desk) -> None:
        """Fewer lines of each than of one alone, and all together no more bytes than of one."""
        await merge(shop)
        calls = [call for call in shop.cluster.calls if call.startswith("read_log")]
        assert len(calls) == 2
        assert all(f"tail={MERGED_TAIL}" in call for call in calls)

    async def test_the_limit_of_bytes_is_shared(self, shop: Desk) -> None:
        """Ten megabytes for one request, however many containers."""
        shop.cluster.write_log(ONE, "app", ("x" * 99 + "\n") * (LOG_LIMIT // 100))
        answer = await merge(shop, msgspec.structs.replace(DEPLOYMENT, tail=-1))
        assert answer.cut
        assert sum(map(len, answer.lines)) <= LOG_LIMIT // 2

    async def test_limit_bytes(self, shop: Desk) -> None:
        """`--limit-bytes` asks for less than that."""
        answer = await shop.ask(GetLogs(namespace="shop", pod=ONE.name, limit=3))
        assert isinstance(answer, LogExcerpt)
        assert answer.cut
        assert sum(map(len, answer.lines)) <= 3

    async def test_one_that_cannot_be_read(self, shop: Desk) -> None:
        """The others are, and why it could not be is said."""
        shop.cluster.failures[f"read_log {TWO.name}"] = ClusterUnreachable("prod-eu does not answer.")
        answer = await merge(shop)
        assert answer.lines == ("aaaaa │ a1", "aaaaa │ a2")
        assert [each.problem for each in answer.origins] == ["", "prod-eu does not answer."]

    async def test_one_that_does_not_answer(self, shop: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        """A node that hangs does not keep the others' lines back."""
        monkeypatch.setattr(log_reading, "_WITHIN", 0.05)
        shop.cluster.hang.add(f"read_log {TWO.name}")
        answer = await merge(shop)
        assert len(answer.lines) == 2
        assert "did not give it within" in answer.origins[1].problem

    async def test_none_can_be_read(self, shop: Desk) -> None:
        """Then the cluster's own words are the answer."""
        shop.cluster.failures["read_log"] = ClusterUnreachable("prod-eu does not answer.")
        with pytest.raises(ClusterUnreachable):
            await shop.ask(DEPLOYMENT)


class TestRoom:
    async def test_a_short_reading_is_short_in_bytes_too(self, desk: Desk) -> None:
        """Lines may be long: the usual two hundred take no more than a part of what a whole log may."""
        web = pod("web-1")
        desk.cluster.put(web)
        desk.cluster.write_log(web, "app", ("x" * 99_999 + "\n") * 50)
        answer = await desk.ask(GetLogs(namespace="shop", pod="web-1"))
        assert isinstance(answer, LogExcerpt)
        assert answer.cut
        assert sum(map(len, answer.lines)) <= SHORT_LIMIT

    async def test_few_long_readings_at_once(self, shop: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        """The next one is refused politely; short ones go on."""
        monkeypatch.setattr(log_reading, "_PATIENCE", 0.05)
        shop.cluster.hang.add(f"read_log {ONE.name}")
        long = GetLogs(namespace="shop", pod=ONE.name, tail=-1)
        tasks = [asyncio.create_task(shop.ask(long)) for _ in range(LONG_AT_ONCE)]
        try:
            await settle()
            with pytest.raises(LongLogsTaken, match="podbot is reading 4 long logs already"):
                await shop.ask(msgspec.structs.replace(long, pod=TWO.name))
            assert isinstance(await shop.ask(GetLogs(namespace="shop", pod=TWO.name)), LogExcerpt)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        assert isinstance(await shop.ask(msgspec.structs.replace(long, pod=TWO.name)), LogExcerpt)


class TestRuns:
    async def test_previous_of_those_that_have_one(self, shop: Desk) -> None:
        """Of many pods only those that have died before are asked."""
        died = pod("web-7d4b9c-ccccc", labels=LABELS, statuses=[running("app", last=ended())])
        shop.cluster.put(died)
        shop.cluster.write_log(died, "app", "panic\n", previous=True)
        answer = await shop.ask(msgspec.structs.replace(DEPLOYMENT, previous=True))
        assert isinstance(answer, LogExcerpt)
        assert (answer.pod, answer.previous, answer.lines) == (died.name, True, ("panic",))

    async def test_previous_of_none(self, shop: Desk) -> None:
        """Where none has died there is nothing to show."""
        with pytest.raises(NoPreviousRun, match="No container of `deploy/web` has a previous run"):
            await shop.ask(msgspec.structs.replace(DEPLOYMENT, previous=True))

    @pytest.mark.parametrize(
        ("status", "previous"),
        [
            pytest.param(running("app", last=ended(137)), True, id="runs again"),
            pytest.param(crash_looping("app", ended(137)), True, id="waits to run again"),
            pytest.param(
                ContainerStatus(name="app", state=ContainerState(terminated=ended(137))),
                False,
                id="dead",
            ),
        ],
    )
    async def test_around_a_death(self, desk: Desk, status: ContainerStatus, previous: bool) -> None:
        """The run that died, from a minute before its end on."""
        found = pod("web-1", statuses=[status])
        desk.cluster.put(found)
        death = ended(137)
        assert death.finished_at is not None
        at = death.finished_at
        desk.cluster.write_log(found, "app", "long ago\n", previous=previous, at=at - timedelta(seconds=61))
        desk.cluster.write_log(found, "app", "panic\n", previous=previous, at=at - timedelta(seconds=60))
        answer = await desk.ask(GetLogs(namespace="shop", pod="web-1", around_death=True))
        assert isinstance(answer, LogExcerpt)
        assert answer.lines == ("panic",)
        assert answer.previous is previous
        assert answer.death == death

    async def test_no_death(self, shop: Desk) -> None:
        """Nothing has died, as far as the cluster remembers."""
        with pytest.raises(NoDeath, match="No container of `deploy/web` has died"):
            await shop.ask(msgspec.structs.replace(DEPLOYMENT, around_death=True))

    async def test_since_a_moment(self, shop: Desk) -> None:
        """`--since-time` goes to the cluster as it is."""
        at = CREATED.astimezone(UTC) + timedelta(seconds=1)
        answer = await merge(shop, msgspec.structs.replace(DEPLOYMENT, since_time=at))
        assert answer.lines == ("aaaaa │ a2", "bbbbb │ b2")


class TestSearching:
    async def test_one_log(self, desk: Desk) -> None:
        """All of it is looked through, not the usual tail, and what is found is counted."""
        web = pod("web-1")
        desk.cluster.put(web)
        desk.cluster.write_log(web, "app", "".join(f"line {number}\n" for number in range(1000)))
        answer = await desk.ask(GetLogs(namespace="shop", pod="web-1", grep="line 42", context=1))
        assert isinstance(answer, LogExcerpt)
        assert answer.found == Found(lines=1000, matches=11)
        assert answer.lines[:4] == ("line 41", "line 42", "line 43", "--")

    async def test_secrets_are_not_to_be_searched_for(self, desk: Desk) -> None:
        """A search that finds a masked word would tell it."""
        web = pod("web-1")
        desk.cluster.put(web)
        desk.cluster.write_log(web, "app", "password=hunter2\n")
        answer = await desk.ask(GetLogs(namespace="shop", pod="web-1", grep="hunter2"))
        assert isinstance(answer, LogExcerpt)
        assert (answer.lines, answer.found) == ((), Found(lines=1, matches=0))

    async def test_many_logs(self, shop: Desk) -> None:
        """Each is searched by itself, the stamps are not."""
        answer = await merge(shop, msgspec.structs.replace(DEPLOYMENT, grep="2"))
        assert answer.lines == ("aaaaa │ a2", "bbbbb │ b2")
        assert answer.found == Found(lines=4, matches=2)
        assert (await merge(shop, msgspec.structs.replace(DEPLOYMENT, grep="2026"))).lines == ()

    async def test_timestamps(self, shop: Desk) -> None:
        """Asked for, the stamps stand between prefix and text."""
        (first, *_) = (await merge(shop, msgspec.structs.replace(DEPLOYMENT, timestamps=True))).lines
        assert first == "aaaaa │ 2026-11-22T13:00:00.000000000Z a1"


async def test_following_without_anybody_to_show_it_to_is_reading(shop: Desk) -> None:
    """The service answers every command; streams are for those who can show them."""
    answer = await shop.ask(FollowLogs(logs=DEPLOYMENT))
    assert isinstance(answer, MergedLogs)
    assert answer.read_at == datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
