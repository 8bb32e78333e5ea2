"""The one cluster of a bot that serves no other."""

from __future__ import annotations

from typing import TypeVar

from bot.model.pods import ClusterName
from bot.slack.clusters import Clusters, Served

T = TypeVar("T")


def only(pods: T, *, default_namespace: str, name: str = "") -> Clusters[T]:
    """`pods` is whatever serves it: the pods' service, or that of incidents."""
    return Clusters(Served(name=ClusterName(name), pods=pods, default_namespace=default_namespace))
