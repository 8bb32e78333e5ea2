"""The deleting half of a pod service that does what a test wants, for tests of the Slack side."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import UTC, datetime, timedelta

from bot.model.commands import Command, DeletePod, DeletePods
from bot.model.deletions import (
    Aftermath,
    Confirmation,
    DeletedPod,
    Deletion,
    DeletionPlan,
    Fate,
    PlannedPod,
    Replacement,
    SeenPod,
    Successor,
)
from bot.model.last_look import LastLook, SavedLog
from bot.model.people import Asker
from bot.model.pods import ClusterName, Owner, PodUid
from bot.pods.deletion import Keep
from tests.support.deletions import WEB, a_summary

UID = PodUid("b7f0c1d2-0000-4000-8000-000000000001")
NOW = datetime(2026, 3, 4, 14, 3, 20, tzinfo=UTC)
REPLACED = Aftermath(
    replacements=(Replacement(name="web-2", status="Running", ready_after=timedelta(seconds=12)),),
    after=timedelta(seconds=12),
    over=True,
)


class ToldDeletions:
    """Plans and carries out what it is asked, unless a test says otherwise."""

    def __init__(self) -> None:
        self.asked: list[tuple[Asker, Command]] = []
        self.confirmed: list[tuple[Asker, Confirmation]] = []
        self.noted: list[Deletion] = []
        self.keeps = True
        """Whether a last look is handed over before anything is deleted."""
        self.fate = Fate.DELETED
        self.on_delete: Callable[[Confirmation], Awaitable[None]] = _nothing
        self.on_plan: Callable[[DeletePod | DeletePods], Awaitable[None]] = _nothing
        self.aftermath: asyncio.Queue[Aftermath] = asyncio.Queue()
        """What is told of a deletion's end, one after the other; the last is `over`."""

    async def plan_deletion(self, asker: Asker, command: DeletePod | DeletePods) -> DeletionPlan:
        self.asked.append((asker, command))
        await self.on_plan(command)
        one = isinstance(command, DeletePod)
        names = [command.pod] if isinstance(command, DeletePod) else command.pods or ("web-1", "web-2")
        return DeletionPlan(
            cluster=ClusterName("prod-eu"),
            asked=command,
            pods=tuple(_planned(name, UID if one else PodUid(f"uid-{name}")) for name in names),
            replicas=(),
            budgets=(),
            seen_at=NOW,
        )

    async def delete(self, asker: Asker, confirmation: Confirmation, keep: Keep) -> Deletion:
        self.confirmed.append((asker, confirmation))
        deletion = Deletion(
            by=asker.person,
            namespace=confirmation.namespace,
            pods=tuple(_deleted(seen, self.fate) for seen in confirmation.pods),
            manner=confirmation.manner,
            at=NOW,
        )
        if self.keeps:
            await keep(deletion, [_look(seen.name) for seen in confirmation.pods])
        await self.on_delete(confirmation)
        return deletion

    async def note(self, deletion: Deletion) -> None:
        self.noted.append(deletion)

    async def follow(self, deletion: Deletion) -> AsyncGenerator[Aftermath, None]:
        over = False
        while not over:
            seen = await self.aftermath.get()
            over = seen.over
            yield seen


async def _nothing(_: object) -> None:
    """Let it go well."""


def _planned(name: str, uid: PodUid) -> PlannedPod:
    return PlannedPod(
        name=name,
        uid=uid,
        owner=WEB,
        controller=Owner(kind="ReplicaSet", name="web-7d4b9c"),
        successor=Successor.AT_ONCE,
        in_order=False,
        status="Running",
        ready="1/1",
        age="5d",
        node="node-3",
        terminating_until=None,
        grace=timedelta(seconds=30),
        lost=(),
    )


def _deleted(seen: SeenPod, fate: Fate) -> DeletedPod:
    problem = "" if fate is Fate.DELETED else "It was in the way. Nothing was changed."
    return DeletedPod(
        name=seen.name, uid=seen.uid, fate=fate, problem=problem, owner=WEB, successor=Successor.AT_ONCE
    )


def _look(name: str) -> LastLook:
    summary = a_summary(name, uid=UID, age="5d", seen_at=NOW)
    log = SavedLog(container="app", previous=False, lines=("last words \x1b[31mred",), cut=False)
    return LastLook(pod=summary.row.name, summary=summary, logs=(log,))
