"""Statistics as a store might tell them: few deaths, many, none, and such as nobody would make up."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.model.deaths import Cause
from bot.model.pods import ClusterName, Owner
from bot.model.statistics import DeathsAt, Spread, Statistics, WorkloadLosses

UNTIL = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
HOSTILE = "<!channel> [x](https://evil.example) `rm -rf` \u202e gnp.exe | ☠️\n# "


def workload(name: str, deaths: int, namespace: str = "shop", kind: str = "Deployment") -> WorkloadLosses:
    """What a workload lost."""
    return WorkloadLosses(
        namespace=namespace,
        owner=Owner(kind=kind, name=name),
        deaths=deaths,
        pods=max(1, deaths // 2),
        incidents=1 + deaths // 20,
    )


def statistics(*by_hour: tuple[int, Cause | None, int], days: float = 7, **changes: object) -> Statistics:
    """Deaths as (hours before the end, cause, number)."""
    hours = sorted(
        (
            DeathsAt(hour=UNTIL - timedelta(hours=before), cause=cause, deaths=number)
            for before, cause, number in by_hour
        ),
        key=lambda each: each.hour,
    )
    total = sum(each.deaths for each in hours)
    made = Statistics(
        cluster=ClusterName("prod-eu"),
        namespaces=None,
        since=UNTIL - timedelta(days=days),
        until=UNTIL,
        deaths=total,
        pods=(total + 1) // 2,
        incidents=len(hours),
        open=1 if total else 0,
        by_hour=tuple(hours),
        worst=(),
        workloads=0,
        to_acknowledge=Spread(count=0),
        to_recover=Spread(count=0),
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # fields of `Statistics`


NONE = statistics()

FEW = statistics(
    (30, Cause.OOM_KILLED, 3),
    (29, Cause.OOM_KILLED, 1),
    (5, Cause.IMAGE_PULL, 2),
    worst=(workload("web", 4), workload("ledger", 2, "payments")),
    workloads=2,
    to_acknowledge=Spread(count=1, median=timedelta(minutes=3), p90=timedelta(minutes=3)),
    to_recover=Spread(count=2, median=timedelta(minutes=19), p90=timedelta(hours=2)),
)

MANY = statistics(
    *(
        (before, cause, 1 + (before * weight) % (7 + weight))
        for weight, cause in enumerate(
            (
                Cause.OOM_KILLED,
                Cause.ERROR,
                Cause.LIVENESS_FAILED,
                Cause.EVICTED,
                Cause.IMAGE_PULL,
                Cause.NODE_LOST,
                None,
                Cause.REJECTED,
            )
        )
        for before in range(1 + weight, 160, 3 + 5 * weight)
    ),
    (77, Cause.NODE_LOST, 57),
    worst=(
        workload("checkout-web", 148),
        workload("search-indexer", 91, "search"),
        workload("ledger", 66, "payments"),
        workload("node-3", 57, "", "Node"),
        workload("cart", 21),
        workload("mailer", 9, "notifications"),
        workload("thumbnailer", 7, "media"),
        workload("nightly-report", 4, "analytics", "CronJob"),
        workload("gateway", 2, "edge"),
    ),
    workloads=23,
    incidents=41,
    open=3,
    to_acknowledge=Spread(count=29, median=timedelta(minutes=4), p90=timedelta(minutes=22)),
    to_recover=Spread(count=36, median=timedelta(minutes=17), p90=timedelta(hours=3)),
)

LONG_NAMES = statistics(
    (3, Cause.ERROR, 123_456),
    (2, Cause.OOM_KILLED, 1),
    days=1,
    cluster=ClusterName(
        "arn:aws:eks:eu-central-1:000000000000:cluster/a-very-long-name-of-a-cluster-in-production"
    ),
    worst=(
        workload("a" * 253, 123_456, "n" * 63),
        workload(HOSTILE * 10, 1, HOSTILE),
        workload("web", 1),
    ),
    workloads=3,
)
