"""Deaths for the tests of what is made of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot.model.containers import ContainerKind
from bot.model.deaths import Cause, Death, DeathId
from bot.model.pods import ClusterName, Owner, PodUid
from tests.support.pods import IMAGE, at

CLUSTER = ClusterName("prod-eu")


def a_death(
    cause: Cause = Cause.ERROR,
    *,
    uid: str = "uid-1",
    restart: int = 0,
    seconds: float = 10,
    exit_code: int | None = 1,
    **changes: Any,  # fields of `Death`, whose own types check them where they are read
) -> Death:
    """The death of a container of web in shop, `seconds` after the start."""
    ended = cause.is_container_exit
    death = Death(
        id=DeathId(cluster=CLUSTER, uid=PodUid(uid), container="app", restart=restart),
        cause=cause,
        namespace="shop",
        pod=f"web-7d4b9c-{uid[-5:]}",
        owner=Owner(kind="Deployment", name="web"),
        node="node-1",
        kind=ContainerKind.APP,
        image=IMAGE,
        exit_code=exit_code if ended else None,
        reason="Error" if ended else "",
        started_at=at(seconds - 5),
        finished_at=at(seconds) if ended else None,
        seen_at=at(seconds + 0.5),
    )
    return replace(death, **changes)


def a_pods_death(cause: Cause, **changes: Any) -> Death:  # as above
    """The death of a whole pod."""
    death = a_death(cause, **changes)
    return replace(death, id=replace(death.id, container="", restart=0), kind=None, image="")
