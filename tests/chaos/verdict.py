"""What was told, held against what is true: none lost, none twice, in Slack and in the bot's ledger. Pure."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from tests.chaos.office import Incident
from tests.chaos.truth import TrueDeath, Truth

Json = dict[str, Any]


def of_channel(truth: Truth, incidents: Sequence[Incident]) -> list[str]:
    """What is wrong with the messages: an incident that was posted twice, deaths too many or too few."""
    posted = Counter(each.id for each in incidents)
    found = [
        f"incident {identity} was posted {times} times: "
        + "; ".join(f"{each.ts} {each.text[:60]!r}" for each in incidents if each.id == identity)
        for identity, times in posted.items()
        if times > 1
    ]
    told = sum(each.deaths for each in incidents)
    if told != len(truth.deaths):
        found.append(f"Slack tells of {told} deaths, and there were {len(truth.deaths)}")
    return found


def unannounced(printed: str) -> list[TrueDeath]:
    """What the ledger does not have as announced, as `podbot incidents -o json` prints it."""
    return [death for _, death, announced in _lines(printed) if not announced]


def of_ledger(truth: Truth, printed: str, incidents: Sequence[Incident]) -> list[str]:
    """What is wrong with the ledger, as `podbot incidents -o json` prints it."""
    lines = list(_lines(printed))
    recorded = Counter(death for _, death, _ in lines)
    known = set(truth.deaths)
    found = [
        f"in the ledger {times} times: {_named(truth, death)}"
        for death, times in recorded.items()
        if times > 1
    ]
    found += [f"in the ledger: {_named(truth, death)}" for death in recorded if death not in known]
    found += [f"lost: {_named(truth, death)}" for death in truth.deaths if death not in recorded]
    found += [f"never announced: {_named(truth, death)}" for death in unannounced(printed)]
    in_ledger = Counter(identity for identity, _, _ in lines)
    in_slack = Counter({each.id: each.deaths for each in incidents})
    found += [
        f"incident {identity}: {in_slack[identity]} deaths in Slack, {in_ledger[identity]} in the ledger"
        for identity in in_slack.keys() & in_ledger.keys()
        if in_slack[identity] != in_ledger[identity]
    ]
    # A storm's digest is a message without deaths of its own: it tells those of incidents without a message.
    digests = sum(in_slack[identity] for identity in in_slack.keys() - in_ledger.keys())
    members = sum(in_ledger[identity] for identity in in_ledger.keys() - in_slack.keys())
    if digests != members:
        found.append(f"digests tell of {digests} deaths, and {members} have no other message")
    return found


def _lines(printed: str) -> Iterator[tuple[str, TrueDeath, bool]]:
    """Incident, death, and whether it was announced."""
    document = json.loads(printed)
    incidents: list[Json] = document["incidents"] if isinstance(document, dict) else document
    for incident in incidents:
        for death in incident["deaths"]:
            identity = TrueDeath(death["uid"], death["container"] or "", death["restart"])
            yield incident["incident"], identity, death["announced_at"] is not None


def _named(truth: Truth, death: TrueDeath) -> str:
    return f"{truth.about.get(death, 'never happened')} (restart {death.restart} of {death.uid})"
