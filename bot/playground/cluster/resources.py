"""The table of resource types that the simulated cluster serves; `api` routes by it and `store` keeps objects
by it.
"""

from dataclasses import dataclass

READ = ("get", "list", "watch")
WRITE = ("create", "delete", "patch", "update")


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One resource type: where it is served, what its objects are called and what may be done with them."""

    group: str = ""
    version: str = "v1"
    plural: str
    kind: str
    singular: str
    namespaced: bool = True
    short_names: tuple[str, ...] = ()
    verbs: tuple[str, ...] = READ
    subresources: tuple[tuple[str, tuple[str, ...]], ...] = ()
    all_category: bool = False

    @property
    def api_version(self) -> str:
        """The `apiVersion` of its objects."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def qualified(self) -> str:
        """The name in messages: `pods`, `deployments.apps`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural


STATUS = ("status", ("get", "patch", "update"))
SCALE = ("scale", ("get", "patch", "update"))

PODS = Resource(
    plural="pods",
    kind="Pod",
    singular="pod",
    short_names=("po",),
    verbs=READ + WRITE,
    subresources=(
        ("ephemeralcontainers", ("get", "patch", "update")),
        ("eviction", ("create",)),
        ("log", ("get",)),
        STATUS,
    ),
    all_category=True,
)
EVENTS = Resource(plural="events", kind="Event", singular="event", short_names=("ev",))
NODES = Resource(
    plural="nodes",
    kind="Node",
    singular="node",
    namespaced=False,
    short_names=("no",),
    verbs=(*READ, "patch"),
)
NAMESPACES = Resource(
    plural="namespaces",
    kind="Namespace",
    singular="namespace",
    namespaced=False,
    short_names=("ns",),
    verbs=(*READ, "create"),
)
DEPLOYMENTS = Resource(
    group="apps",
    plural="deployments",
    kind="Deployment",
    singular="deployment",
    short_names=("deploy",),
    verbs=READ + WRITE,
    subresources=(SCALE, STATUS),
    all_category=True,
)
REPLICASETS = Resource(
    group="apps",
    plural="replicasets",
    kind="ReplicaSet",
    singular="replicaset",
    short_names=("rs",),
    all_category=True,
)
STATEFULSETS = Resource(
    group="apps",
    plural="statefulsets",
    kind="StatefulSet",
    singular="statefulset",
    short_names=("sts",),
    verbs=READ + WRITE,
    subresources=(SCALE, STATUS),
    all_category=True,
)
DAEMONSETS = Resource(
    group="apps",
    plural="daemonsets",
    kind="DaemonSet",
    singular="daemonset",
    short_names=("ds",),
    all_category=True,
)
JOBS = Resource(
    group="batch",
    plural="jobs",
    kind="Job",
    singular="job",
    verbs=READ + WRITE,
    subresources=(STATUS,),
    all_category=True,
)
CRONJOBS = Resource(
    group="batch",
    plural="cronjobs",
    kind="CronJob",
    singular="cronjob",
    short_names=("cj",),
    all_category=True,
)
DISRUPTION_BUDGETS = Resource(
    group="policy",
    plural="poddisruptionbudgets",
    kind="PodDisruptionBudget",
    singular="poddisruptionbudget",
    short_names=("pdb",),
)
LEASES = Resource(
    group="coordination.k8s.io",
    plural="leases",
    kind="Lease",
    singular="lease",
    verbs=READ + WRITE,
)
POD_METRICS = Resource(
    group="metrics.k8s.io",
    version="v1beta1",
    plural="pods",
    kind="PodMetrics",
    singular="pod",
    verbs=("get", "list"),
)
"""Measured when they are asked for, not kept: `metrics`."""

RESOURCES = (
    PODS,
    EVENTS,
    NODES,
    NAMESPACES,
    DEPLOYMENTS,
    REPLICASETS,
    STATEFULSETS,
    DAEMONSETS,
    JOBS,
    CRONJOBS,
    DISRUPTION_BUDGETS,
    LEASES,
    POD_METRICS,
)
BY_KIND = {resource.kind: resource for resource in RESOURCES}


def find_resource(group: str, version: str, plural: str) -> Resource | None:
    """Return the resource served at a group, version and plural, or None where there is none."""
    for resource in RESOURCES:
        if (resource.group, resource.version, resource.plural) == (group, version, plural):
            return resource
    return None
