"""What a person can ask for, typed. The grammar makes them from text, buttons carry them, the pod service
does them.
"""

from __future__ import annotations

from datetime import timedelta
from enum import Enum
from typing import TypeAlias

import msgspec

from bot.model.pods import PodUid


class Verb(Enum):
    """What a rule of the policy file may allow."""

    LIST = "list"
    GET = "get"
    EVENTS = "events"
    LOGS = "logs"
    DELETE = "delete"
    INCIDENTS = "incidents"
    """Acknowledge, silence and the like. Nothing asks for it yet; policies may name it already."""


class _Command(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag=True):
    """Base of the commands: a tagged struct, so that a button can carry one as JSON and give it back."""


class ListPods(_Command, frozen=True, kw_only=True, tag="list"):
    """`list`, `get pods`: the pods of a namespace, or of all (`ALL_NAMESPACES`)."""

    namespace: str
    selector: str = ""
    """A label selector in the API's own language; empty takes all."""
    wide: bool = False
    broken: bool = False
    """Only pods that are not healthy, worst first."""
    page: int = 0


class GetLogs(_Command, frozen=True, kw_only=True, tag="logs"):
    """`logs`: what a container wrote. `pod` is a name or, where unique, the beginning of one."""

    namespace: str
    pod: str
    container: str = ""
    """Empty: the only one, else the one that crashed last, else the first app container."""
    previous: bool = False
    tail: int | None = None
    """The last so many lines, -1 for all; None for the default."""
    since: timedelta | None = None


class DescribePod(_Command, frozen=True, kw_only=True, tag="describe"):
    """`describe`: what state a pod is in and why."""

    namespace: str
    pod: str


class DeletePod(_Command, frozen=True, kw_only=True, tag="delete"):
    """`delete`: ask for a pod's removal; nothing happens before it is confirmed. `pod` is the whole name."""

    namespace: str
    pod: str
    uid: PodUid = PodUid("")
    """Set when the pod was picked from something seen: the plan is refused if another has its name now."""


class OpenPod(_Command, frozen=True, kw_only=True, tag="pod"):
    """A row of a list was chosen: show this pod's line with its buttons."""

    namespace: str
    pod: str


class Help(_Command, frozen=True, kw_only=True, tag="help"):
    """`help [verb]`."""

    topic: str = ""


class WhoAmI(_Command, frozen=True, kw_only=True, tag="whoami"):
    """`whoami`: who the bot takes the asker for, and what they may do here."""


class CanI(_Command, frozen=True, kw_only=True, tag="can-i"):
    """`can-i VERB -n NAMESPACE`: would it be allowed, and by which rule."""

    verb: Verb
    namespace: str


Command: TypeAlias = ListPods | GetLogs | DescribePod | DeletePod | OpenPod | Help | WhoAmI | CanI
