"""What a person can ask for, typed.

The grammar makes commands from text, buttons carry them, the pod service does them.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum
from typing import TypeAlias

import msgspec

from bot.model.incident_commands import IncidentCommand
from bot.model.pods import PodUid
from bot.model.targets import Target


class Verb(Enum):
    """What a rule of the policy file may allow."""

    LIST = "list"
    GET = "get"
    EVENTS = "events"
    LOGS = "logs"
    DELETE = "delete"
    DEBUG = "debug"
    RAW = "raw"
    """Reading the API by path; a rule that has it names the paths."""
    INCIDENTS = "incidents"
    """Acknowledge, silence, close."""


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
    fields: str = ""
    """A field selector in the API's own language (`status.phase=Failed`); empty takes all."""
    sort: str = ""
    """`age`, `restarts`, `name`, `node`, or a JSONPath (`model.jsonpath`); empty: by name."""
    targets: tuple[Target, ...] = ()
    """Only these pods (the beginning of a name is enough where it is unique) and the pods of these workloads;
    empty takes all."""
    containing: str = ""
    """Only pods whose name, namespace, image, node, owner or address has this in it."""


class Form(Enum):
    """How pods are written into a file."""

    TABLE = "file"
    """As `kubectl get -o wide` prints them."""
    JSON = "json"
    YAML = "yaml"
    NAME = "name"


class ExportPods(_Command, frozen=True, kw_only=True, tag="export"):
    """`get pods -o json|yaml|name`: the pods that a listing takes, in another form than its table."""

    listing: ListPods
    form: Form


class FindAddress(_Command, frozen=True, kw_only=True, tag="ip"):
    """`list --ip ADDRESS`: which pod has this address, or had it before it died."""

    namespace: str
    address: str
    """In its canonical writing."""


class ListEvents(_Command, frozen=True, kw_only=True, tag="events"):
    """`events`: what the cluster noted lately, newest first; of a namespace, or of all."""

    namespace: str
    pod: str = ""
    """Only about this pod, of which the name or, where unique, the beginning is given."""
    since: timedelta | None = None
    warnings: bool = False


class TopPods(_Command, frozen=True, kw_only=True, tag="top"):
    """`top`: the CPU and memory that pods use now."""

    namespace: str
    pod: str = ""
    """One pod, of which the name or, where unique, the beginning is given; empty takes all."""
    selector: str = ""
    containers: bool = False
    """Container by container."""
    sort: str = ""
    """`cpu` or `memory`, most first; empty: by name."""
    total: bool = False
    """With a last line that sums them up."""
    page: int = 0


class GetLogs(_Command, frozen=True, kw_only=True, tag="logs"):
    """`logs`: what containers wrote. Exactly one of `pod`, `targets` and `selector` is given."""

    namespace: str
    pod: str = ""
    """One pod: its name or, where unique, the beginning of it."""
    targets: tuple[Target, ...] = ()
    """Workloads, or several pods: what all their containers wrote, merged by time."""
    selector: str = ""
    """A label selector in the API's own language: all pods that it takes, merged by time."""
    container: str = ""
    """Empty: the only one, else the one that crashed last, else the first app container."""
    all_containers: bool = False
    """Init, app and ephemeral containers alike."""
    previous: bool = False
    tail: int | None = None
    """Of each container the last so many lines, -1 for all; None for the default."""
    since: timedelta | None = None
    since_time: datetime | None = None
    """In place of `since`: aware, of whole seconds."""
    timestamps: bool = False
    limit: int | None = None
    """Bytes to read, where fewer than the usual limit."""
    grep: str = ""
    """Only lines with this text in them; capitals count where it has any."""
    invert: bool = False
    """Only lines without it."""
    context: int = 0
    """With `grep`: so many lines before and after each, too."""
    around_death: bool = False
    """Only the minute before the last death of the container."""
    ended_at: datetime | None = None
    """The run that ended then, present or previous: an alert tells of one run and of no other."""


class FollowLogs(_Command, frozen=True, kw_only=True, tag="follow"):
    """`logs -f`: what containers write from now on, for some minutes."""

    logs: GetLogs


class StopFollowing(_Command, frozen=True, kw_only=True, tag="unfollow"):
    """End a follow that runs."""

    follow: str
    """The id that it was given at its start."""


class DescribePod(_Command, frozen=True, kw_only=True, tag="describe"):
    """`describe`: what state a pod is in and why."""

    namespace: str
    pod: str


LONGEST_REASON = 200
"""Characters of a reason: it is a sentence, not a report."""


class Manner(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How pods are to be deleted."""

    grace: int | None = None
    """Seconds to stop in, at least 1; None for the pod's own. Without meaning where `force` is set."""
    force: bool = False
    """The API server forgets the pod at once, whether or not its node has stopped it."""
    dry_run: bool = False
    """The server says what it would do; nothing is deleted."""
    reason: str = ""


class DeletePod(_Command, frozen=True, kw_only=True, tag="delete"):
    """`delete`: ask for a pod's removal; nothing happens before it is confirmed. `pod` is the whole name."""

    namespace: str
    pod: str
    uid: PodUid = PodUid("")
    """Set when the pod was picked from something seen: the plan is refused if another has its name now."""
    manner: Manner = Manner()


class DeletePods(_Command, frozen=True, kw_only=True, tag="delete-many"):
    """`delete` of several pods, or of those that a selector takes: confirmed by typing how many they are."""

    namespace: str
    pods: tuple[str, ...] = ()
    """Whole names; empty where `selector` is given."""
    selector: str = ""
    manner: Manner = Manner()


class OpenPod(_Command, frozen=True, kw_only=True, tag="pod"):
    """A row of a list was chosen, or a pod named: show this pod's line with its buttons."""

    namespace: str
    pod: str
    begins: bool = False
    """The beginning of the name is enough where it is unique. Not so for a chosen row: that was one pod."""


class DebugPod(_Command, frozen=True, kw_only=True, tag="debug"):
    """`debug`: run a command in a container of its own inside a pod. `pod` is the whole name."""

    namespace: str
    pod: str
    image: str = ""
    """Empty: the first that the policy names."""
    target: str = ""
    """The container whose processes it sees; empty: none."""
    container: str = ""
    """What to call it; empty: a name is made up."""
    command: tuple[str, ...] = ()
    """Empty: what the image runs by itself."""


class ReadRaw(_Command, frozen=True, kw_only=True, tag="raw"):
    """`get --raw`: what the API server answers at a path (`model.api_path`)."""

    path: str
    """As typed, with its query."""


class ListClusters(_Command, frozen=True, kw_only=True, tag="clusters"):
    """`clusters`: those that podbot serves, and how well it sees them."""


class Help(_Command, frozen=True, kw_only=True, tag="help"):
    """`help [verb]`."""

    topic: str = ""


class WhoAmI(_Command, frozen=True, kw_only=True, tag="whoami"):
    """`whoami`: who the bot takes the asker for, and what they may do here."""


class CanI(_Command, frozen=True, kw_only=True, tag="can-i"):
    """`can-i VERB -n NAMESPACE`: would it be allowed, and by which rule."""

    verb: Verb
    namespace: str


Command: TypeAlias = (
    ListPods
    | ExportPods
    | FindAddress
    | ListEvents
    | TopPods
    | GetLogs
    | FollowLogs
    | StopFollowing
    | DescribePod
    | DeletePod
    | DeletePods
    | OpenPod
    | DebugPod
    | ReadRaw
    | ListClusters
    | Help
    | WhoAmI
    | CanI
    | IncidentCommand
)
