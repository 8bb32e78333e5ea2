"""An incident as JSON: the words of `podbot incidents -o json`, with its story beside the deaths. Pure."""

from __future__ import annotations

from typing import Any

import msgspec

from bot.model.messages import Attachment
from bot.model.past import Account, PastIncident
from bot.model.people import NAMELESS, Names
from bot.model.stories import StoryEntry

_ALWAYS = ("number", "at", "kind")


def exported(told: Account, names: Names = NAMELESS) -> Attachment:
    """The file. `names`: of those of whom it tells."""
    identity = told.incident.id
    return Attachment(
        filename=f"incident-{identity}.json",
        title=f"Incident {identity} as JSON",
        content=document(told, names).encode(),
    )


def document(told: Account, names: Names = NAMELESS) -> str:
    """`{"incidents": [{..., "deaths": [...], "deaths_left_out": 0, "story": [...]}]}`; moments are in UTC.

    The story names people and user groups by their ids; `names` says what those are called.
    """
    incident: dict[str, Any] = msgspec.to_builtins(_as_past(told))
    incident["deaths_left_out"] = told.deaths_in_all - len(told.deaths)
    incident["story"] = [_entry(each) for each in told.story]
    incident["names"] = {**names.people, **names.groups}
    return msgspec.json.format(msgspec.json.encode({"incidents": [incident]}), indent=2).decode() + "\n"


def _as_past(told: Account) -> PastIncident:
    incident, key = told.incident, told.incident.key
    return PastIncident(
        incident=incident.id,
        cluster=key.cluster,
        namespace=key.namespace,
        owner=key.owner,
        cause=key.cause,
        state=incident.state,
        severity=incident.severity,
        first_at=incident.first_at,
        last_at=incident.last_at,
        ended_at=incident.ending.since if incident.ending else None,
        revision=incident.revision,
        counted=incident.deaths,
        deaths=told.deaths,
    )


def _entry(entry: StoryEntry) -> dict[str, Any]:
    """Which fields say something goes by the kind: the others are left out."""
    fields: dict[str, Any] = msgspec.to_builtins(entry)
    return {name: value for name, value in fields.items() if name in _ALWAYS or value}
