"""What holds for every text and every command, not for examples alone."""

from __future__ import annotations

import shlex
from datetime import timedelta
from random import Random

from hypothesis import example, given
from hypothesis import strategies as st

from bot.commands.grammar import Misunderstood, parse
from bot.commands.kubectl import KINDS, PODS
from bot.commands.kubectl import VERBS as OTHER_VERBS
from bot.commands.misunderstood import SLASH
from bot.commands.spelling import spell
from bot.commands.verbs import BY_WORD, VERBS
from bot.model.commands import (
    CanI,
    Command,
    DeletePod,
    DeletePods,
    DescribePod,
    ExportPods,
    FindAddress,
    Form,
    GetLogs,
    Help,
    ListClusters,
    ListEvents,
    ListPods,
    Manner,
    OpenPod,
    TopPods,
    Verb,
    WhoAmI,
)
from bot.model.incident_commands import RoutePod
from bot.model.pods import ALL_NAMESPACES
from bot.model.targets import Target, TargetKind
from tests.unit.commands.incident_requests import incident_requests
from tests.unit.commands.log_commands import log_commands

labels = st.from_regex(r"[a-z0-9]([-a-z0-9]{0,10}[a-z0-9])?", fullmatch=True)
pod_names = labels | st.builds("{}.{}".format, labels, labels) | st.sampled_from([*PODS, *KINDS])
beginnings = pod_names | pod_names.map("{}-".format)
namespaces = labels
selectors = st.just("") | st.sampled_from(["app=web", "app in (web, api),!canary", "a.b/c!=d", "tier"])
fields = st.just("") | st.sampled_from(
    ["status.phase=Failed", "spec.nodeName!=node-3,status.podIP==10.2.3.4"]
)
sorts = st.sampled_from(
    ["", "age", "restarts", "name", "node", ".status.startTime", ".spec.containers[0].image"]
)
durations = st.timedeltas(min_value=timedelta(seconds=1), max_value=timedelta(days=4000))
targets = st.builds(Target, st.just(TargetKind.POD), beginnings) | st.builds(
    Target, st.sampled_from([kind for kind in TargetKind if kind is not TargetKind.POD]), pod_names
)

reasons = st.just("") | st.sampled_from(["stuck on a stale lock", "disk: 100 % = full"])
manners = st.builds(
    Manner, grace=st.none() | st.integers(1, 604_800), dry_run=st.booleans(), reason=reasons
) | st.builds(Manner, force=st.just(True), reason=reasons)

logs, followed = log_commands(
    namespaces=namespaces, pods=beginnings, targets=targets, selectors=selectors, labels=labels
)

commands: st.SearchStrategy[Command] = st.one_of(
    st.builds(
        ListPods,
        namespace=namespaces | st.just(ALL_NAMESPACES),
        selector=selectors,
        wide=st.booleans(),
        broken=st.booleans(),
        page=st.just(0),
        fields=fields,
        sort=sorts,
    ),
    st.builds(
        ListPods,
        namespace=namespaces,
        targets=st.lists(targets, min_size=2, max_size=3, unique=True).map(tuple),
        wide=st.booleans(),
        sort=sorts,
    ),
    st.builds(
        ListPods,
        namespace=namespaces | st.just(ALL_NAMESPACES),
        containing=st.from_regex(r"[a-z0-9:.][-a-z0-9:.]{0,20}", fullmatch=True),
        broken=st.booleans(),
    ),
    st.builds(
        ExportPods,
        listing=st.builds(ListPods, namespace=namespaces, selector=selectors, fields=fields)
        | st.builds(ListPods, namespace=namespaces, targets=st.tuples(targets)),
        form=st.sampled_from(Form),
    ),
    st.builds(
        FindAddress,
        namespace=namespaces | st.just(ALL_NAMESPACES),
        address=st.ip_addresses().map(str),
    ),
    st.builds(
        ListEvents,
        namespace=namespaces,
        pod=st.just("") | beginnings,
        since=st.none() | durations,
        warnings=st.booleans(),
    ),
    st.builds(
        TopPods,
        namespace=namespaces,
        pod=beginnings,
        containers=st.booleans(),
        sort=st.sampled_from(["", "cpu", "memory"]),
        total=st.booleans(),
    ),
    st.builds(TopPods, namespace=namespaces | st.just(ALL_NAMESPACES), selector=selectors),
    logs,
    followed,
    st.builds(DescribePod, namespace=namespaces, pod=beginnings),
    st.builds(OpenPod, namespace=namespaces, pod=beginnings, begins=st.just(True)),
    st.builds(DeletePod, namespace=namespaces, pod=pod_names, uid=st.just(""), manner=manners),
    st.builds(
        DeletePods,
        namespace=namespaces,
        pods=st.lists(pod_names, min_size=2, max_size=3, unique=True).map(tuple),
        manner=manners,
    ),
    st.builds(DeletePods, namespace=namespaces, selector=selectors.filter(bool), manner=manners),
    st.builds(Help, topic=st.sampled_from(["", *(spec.name for spec in VERBS)])),
    st.just(WhoAmI()),
    st.just(ListClusters()),
    incident_requests(namespaces=namespaces, pods=beginnings, workloads=pod_names, reasons=reasons),
    st.builds(CanI, verb=st.sampled_from(Verb), namespace=namespaces | st.just(ALL_NAMESPACES)),
)

_FLAG_NAMES = {flag.name for spec in VERBS for flag in spec.flags} | {
    flag.name for spec in VERBS for flag in spec.refused
}
_FLAGS = [*map("--{}".format, sorted(_FLAG_NAMES)), *map("-{}".format, "nAlocpfhwLkRsvqi")]
_VALUES = [
    "shop",
    "app=web",
    "wide",
    "10m",
    "-1",
    "20",
    "web-1",
    "pod/web-1",
    "pods/log",
    "true",
    "",
    "=",
    "-",
    "--",
]
fragments = st.sampled_from([*BY_WORD, *OTHER_VERBS, *PODS, *KINDS, "auth", "kubectl", *_FLAGS, *_VALUES])
almost_commands = st.lists(
    fragments
    | st.builds("{}{}".format, fragments, fragments)
    | st.builds("{}={}".format, fragments, fragments),
    max_size=7,
).map(" ".join)


@given(st.text(max_size=300) | almost_commands, st.sampled_from(["default", ALL_NAMESPACES]))
@example("-", "default")
@example("list -=", "default")
@example("list ---", "default")
@example("list --=", "default")
@example("logs -p=", "default")
def test_every_text_is_understood_or_refused(text: str, default_namespace: str) -> None:
    """No text makes the grammar fail: it is a command or gets an answer of readable length."""
    try:
        command = parse(text, default_namespace=default_namespace)
    except Misunderstood as refusal:
        length = len(str(refusal))
    else:
        length = len(spell(command))
    assert 0 < length < 1500


@example(RoutePod(namespace="shop", pod="pod"))
@example(RoutePod(namespace="shop", pod="services"))
@given(commands)
def test_what_is_spelled_is_read_back(command: Command) -> None:
    """The spelling that messages show means exactly the command it was made of."""
    assert parse(spell(command), default_namespace="other") == command


@given(commands, st.randoms(use_true_random=False))
def test_flags_may_stand_in_any_order(command: Command, random: Random) -> None:
    """Flags mean the same before and after the names and one another."""
    slash, verb, *rest = shlex.split(spell(command))
    units = _units(rest)
    names = [unit for unit in units if not unit[0].startswith("-")]
    flags = [unit for unit in units if unit[0].startswith("-")]
    random.shuffle(flags)
    text = shlex.join([slash, verb, *(word for unit in (*flags, *names) for word in unit)])
    assert parse(text, default_namespace="other") == command


@given(commands, st.sampled_from(['"', "'", "\u201c", "\u2018"]))
def test_quotes_change_nothing(command: Command, quote: str) -> None:
    """Each word may stand in quotes of any sort, straight or smart."""
    closing = {"\u201c": "\u201d", "\u2018": "\u2019"}.get(quote, quote)
    text = " ".join(f"{quote}{word}{closing}" for word in shlex.split(spell(command)))
    assert parse(text, default_namespace="other") == command


@given(commands)
def test_long_flags_take_an_equals_sign_or_a_space(command: Command) -> None:
    """`--tail=20` and `--tail 20` mean the same."""
    text = shlex.join(
        part for word in shlex.split(spell(command)) for part in word.split("=", 1 if word[:2] == "--" else 0)
    )
    assert parse(text, default_namespace="other") == command


def test_the_spelling_is_what_a_person_would_type() -> None:
    """Messages show the short form."""
    assert spell(CanI(verb=Verb.DELETE, namespace="payments")) == f"{SLASH} can-i delete -n payments"
    assert spell(ListPods(namespace=ALL_NAMESPACES, broken=True)) == f"{SLASH} list -A --broken"
    assert spell(GetLogs(namespace="a", pod="b", tail=5)) == f"{SLASH} logs b -n a --tail=5"


def _units(words: list[str]) -> list[tuple[str, ...]]:
    """Words with each short flag and its value kept together."""
    rest = iter(words)
    return [(word, next(rest)) if word in {"-n", "-l", "-o", "-c"} else (word,) for word in rest]
