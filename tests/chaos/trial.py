"""A trial: deaths, faults and questions, all at random by one seed, and what must be true at the end.

The bot is a process of its own; Slack, the cluster, and the two proxies through which the bot reaches them
are in this one. `faults` is what goes wrong.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from aiohttp import ClientSession

from bot.playground import cluster as simulation
from bot.playground import faults as proxies
from bot.playground import workspace as slack
from tests.chaos import verdict
from tests.chaos.crowd import Crowd
from tests.chaos.excuses import Excuses
from tests.chaos.ground import NAMESPACE, Ground, a_ground
from tests.chaos.office import ALERTS, FAST, Office, an_office
from tests.chaos.replica import Replica
from tests.support.postgres import Postgres
from tests.support.waiting import eventually

POLICY = """\
version: 1
roles: {all: [{verbs: [list, get, events, logs, delete], namespaces: ["*"]}]}
bindings: [{role: all, everyone: true}]
"""


LED_WITHIN = 60.0
"""Seconds in which a replica must lead, whatever became of the one before: many times a trial's lease."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How big a trial is, and how much of Slack's real slowness is in it."""

    deaths: int
    faults: int
    workloads: int = 6
    replicas: int = 3
    haste: float = 8.0
    """How many times as fast the bot's waits pass."""
    pace: slack.PaceSettings = FAST
    slow_minute: float = 3.0
    """Seconds for which Slack says "too many requests"."""
    longest_absence: float = 1.0
    """Seconds for which the bot, its database or the API server is away."""
    between: float = 0.5
    """Seconds from one fault to the next, at most."""
    asks_every: float = 0.5
    lease: int = 10
    """Seconds for which a leader that is gone is waited for; they pass as fast as the bot's waits."""
    aloud: bool = False
    """Whether it is told while it is played."""
    told_within: float = 120.0
    """Seconds after which all must be told, once all works again: many times what an idle machine takes."""


SEEDED = Scale(deaths=200, faults=20)
SEEDED_REPLICAS = Scale(deaths=100, faults=15, lease=60)
FULL = Scale(
    deaths=1_000,
    faults=100,
    workloads=8,
    haste=1.0,
    pace=slack.PaceSettings(),
    slow_minute=60.0,
    longest_absence=3.0,
    between=3.0,
    asks_every=4.0,
    aloud=True,
    told_within=300.0,
)


@dataclass(slots=True, kw_only=True)
class Trial:
    """What the faults are done to."""

    scale: Scale
    seed: int
    chance: Random
    ground: Ground
    office: Office
    crowd: Crowd
    bots: list[Replica]
    to_slack: Sequence[proxies.Rules]
    """What goes wrong on each replica's way to Slack, in their order."""
    to_cluster: proxies.Rules
    folder: Path
    postgres: Postgres | None = None
    diary: list[str] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)
    held_up: list[tuple[float, float]] = field(default_factory=list)
    """From when to when nothing was said: Slack did not take it, or a replica hung."""
    seen: list[str] = field(default_factory=list)
    """What was seen to be wrong meanwhile."""
    vanishing: bool = True
    """Whether deaths may happen of which the API server keeps no trace but its history."""
    dying: asyncio.Event = field(default_factory=asyncio.Event)
    """Set while things may die."""

    @property
    def bot(self) -> Replica:
        """The replica, where there is one; else any."""
        return self.chance.choice(self.bots)

    def note(self, what: str) -> None:
        """Write down what is being done; a trial that takes hours says so meanwhile."""
        self.diary.append(f"{time.monotonic() - self.began:7.2f} {what}")
        if self.scale.aloud:
            print(self.diary[-1], flush=True)  # noqa: T201 - for whoever waits for `make chaos`

    async def absence(self) -> None:
        """Wait for as long as something is away."""
        await asyncio.sleep(self.chance.uniform(0.0, self.scale.longest_absence))

    async def dies(self, deaths: int, *, during: float) -> None:
        """So many deaths, spread over some seconds."""
        for _ in range(deaths):
            await asyncio.sleep(self.chance.uniform(0.0, 2.0) * during / deaths)
            await self.dying.wait()
            await eventually(lambda: self.ground.kill(self.chance, may_vanish=self.vanishing))

    def leaders(self) -> list[Replica]:
        """The replicas that say that they lead: two only while one has not yet said that it is over."""
        return [bot for bot in self.bots if bot.leads]

    async def has_leader(self) -> Replica:
        """Wait until one of the replicas leads, and no other says so."""
        await eventually(lambda: len(self.leaders()) == 1, within=LED_WITHIN)
        (found,) = self.leaders()
        return found

    def breaks_slack(self, rule: proxies.Rule) -> None:
        """Have it go wrong between Slack and every replica."""
        for rules in self.to_slack:
            rules.add(rule)

    async def all_is_told(self) -> bool:
        """Return when Slack tells of as many deaths as there were; False where it does not in time."""
        with suppress(TimeoutError):
            await eventually(
                lambda: self.office.deaths_told() == len(self.ground.truth.deaths),
                within=self.scale.told_within,
            )
        told, true = self.office.deaths_told(), len(self.ground.truth.deaths)
        self.note(f"told {told} of {true}")
        return told == true

    async def judged(self) -> list[str]:
        """Wait until all is told and answered; what is wrong then."""
        await self.all_is_told()
        with suppress(TimeoutError):
            await eventually(lambda: not self.crowd.complaints(self.excuses()), within=self.scale.told_within)
        await self._all_is_noted()
        await asyncio.sleep(1.0)  # what would be said twice is said by then
        incidents = self.office.incidents()
        found = [*self.seen, *verdict.of_channel(self.ground.truth, incidents)]
        found += self.crowd.complaints(self.excuses())
        for bot in self.bots:
            if bot.running:
                await bot.stop()
        return found + verdict.of_ledger(self.ground.truth, await self._ledger(), self.office.incidents())

    async def _all_is_noted(self) -> None:
        """Wait until the ledger has each death as announced.

        Who is killed between an update and its note makes it once more, when it is its turn again.
        """
        until = time.monotonic() + self.scale.told_within
        while verdict.unannounced(await self._ledger()) and time.monotonic() < until:  # noqa: ASYNC110 - another process knows
            await asyncio.sleep(1.0)

    async def _ledger(self) -> str:
        return await self.bots[0].asked("incidents", "--since", "24h", "-o", "json")

    def slack_refuses(self, seconds: float) -> None:
        """Slack will not take what is said for so long."""
        now = time.monotonic()
        self.held_up.append((now, now + seconds))

    def excuses(self) -> Excuses:
        """When answers may have been cut off."""
        return Excuses(
            killed=[moment for bot in self.bots for moment in bot.killed_at],
            stopped=[moment for bot in self.bots for moment in bot.stopped_at],
            held_up=self.held_up,
        )

    def story(self, complaints: Sequence[str]) -> str:
        """All that helps to find out why: printed when a trial fails."""
        logs = "\n".join(f"--- log of {bot.name}\n{bot.last_words(400)}" for bot in self.bots)
        return "\n".join(
            [
                f"PODBOT_CHAOS_SEED={self.seed} repeats this.",
                *complaints[:40],
                "--- what was done",
                *self.diary,
                logs,
            ]
        )


@asynccontextmanager
async def a_trial(
    scale: Scale,
    seed: int,
    folder: Path,
    *,
    postgres: Postgres | None = None,
    replicas: int = 1,
    settings: Mapping[str, str] | None = None,
) -> AsyncIterator[Trial]:
    """All of it set up, with every replica ready and nothing dying yet; `settings` are further variables.

    It begins once the store knows that the cluster is watched: what dies in the first moments of the first
    process ever, which then is killed, would be old to the next, and nobody's news.
    """
    chance = Random(seed)  # noqa: S311 - chance, not secrecy
    async with AsyncExitStack() as parts:
        ground = await parts.enter_async_context(
            a_ground(workloads=scale.workloads, replicas=scale.replicas, seed=seed)
        )
        office = await parts.enter_async_context(an_office(pace=scale.pace, seed=seed))
        to_slack, to_cluster = [proxies.Rules(seed=seed) for _ in range(replicas)], proxies.Rules(seed=seed)
        slack_proxies = [
            await parts.enter_async_context(proxies.serve(office.running.api_url, rules=rules))
            for rules in to_slack
        ]
        cluster_proxy = await parts.enter_async_context(proxies.serve(ground.served.url, rules=to_cluster))
        session = await parts.enter_async_context(ClientSession())
        database = database_url(postgres, folder)
        surroundings = {
            "KUBECONFIG": _kubeconfig(cluster_proxy.url, folder),
            "PODBOT_DATABASE_URL": database,
            "PODBOT_LEASE_SECONDS": str(scale.lease),
            **(settings or {}),
        }
        bots = [
            Replica(
                f"bot-{number}",
                environment_of(office, proxy.url, folder) | surroundings,
                folder,
                haste=scale.haste,
            )
            for number, proxy in enumerate(slack_proxies, 1)
        ]
        for bot in bots:
            parts.push_async_callback(bot.close)
        trial = Trial(
            scale=scale,
            seed=seed,
            chance=chance,
            ground=ground,
            office=office,
            crowd=Crowd(ground, office, Random(seed + 1), session),  # noqa: S311 - as above
            bots=bots,
            to_slack=to_slack,
            to_cluster=to_cluster,
            folder=folder,
            postgres=postgres,
        )
        trial.dying.set()
        await asyncio.gather(*(bot.start() for bot in bots))
        await eventually(lambda: _is_watched(database, postgres), within=LED_WITHIN)
        yield trial


def environment_of(office: Office, slack_url: str, folder: Path) -> dict[str, str]:
    """The variables of a bot in this office; where the cluster and the database are comes on top."""
    policy = folder / "policy.yaml"
    policy.write_text(POLICY, "utf-8")
    app = office.workspace.app
    return {
        "SLACK_BOT_TOKEN": app.bot_token,
        "SLACK_APP_TOKEN": app.app_token,
        "SLACK_API_URL": slack_url,
        "PODBOT_ALERT_CHANNEL": ALERTS,
        "PODBOT_POLICY": str(policy),
        "PODBOT_DELETE_PER_PERSON": "1000",
    }


def database_url(postgres: Postgres | None, folder: Path) -> str:
    """Of an empty database: a file in the folder, or one of this server."""
    if postgres is None:
        return f"sqlite+aiosqlite:///{folder / 'podbot.db'}"
    return postgres.new_database().replace("postgresql://", "postgresql+asyncpg://")


def _is_watched(url: str, postgres: Postgres | None) -> bool:
    """Whether the database says how far the watch has come."""
    statement, place = "SELECT count(*) FROM checkpoints", url.partition("///")[2]
    if postgres is not None:
        return postgres.sql(statement, database=url.rpartition("/")[2]) != "0"
    with closing(sqlite3.connect(f"file:{place}?mode=ro", uri=True)) as connection:
        (count,) = connection.execute(statement).fetchone()
    return bool(count)


def _kubeconfig(url: str, folder: Path) -> str:
    config = folder / "kubeconfig"
    config.write_text(simulation.kubeconfig(url.rstrip("/"), namespace=NAMESPACE), "utf-8")
    return str(config)
