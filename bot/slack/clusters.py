"""The clusters that one bot serves: for each the service that does what is asked, and which one is meant."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from bot.commands.clusters import unknown
from bot.model.pods import ClusterName

PodsT_co = TypeVar("PodsT_co", covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Served(Generic[PodsT_co]):
    """One cluster, and the service that does what is asked of it."""

    name: ClusterName
    pods: PodsT_co
    default_namespace: str
    """Where a command without `-n` looks."""


class Clusters(Generic[PodsT_co]):
    """All clusters that are served, in the order of the configuration: the first is the default."""

    def __init__(self, first: Served[PodsT_co], *others: Served[PodsT_co]) -> None:
        self._served = {each.name: each for each in (first, *others)}
        self._default = first

    def __iter__(self) -> Iterator[Served[PodsT_co]]:
        return iter(self._served.values())

    @property
    def namespaces(self) -> dict[ClusterName, str]:
        """Each cluster's default namespace, the default cluster first: what `grammar.ask` wants to know."""
        return {each.name: each.default_namespace for each in self}

    def meant(self, cluster: ClusterName | None) -> ClusterName | None:
        """The name that a request carries on: the default's where none was said, none where one is served.

        Raises `Misunderstood` for a cluster that is not served, or not any more.
        """
        if cluster is not None and cluster not in self._served:
            raise unknown(cluster, self._served)
        return (cluster or self._default.name) if len(self._served) > 1 else None

    def of(self, cluster: ClusterName | None) -> PodsT_co:
        """The service of a cluster; without a name, the default's. Raises as `meant` does."""
        if cluster is None:
            return self._default.pods
        if cluster not in self._served:
            raise unknown(cluster, self._served)
        return self._served[cluster].pods
