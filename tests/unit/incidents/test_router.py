"""Deaths are routed by what the pod, its owner and its namespace say, and wait for none of it for long."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from bot.errors import ClusterRefused
from bot.incidents.nearby_annotations import AT_ONCE, KNOWN_FOR, LEFT_ALONE_FOR, WITHIN, NearbyAnnotations
from bot.incidents.route_config import Config
from bot.incidents.router import Router, Routes
from bot.model.escalations import NOBODY
from bot.model.incidents import Severity
from bot.model.pods import Owner, OwnerReference
from bot.model.surroundings import OwnerState
from tests.support.clock import HeldClock
from tests.support.deaths import CLUSTER, a_death
from tests.support.pods import a_pod, running
from tests.support.routes import ALERTS, a_config

REPORT = Owner(kind="CronJob", name="report")
TEAM = 'annotations:\n  podbot.io/channel: {allowed: true, channels: ["*"]}\n'


@dataclass
class Source:
    """Implements `incidents.ports.AnnotationSource`."""

    owners: dict[str, str] = field(default_factory=dict)
    namespaces: dict[str, str] = field(default_factory=dict)
    part_of: dict[str, Owner] = field(default_factory=dict)
    """By an owner's name, its own."""
    asked: list[str] = field(default_factory=list)
    hangs: bool = False
    refuses: bool = False
    refused: set[str] = field(default_factory=set)
    """Kinds of owners that it does not let podbot look at."""
    at_once: int = 0
    most_at_once: int = 0

    async def owner(self, namespace: str, owner: Owner) -> OwnerState | None:
        await self._asked(f"{namespace}/{owner}")
        if owner.kind in self.refused:
            raise ClusterRefused("no")
        said, part_of = self.owners.get(owner.name), self.part_of.get(owner.name)
        if said is None and part_of is None:
            return None
        annotations = (("podbot.io/channel", said),) if said is not None else ()
        return OwnerState(
            owner=owner, desired=1, present=1, ready=1, part_of=part_of, annotations=annotations
        )

    async def namespace_annotations(self, namespace: str) -> Mapping[str, str]:
        await self._asked(namespace)
        return {"podbot.io/channel": self.namespaces[namespace]} if namespace in self.namespaces else {}

    async def _asked(self, what: str) -> None:
        self.asked.append(what)
        if self.hangs:
            await asyncio.Event().wait()
        if self.refuses:
            raise ClusterRefused("no")
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(0)
        self.at_once -= 1


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock()


def some_routes(source: Source, clock: HeldClock, config: Config | None = None) -> Routes:
    config = config or a_config(more=TEAM)
    return Routes(CLUSTER, lambda: config, NearbyAnnotations(source, clock), clock, alert_channel=ALERTS)


def a_router(source: Source, clock: HeldClock, config: Config | None = None) -> Router:
    return Router(some_routes(source, clock, config))


async def test_a_death_carries_its_pods_labels_and_annotations(source: Source, clock: HeldClock) -> None:
    """It is routed at once, whatever the server does."""
    router = a_router(source, clock, a_config("{match: {labels: {tier: front}}, channel: C02}", TEAM))
    assert router.at_once(a_death(labels=(("tier", "front"),))).channels == ("C02",)
    assert router.at_once(a_death(annotations=(("podbot.io/channel", "C03"),))).channels == ("C03",)
    assert router.at_once(a_death()).channels == (ALERTS,)
    assert source.asked == []


async def test_owner_and_namespace_are_read_once_for_many_deaths(source: Source, clock: HeldClock) -> None:
    """A storm asks a few questions, side by side but not all at once, and again after minutes only."""
    source.owners, source.namespaces = {"web-1": "C02"}, {"shop": "C03"}
    router = a_router(source, clock)
    deaths = [
        a_death(uid=f"uid-{number}", owner=Owner(kind="Deployment", name=f"web-{number % 20}"))
        for number in range(100)
    ]
    await router.prepare(deaths)
    assert len(source.asked) == 21
    assert source.most_at_once <= AT_ONCE
    assert router.at_once(deaths[1]).channels == ("C02",)
    assert router.at_once(deaths[2]).channels == ("C03",)
    await router.prepare(deaths)
    assert len(source.asked) == 21
    await clock.advance(KNOWN_FOR)
    await router.prepare(deaths)
    assert len(source.asked) == 42


async def test_a_job_speaks_for_itself_and_then_its_cron_job_does(source: Source, clock: HeldClock) -> None:
    """Only the Job names the CronJob, which is asked once for all of its Jobs."""
    jobs = [Owner(kind="Job", name=f"report-{number}") for number in range(20)]
    source.part_of = {each.name: REPORT for each in jobs}
    source.owners = {"report": "C02", "report-7": "C07"}
    router = a_router(source, clock)
    deaths = [a_death(uid=f"uid-{each.name}", owner=each) for each in jobs]
    await router.prepare(deaths)
    assert source.asked.count("shop/cronjob/report") == 1
    assert len(source.asked) == 22
    assert (router.at_once(deaths[0]).channels, router.at_once(deaths[7]).channels) == (("C02",), ("C07",))
    await clock.advance(KNOWN_FOR / 2)
    await router.prepare([a_death(owner=jobs[0])])
    assert len(source.asked) == 22
    assert router.at_once(a_death(owner=jobs[0])).channels == ("C02",)


async def test_who_may_not_look_at_cron_jobs_goes_by_what_is_known(source: Source, clock: HeldClock) -> None:
    """As if the CronJob said nothing; who asks is told, and it is asked again after half a minute."""
    job = Owner(kind="Job", name="report-1")
    source.part_of, source.owners, source.namespaces = {job.name: REPORT}, {"report": "C02"}, {"shop": "C03"}
    source.refused = {"CronJob"}
    routes = some_routes(source, clock)
    pod = a_pod(running(), owner=OwnerReference(kind="Job", name=job.name, controller=True))
    refused = routes.route(await routes.facts(pod))
    assert refused.channels == ("C03",)
    assert (
        "What the annotations of cronjob/report ask for is not known: podbot's account may not read it."
    ) in refused.why
    await routes.facts(pod)
    assert source.asked.count("shop/cronjob/report") == 1
    source.refused = set()
    await clock.advance(LEFT_ALONE_FOR)
    allowed = routes.route(await routes.facts(pod))
    assert allowed.channels == ("C02",)
    assert not [each for each in allowed.why if "not known" in each]


async def test_owners_that_cannot_be_asked_are_not(source: Source, clock: HeldClock) -> None:
    """A bare pod is its own owner; operators' kinds are unknown."""
    await a_router(source, clock).prepare([a_death(owner=Owner(kind="Pod", name="job"))])
    assert source.asked == ["shop"]


async def test_a_server_that_hangs_delays_alerts_once_and_not_for_long(
    source: Source, clock: HeldClock
) -> None:
    """Half a second, then none for half a minute: the alert goes out without."""
    source.hangs = True
    source.namespaces = {"shop": "C03"}
    router = a_router(source, clock)
    began = asyncio.get_running_loop().time()
    await router.prepare([a_death()])
    assert asyncio.get_running_loop().time() - began < 3 * WITHIN
    assert router.at_once(a_death()).channels == (ALERTS,)
    asked = len(source.asked)
    await router.prepare([a_death()])
    assert len(source.asked) == asked
    source.hangs = False
    await clock.advance(LEFT_ALONE_FOR)
    await router.prepare([a_death()])
    assert router.at_once(a_death()).channels == ("C03",)


async def test_a_server_that_refuses_leaves_what_was_known(source: Source, clock: HeldClock) -> None:
    """An annotation does not come and go with the API server's health."""
    source.namespaces = {"shop": "C03"}
    router = a_router(source, clock)
    await router.prepare([a_death()])
    source.refuses = True
    await clock.advance(KNOWN_FOR)
    await router.prepare([a_death()])
    assert router.at_once(a_death()).channels == ("C03",)


async def test_one_death_alone(source: Source, clock: HeldClock) -> None:
    """It is asked about and routed in one go."""
    source.owners = {"web": "C02"}
    router = a_router(source, clock)
    assert (await router.route(a_death())).channels == ("C02",)
    assert router.otherwise == ALERTS


async def test_who_asks_about_a_pod_is_told_what_its_death_would_do(source: Source, clock: HeldClock) -> None:
    """The same facts lead to the same route."""
    source.namespaces = {"shop": "C03"}
    routes = some_routes(source, clock)
    pod = a_pod(running("app"))
    facts = await routes.facts(pod)
    assert routes.route(facts).channels == ("C03",)
    assert facts.labels == pod.metadata.labels
    death = a_death(owner=pod.owner, labels=pod.labels, annotations=pod.annotations)
    assert Router(routes).at_once(death) == routes.route(facts)


async def test_the_severity_of_a_job_is_minor(source: Source, clock: HeldClock) -> None:
    """Routes can tell its deaths from others."""
    router = a_router(source, clock, a_config("{match: {severities: [page]}, channel: C02}"))
    assert router.at_once(a_death(owner=Owner(kind="Job", name="report"))).channels == (ALERTS,)
    assert router.at_once(a_death()).channels == ("C02",)


def test_escalations_are_those_of_now(source: Source, clock: HeldClock) -> None:
    """One that has gone from the file calls nobody."""
    config = a_config(more="escalations: {on-call: {page: [{after: 5m, mention: S01}]}}\n")
    router = a_router(source, clock, config)
    assert router.plan("on-call").steps[Severity.PAGE][0].groups == ("S01",)
    assert router.plan("gone") == NOBODY
