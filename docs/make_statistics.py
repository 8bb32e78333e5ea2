"""Draws the picture of docs/incidents.md: a week of a made-up cluster, as `/pods stats` shows it.

python docs/make_statistics.py
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.model.deaths import Cause
from bot.model.pods import ClusterName, Owner
from bot.model.statistics import DeathsAt, Spread, Statistics, WorkloadLosses
from bot.pictures.statistics import draw

PICTURE = Path(__file__).parent / "images" / "statistics.png"
UNTIL = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

LEAKS = tuple((hours, Cause.OOM_KILLED, 2 + hours % 3) for hours in range(6, 160, 11))
RELEASE = tuple((hours, Cause.ERROR, 9 - 2 * abs(hours - 66)) for hours in range(63, 70))
PULLS = ((30, Cause.IMAGE_PULL, 6), (29, Cause.IMAGE_PULL, 2))
PROBES = tuple((hours, Cause.LIVENESS_FAILED, 1 + hours % 2) for hours in range(3, 150, 19))
NODE = ((112, Cause.NODE_LOST, 24),)

LOST = (
    ("web", "shop", 44, 31, 9),
    ("search-indexer", "search", 37, 12, 6),
    ("node-3", "", 24, 24, 1),
    ("ledger", "payments", 12, 8, 4),
    ("mailer", "notifications", 8, 8, 1),
)


def example() -> Statistics:
    """The week."""
    hours = [
        DeathsAt(hour=UNTIL - timedelta(hours=before), cause=cause, deaths=deaths)
        for before, cause, deaths in (*LEAKS, *RELEASE, *PULLS, *PROBES, *NODE)
    ]
    return Statistics(
        cluster=ClusterName("prod-eu"),
        namespaces=None,
        since=UNTIL - timedelta(days=7),
        until=UNTIL,
        deaths=sum(each.deaths for each in hours),
        pods=83,
        incidents=21,
        open=1,
        by_hour=tuple(sorted(hours, key=lambda each: each.hour)),
        worst=tuple(
            WorkloadLosses(
                namespace=namespace,
                owner=Owner(kind="Deployment" if namespace else "Node", name=name),
                deaths=deaths,
                pods=pods,
                incidents=incidents,
            )
            for name, namespace, deaths, pods, incidents in LOST
        ),
        workloads=5,
        to_acknowledge=Spread(count=17, median=timedelta(minutes=4), p90=timedelta(minutes=16)),
        to_recover=Spread(count=19, median=timedelta(minutes=21), p90=timedelta(hours=2)),
    )


if __name__ == "__main__":
    PICTURE.write_bytes(draw(example()))
