"""What kubectl has and podbot does not: its other verbs, flags and kinds, so that each is refused by name.

Drawn from kubectl's own `--help` of each verb. A flag that podbot takes for a verb does not stand here.
"""

from __future__ import annotations

from bot.commands.flags import NotTaken

_OWN_ACCESS = "podbot speaks to its own cluster, with its own credentials"
_ONE_AT_A_TIME = "it takes one pod at a time, by name"
_NO_FILES = "there are no files here; name the pod"
_NO_FORMATS = "it always answers in words"


def _values(instead: str, *names: str) -> tuple[NotTaken, ...]:
    return tuple(_refused(name, instead, takes_value=True) for name in names)


def _switches(instead: str, *names: str) -> tuple[NotTaken, ...]:
    return tuple(_refused(name, instead, takes_value=False) for name in names)


def _refused(name: str, instead: str, *, takes_value: bool) -> NotTaken:
    """`name` may carry a short form behind a slash: `watch/w`."""
    long, _, short = name.partition("/")
    return NotTaken(name=long, short=short, takes_value=takes_value, instead=instead)


_EVERYWHERE = (
    *_values(
        _OWN_ACCESS,
        "context",
        "cluster",
        "kubeconfig",
        "kuberc",
        "user",
        "username",
        "password",
        "token",
        "server/s",
        "as",
        "as-group",
        "as-uid",
        "as-user-extra",
        "certificate-authority",
        "client-certificate",
        "client-key",
        "tls-server-name",
    ),
    *_switches(_OWN_ACCESS, "insecure-skip-tls-verify", "disable-compression", "match-server-version"),
    *_values("it has its own time limits", "request-timeout"),
    *_values("it keeps its own log", "v/v", "vmodule", "log-flush-frequency", "profile", "profile-output"),
    *_values("it keeps nothing on disk here", "cache-dir"),
    *_switches("it shows warnings as they are", "warnings-as-errors"),
)
"""kubectl's global flags (`kubectl options`), of every verb; `-n` is taken."""

_FILES = (*_values(_NO_FILES, "filename/f", "kustomize/k"), *_switches(_NO_FILES, "recursive/R"))
_FORMATS = (
    *_values(_NO_FORMATS, "template"),
    *_switches(_NO_FORMATS, "allow-missing-template-keys", "show-managed-fields"),
)

GET = (
    *_EVERYWHERE,
    *_FILES,
    *_FORMATS,
    *_switches(
        "send the command again, or let the alerts tell you", "watch/w", "watch-only", "output-watch-events"
    ),
    *_values("`--broken` puts the worst first", "sort-by"),
    *_values("use `-l` for labels or `--broken` for what is not healthy", "field-selector"),
    *_values("labels are not shown; choose by them with `-l`", "label-columns/L"),
    *_switches("labels are not shown; choose by them with `-l`", "show-labels"),
    *_switches("the headings stay", "no-headers", "show-kind", "server-print"),
    *_switches("a pod that is not there is no error here", "ignore-not-found"),
    *_values("it pages by itself", "chunk-size"),
    *_values("only pods can be read", "raw", "subresource"),
)

LOGS = (
    *_EVERYWHERE,
    *_switches("it shows what is there now; send the command again for more", "follow/f"),
    *_switches("choose one with `-c`", "all-containers"),
    *_switches(_ONE_AT_A_TIME, "all-pods", "prefix"),
    *_values(f"{_ONE_AT_A_TIME}; find it with `/pods list -l SELECTOR`", "selector/l"),
    *_values("use `--since` with a duration", "since-time"),
    *_switches("lines are shown as they were written", "timestamps"),
    *_values("use `--tail` or `--since`", "limit-bytes"),
    *_values(_ONE_AT_A_TIME, "max-log-requests"),
    *_values("it does not wait for a pod to start", "pod-running-timeout"),
    *_switches("errors are said, never hidden", "ignore-errors"),
    *_switches(_OWN_ACCESS, "insecure-skip-tls-verify-backend"),
)

DELETE = (
    *_EVERYWHERE,
    *_FILES,
    *_switches("a pod gets its own grace period to stop in", "force", "now"),
    *_values("a pod gets its own grace period to stop in", "grace-period"),
    *_switches(_ONE_AT_A_TIME, "all", "all-namespaces/A"),
    *_values(_ONE_AT_A_TIME, "selector/l", "field-selector"),
    *_switches("it always shows what would happen and asks before it deletes", "interactive/i"),
    # kubectl lets both stand alone too; with a value they are only ever written `--dry-run=server`
    *_switches("it always shows what would happen and asks before it deletes", "dry-run"),
    *_switches("what belongs to a pod goes with it", "cascade"),
    *_switches("a pod that is not there is said to be so", "ignore-not-found"),
    *_switches("it does not wait for the pod to be gone", "wait"),
    *_values("it does not wait for the pod to be gone", "timeout"),
    *_values(_NO_FORMATS, "output/o"),
    *_values("only pods can be deleted", "raw"),
)

DESCRIBE = (
    *_EVERYWHERE,
    *_FILES,
    *_switches(_ONE_AT_A_TIME, "all-namespaces/A"),
    *_values(_ONE_AT_A_TIME, "selector/l"),
    *_switches("events are always shown to those who may see them", "show-events"),
    *_values("it pages by itself", "chunk-size"),
    *_values(_NO_FORMATS, "output/o"),
)

CAN_I = (
    *_EVERYWHERE,
    *_switches("`/pods whoami` lists what you may do", "list"),
    *_switches(_NO_FORMATS, "no-headers", "quiet/q"),
    *_values("say `logs` for a pod's log", "subresource"),
)

WHOAMI = (*_EVERYWHERE, *_FORMATS, *_values(_NO_FORMATS, "output/o"))

_ELSEWHERE = """
annotate apply api-resources api-versions autoscale certificate cluster-info completion config cordon cp
create diff drain edit explain expose kustomize label options patch plugin port-forward proxy replace run
scale set taint uncordon version wait
"""

VERBS: dict[str, str] = {
    **dict.fromkeys(_ELSEWHERE.split(), "use kubectl for it"),
    **dict.fromkeys(
        ("exec", "attach", "debug", "top"), "`/pods logs` and `/pods describe` show what a pod does"
    ),
    **dict.fromkeys(("rollout", "restart"), "`/pods delete` makes a workload start a new pod"),
    "events": "`/pods describe` shows a pod's events",
}
"""The verbs that podbot does not do, with what to say of each."""

_KINDS = """
all
clusterroles clusterrole
clusterrolebindings clusterrolebinding
configmaps configmap cm
cronjobs cronjob cj
customresourcedefinitions customresourcedefinition crd crds
daemonsets daemonset ds
deployments deployment deploy
endpoints ep
endpointslices endpointslice
events event ev
horizontalpodautoscalers horizontalpodautoscaler hpa
ingresses ingress ing
ingressclasses ingressclass
jobs job
leases lease
limitranges limitrange limits
namespaces namespace ns
networkpolicies networkpolicy netpol
nodes node no
persistentvolumeclaims persistentvolumeclaim pvc
persistentvolumes persistentvolume pv
poddisruptionbudgets poddisruptionbudget pdb
podtemplates podtemplate
priorityclasses priorityclass pc
replicasets replicaset rs
replicationcontrollers replicationcontroller rc
resourcequotas resourcequota quota
rolebindings rolebinding
roles role
secrets secret
serviceaccounts serviceaccount sa
services service svc
statefulsets statefulset sts
storageclasses storageclass sc
"""

PODS = frozenset({"pods", "pod", "po"})
"""How kubectl spells the one kind that podbot knows."""

KINDS: dict[str, str] = {
    word: line.split()[0] for line in _KINDS.strip().splitlines() for word in line.split()
}
"""The other kinds, by each of their spellings, with the plural that messages use."""
