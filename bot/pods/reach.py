"""Where a request over several namespaces may look: everywhere that the asker may, and nowhere else."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

import msgspec

from bot.model.answers import Decision
from bot.model.commands import Verb
from bot.model.people import Asker
from bot.model.pods import ALL_NAMESPACES
from bot.pods.gate import Gate

T = TypeVar("T")


class Found(msgspec.Struct, Generic[T], frozen=True):
    """What was found, and whether there may be more where the asker may not look."""

    things: Sequence[T]
    left_out: bool


class Reach:
    """Reads over namespaces as far as the policy reaches."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def authorise(self, asker: Asker, verb: Verb, namespace: str, what: str) -> Decision:
        """The decision; for all namespaces it is enough that there may be one of them.

        Raises `Refused`.
        """
        decision = self._gate.decide(asker, verb, namespace)
        rule = self._gate.policy.rule_somewhere(asker, verb)
        if decision.allowed or namespace != ALL_NAMESPACES or rule is None:
            return self._gate.authorise(asker, verb, namespace, what)
        why = f"Role {rule.role} allows it in some of them."
        return Decision(allowed=True, verb=verb, namespace=namespace, rule=rule, why=why)

    async def read(
        self,
        asker: Asker,
        decision: Decision,
        ask: Callable[[str], Awaitable[Sequence[T]]],
        namespace_of: Callable[[T], str],
    ) -> Found[T]:
        """What `ask` gives for the decision's namespace; of all namespaces what the asker may see of it."""
        verb = decision.verb
        if decision.namespace != ALL_NAMESPACES:
            return Found(await ask(decision.namespace), left_out=False)
        if self._gate.served:
            open_to = [each for each in self._gate.served if self._gate.allows(asker, verb, each)]
            return Found(await _all(open_to, ask), left_out=len(open_to) < len(self._gate.served))
        things = await ask(ALL_NAMESPACES)
        if self._gate.allows(asker, verb, ALL_NAMESPACES):
            return Found(things, left_out=False)
        mine = {each for each in set(map(namespace_of, things)) if self._gate.allows(asker, verb, each)}
        return Found([thing for thing in things if namespace_of(thing) in mine], left_out=True)


async def _all(namespaces: Sequence[str], ask: Callable[[str], Awaitable[Sequence[T]]]) -> list[T]:
    """What each namespace gives, asked for at once, so that all answer within one request's time."""

    async def one(namespace: str) -> Sequence[T]:
        return await ask(namespace)

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(each), name=f"read {each}") for each in namespaces]
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None
    return [thing for task in tasks for thing in task.result()]
