"""What kubectl has and podbot does not: its other verbs, flags and kinds, so that each is refused by name.

Drawn from kubectl's own `--help` of each verb. A flag that podbot takes for a verb does not stand here.
"""

from __future__ import annotations

from bot.commands.flags import NotTaken

_OWN_ACCESS = "podbot speaks to its own clusters, with its own credentials"
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
    *_values("it keeps its own log", "log-backtrace-at", "log-dir", "log-file", "log-file-max-size"),
    *_values("it keeps its own log", "stderrthreshold"),
    *_switches("it keeps its own log", "add-dir-header", "alsologtostderr", "logtostderr", "one-output"),
    *_switches("it keeps its own log", "skip-headers", "skip-log-headers"),
    *_values("it keeps nothing on disk here", "cache-dir"),
    *_switches("it shows warnings as they are", "warnings-as-errors"),
)
"""kubectl's global flags (`kubectl options`), of every verb; `-n`, `--context` and `--cluster` are taken."""

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
    *_values("labels are not shown; choose by them with `-l`", "label-columns/L"),
    *_switches("labels are not shown; choose by them with `-l`", "show-labels"),
    *_switches("the headings stay", "no-headers", "show-kind", "server-print"),
    *_switches("a pod that is not there is no error here", "ignore-not-found"),
    *_values("it pages by itself", "chunk-size"),
    *_values("only pods can be read", "subresource"),
)

EVENTS = (
    *_EVERYWHERE,
    *_FORMATS,
    *_switches("send the command again, or let the alerts tell you", "watch/w"),
    *_switches("the headings stay", "no-headers"),
    *_values(_NO_FORMATS, "output/o"),
    *_values("it pages by itself", "chunk-size"),
)

TOP = (
    *_EVERYWHERE,
    *_values("choose by labels, with `-l`", "field-selector"),
    *_switches("the headings stay", "no-headers"),
    *_switches("it speaks JSON with its cluster", "use-protocol-buffers"),
    *_switches("it shows CPU and memory", "show-swap"),
)

NO_RAW = _values("`get --raw` reads a path", "raw")

LOGS = (
    *_EVERYWHERE,
    *_values("it reads as many logs at once as it needs", "max-log-requests"),
    *_values("it does not wait for a pod to start", "pod-running-timeout"),
    *_switches("errors are said, never hidden", "ignore-errors"),
    *_switches(_OWN_ACCESS, "insecure-skip-tls-verify-backend"),
)

DELETE = (
    *_EVERYWHERE,
    *_FILES,
    *_switches("name the pods, or choose them by labels with `-l`", "all"),
    *_switches("it deletes in one namespace at a time", "all-namespaces/A"),
    *_values("name the pods, or choose them by labels with `-l`", "field-selector"),
    *_switches("it always shows what would happen and asks before it deletes", "interactive/i"),
    # kubectl lets it stand alone too; with a value it is only ever written `--cascade=orphan`
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

DEBUG = (
    *(flag for flag in _EVERYWHERE if flag.name != "profile"),  # of `debug` it means something else
    *_FILES,
    *_switches("there is no terminal here: write the command behind `--`", "stdin/i", "tty/t", "attach"),
    *_switches("it debugs the pod itself, never a copy", "replace", "same-node", "share-processes"),
    *_values("it debugs the pod itself, never a copy", "copy-to", "set-image"),
    *_switches("it debugs the pod itself, never a copy", "keep-annotations", "keep-init-containers"),
    *_switches("it debugs the pod itself, never a copy", "keep-labels", "keep-liveness", "keep-readiness"),
    *_switches("it debugs the pod itself, never a copy", "keep-startup"),
    *_switches("what stands behind `--` is the command", "arguments-only"),
    *_values("a debug container gets no variables of its own", "env"),
    *_values("an image that is there already is not pulled again", "image-pull-policy"),
    *_values("a debug container gets no rights beyond its pod's", "profile", "custom"),
    *_switches("what it did is always said", "quiet/q"),
)

CAN_I = (
    *_EVERYWHERE,
    *_switches("`/pods whoami` lists what you may do", "list"),
    *_switches(_NO_FORMATS, "no-headers", "quiet/q"),
    *_values("say `logs` for a pod's log", "subresource"),
)

CLUSTERS = (*_EVERYWHERE, *_switches("the headings stay", "no-headers"), *_values(_NO_FORMATS, "output/o"))

OURS = (*_EVERYWHERE, *_values(_NO_FORMATS, "output/o"))
"""Of the verbs that kubectl has not."""

EXPORT = _EVERYWHERE

WHOAMI = (*_EVERYWHERE, *_FORMATS, *_values(_NO_FORMATS, "output/o"))

_ELSEWHERE = """
annotate apply api-resources api-versions autoscale certificate cluster-info completion config cordon cp
create diff drain edit explain expose kustomize label options patch plugin port-forward proxy replace run
scale set taint uncordon version wait
"""

VERBS: dict[str, str] = {
    **dict.fromkeys(_ELSEWHERE.split(), "use kubectl for it"),
    **dict.fromkeys(("exec", "attach"), "`/pods logs` and `/pods describe` show what a pod does"),
    **dict.fromkeys(("rollout", "restart"), "`/pods delete` makes a workload start a new pod"),
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
