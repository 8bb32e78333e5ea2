"""Controllers and disruption budgets, read over the API server. Used by `cluster`."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from bot.errors import ObjectNotFound, UnreadableAnswer
from bot.kube import parse
from bot.kube.api import ApiServer, Deadline
from bot.kube.request import Request, checked
from bot.model.controllers import Controller, DisruptionBudget
from bot.model.targets import TargetKind

_RESOURCES = {
    TargetKind.DEPLOYMENT: ("apps/v1", "deployments"),
    TargetKind.REPLICA_SET: ("apps/v1", "replicasets"),
    TargetKind.STATEFUL_SET: ("apps/v1", "statefulsets"),
    TargetKind.DAEMON_SET: ("apps/v1", "daemonsets"),
    TargetKind.JOB: ("batch/v1", "jobs"),
}


class Controllers:
    """Reads what starts pods, and what limits how many of them may go."""

    def __init__(self, api: ApiServer, *, within: float) -> None:
        """`within` bounds every call, in seconds."""
        self._api = api
        self._within = within

    async def get(self, kind: TargetKind, namespace: str, name: str) -> Controller:
        """One controller, by its whole name."""
        version, resource = _RESOURCES[kind]
        request = Request(
            path=f"{_collection(version, resource, namespace)}/{checked(name, kind.value)}",
            doing=f"look at {kind.value} {name} in {namespace}",
            subject=f"{kind.value} `{name}` in {namespace}",
        )
        return await self._api.read(request, parse.controller, deadline=Deadline(self._within))

    async def budgets(self, namespace: str) -> Sequence[DisruptionBudget]:
        """The PodDisruptionBudgets of a namespace.

        `policy/v1` is served since Kubernetes 1.21, `policy/v1beta1` until 1.24.
        """
        deadline = Deadline(self._within)
        try:
            return await self._budgets("policy/v1", namespace, deadline)
        except (ObjectNotFound, UnreadableAnswer):  # an API that is not served is a bare 404
            found = await self._budgets("policy/v1beta1", namespace, deadline)
        return [_of_v1beta1(budget) for budget in found]

    async def _budgets(
        self, version: str, namespace: str, deadline: Deadline
    ) -> tuple[DisruptionBudget, ...]:
        request = Request(
            path=_collection(version, "poddisruptionbudgets", namespace),
            doing=f"list the poddisruptionbudgets in {namespace}",
        )
        return await self._api.read(request, parse.budgets, deadline=deadline)


def _collection(version: str, resource: str, namespace: str) -> str:
    return f"/apis/{version}/namespaces/{checked(namespace, 'namespace')}/{resource}"


def _of_v1beta1(budget: DisruptionBudget) -> DisruptionBudget:
    """An empty selector takes no pod in `policy/v1beta1`, and every pod in `policy/v1`."""
    if budget.spec.selector is not None and budget.spec.selector.empty:
        spec = msgspec.structs.replace(budget.spec, selector=None)
        return msgspec.structs.replace(budget, spec=spec)
    return budget
