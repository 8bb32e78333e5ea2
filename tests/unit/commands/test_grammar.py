"""Text becomes the command that an on-call engineer meant, or a refusal that says how to go on."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.commands.flags import Flag, NotTaken
from bot.commands.grammar import Misunderstood, parse
from bot.commands.verbs import BY_WORD, VERBS, VerbSpec
from bot.model.commands import (
    CanI,
    Command,
    DescribePod,
    GetLogs,
    Help,
    ListPods,
    OpenPod,
    Verb,
    WhoAmI,
)
from bot.model.pods import ALL_NAMESPACES


def read(text: str) -> Command:
    return parse(text, default_namespace="default")


def logs(**fields: object) -> GetLogs:
    given: dict[str, object] = {"namespace": "default", "pod": "web-1"} | fields
    return GetLogs(**given)  # type: ignore[arg-type]    # the table below says fields by name


LISTS = {
    "list": ListPods(namespace="default"),
    "ls": ListPods(namespace="default"),
    "List": ListPods(namespace="default"),
    "list pods": ListPods(namespace="default"),
    "get": ListPods(namespace="default"),
    "get pods": ListPods(namespace="default"),
    "get po": ListPods(namespace="default"),
    "get pod": ListPods(namespace="default"),
    "kubectl get pods": ListPods(namespace="default"),
    "/pods list": ListPods(namespace="default"),
    "/kubectl get pods": ListPods(namespace="default"),
    "<@U0B07|podbot> list": ListPods(namespace="default"),
    "list -n shop": ListPods(namespace="shop"),
    "list -nshop": ListPods(namespace="shop"),
    "list -n=shop": ListPods(namespace="shop"),
    "list --namespace shop": ListPods(namespace="shop"),
    "list --namespace=shop": ListPods(namespace="shop"),
    "list —namespace shop": ListPods(namespace="shop"),
    "-n shop get pods": ListPods(namespace="shop"),
    "kubectl --namespace=shop get pods": ListPods(namespace="shop"),
    "get -n shop pods": ListPods(namespace="shop"),
    "list -n a -n b": ListPods(namespace="b"),
    "list -A": ListPods(namespace=ALL_NAMESPACES),
    "-A get pods": ListPods(namespace=ALL_NAMESPACES),
    "list --all-namespaces": ListPods(namespace=ALL_NAMESPACES),
    "list --all-namespaces=true -n shop": ListPods(namespace=ALL_NAMESPACES),
    "list --all-namespaces=false": ListPods(namespace="default"),
    "list -A=false": ListPods(namespace="default"),
    "list -l app=web": ListPods(namespace="default", selector="app=web"),
    "list -lapp=web": ListPods(namespace="default", selector="app=web"),
    "list -l=app=web": ListPods(namespace="default", selector="app=web"),
    "list --selector=app=web,tier!=cache": ListPods(namespace="default", selector="app=web,tier!=cache"),
    "list -l 'app in (web, api)'": ListPods(namespace="default", selector="app in (web, api)"),
    "list -o wide": ListPods(namespace="default", wide=True),
    "list -owide": ListPods(namespace="default", wide=True),
    "list --output=wide": ListPods(namespace="default", wide=True),
    "get pods -Aowide": ListPods(namespace=ALL_NAMESPACES, wide=True),
    "list --broken": ListPods(namespace="default", broken=True),
    "list --broken --broken=false": ListPods(namespace="default"),
    "list --broken --no-broken": ListPods(namespace="default"),
}

PODS = {
    "get pod web-1": OpenPod(namespace="default", pod="web-1", begins=True),
    "get pods web-1 -n shop": OpenPod(namespace="shop", pod="web-1", begins=True),
    "get pod/web-1": OpenPod(namespace="default", pod="web-1", begins=True),
    "get pods/web-1": OpenPod(namespace="default", pod="web-1", begins=True),
    "get web-1": OpenPod(namespace="default", pod="web-1", begins=True),
    "get pod web-1 -o wide": OpenPod(namespace="default", pod="web-1", begins=True),
    "describe web-1": DescribePod(namespace="default", pod="web-1"),
    "describe pod web-1": DescribePod(namespace="default", pod="web-1"),
    "describe po/web-1 -n shop": DescribePod(namespace="shop", pod="web-1"),
    "describe -- web-1": DescribePod(namespace="default", pod="web-1"),
    "describe pod/services": DescribePod(namespace="default", pod="services"),
}

LOGS = {
    "logs web-1": logs(),
    "log web-1": logs(),
    "logs web-": logs(pod="web-"),
    "logs pod web-1": logs(),
    "logs pod/web-1": logs(),
    "logs <http://web.shop|web.shop>": logs(pod="web.shop"),
    "logs service": logs(pod="service"),
    "logs web-1 app": logs(container="app"),
    "logs pod/web-1 app": logs(container="app"),
    "logs pod web-1 app": logs(container="app"),
    "logs web-1 -c app": logs(container="app"),
    "logs web-1 --container=app": logs(container="app"),
    "logs web-1 -p": logs(previous=True),
    "logs -pcapp web-1": logs(previous=True, container="app"),
    "logs -pc=app web-1": logs(previous=True, container="app"),
    "logs web-1 --previous": logs(previous=True),
    "logs --previous web-1": logs(previous=True),
    "logs web-1 -p --previous=false": logs(),
    "logs web-1 --tail=20": logs(tail=20),
    "logs web-1 --tail 20": logs(tail=20),
    "logs web-1 --tail -1": logs(tail=-1),
    "logs web-1 --since=1h30m": logs(since=timedelta(minutes=90)),
    "logs web-1 --since 10m -n shop": logs(since=timedelta(minutes=10), namespace="shop"),
}

REST = {
    "": Help(),
    "   ": Help(),
    "kubectl": Help(),
    "/pods": Help(),
    "help": Help(),
    "--help": Help(),
    "-h": Help(),
    "help log": Help(topic="logs"),
    "help auth can-i": Help(topic="can-i"),
    "logs --help": Help(topic="logs"),
    "logs web-1 -h": Help(topic="logs"),
    "whoami": WhoAmI(),
    "auth whoami": WhoAmI(),
    "can-i delete": CanI(verb=Verb.DELETE, namespace="default"),
    "can-i delete pods -n payments": CanI(verb=Verb.DELETE, namespace="payments"),
    "auth can-i delete pod": CanI(verb=Verb.DELETE, namespace="default"),
    "auth -n shop can-i list pods": CanI(verb=Verb.LIST, namespace="shop"),
    "can-i get pods/log": CanI(verb=Verb.LOGS, namespace="default"),
    "can-i get events": CanI(verb=Verb.EVENTS, namespace="default"),
    "can-i describe -A": CanI(verb=Verb.GET, namespace=ALL_NAMESPACES),
}


@pytest.mark.parametrize(("text", "command"), (LISTS | PODS | LOGS | REST).items())
def test_a_command_is_understood(text: str, command: Command) -> None:
    """Every way to type it, kubectl's or ours, makes the same command."""
    assert read(text) == command


REFUSALS = {
    "lgos web-1": "`lgos` is no verb of podbot. Did you mean `logs`?",
    "frobnicate": "`frobnicate` is no verb of podbot. `/pods help`",
    "exec web-1": "podbot does not do `exec`: `/pods logs` and `/pods describe`",
    "apply -f x.yaml": "podbot does not do `apply`",
    "rollout restart deploy/web": "podbot does not do `rollout`: `/pods delete`",
    "pods": "Did you mean `get pods`?",
    "-n shop": "no verb",
    "''": "no verb",
    "auth": "`auth can-i`",
    "auth whoam": "Did you mean `auth whoami`?",
    "help lgos": "Did you mean `logs`?",
    "help scale": "podbot does not do `scale`",
    "get services": "podbot knows pods and the workloads that start them; services are not",
    "get svc -n shop": "podbot knows pods and the workloads that start them; services are not",
    "get pods,svc": "podbot knows pods and the workloads that start them; services are not",
    "describe foo/web": "`foo/web` names no pod: write `pod/NAME`",
    "get pdos": "Did you mean `get pods`?",
    "list shop": "`/pods list -n NAMESPACE`",
    "describe": "`describe` needs a pod's name",
    "list --namespce shop": "`list` has no flag `--namespce`. Did you mean `--namespace`?",
    "list --previous": "`list` has no flag `--previous`. See `/pods help list`.",
    "list -x": "`list` has no flag `-x`.",
    "list -A1": "`list` has no flag `-1`.",
    "list -": "`list` takes no name",
    "list -namespace shop": "write `--namespace`",
    "list -n": "`--namespace` needs NAMESPACE behind it",
    "list -n ''": "`--namespace` needs NAMESPACE behind it",
    "list --namespace=": "`--namespace` needs NAMESPACE behind it",
    "list -n --broken": "`--namespace` needs NAMESPACE behind it, not `--broken`",
    "list -n Shop": "`Shop` cannot be a namespace's name: names are lower-case",
    "list -n sh_op": "`sh_op` cannot be a namespace's name",
    "list -n " + "x" * 64: "it has 64 characters, at most 63 are allowed",
    "list -n prod.eu": "`prod.eu` cannot be a namespace's name",
    "list -l app=we;b": "is no label selector",
    "list -l 'app in (a'": "is no label selector",
    "list -o jsonpath={.items}": "podbot does not answer as `jsonpath`",
    "list -o wid": "Did you mean `-o wide`?",
    "list --broken=maybe": "`--broken` is true or false, not `maybe`",
    "list -w": "podbot does not take `--watch`",
    "list --sort-by=.spec.containers[*].image": "a wildcard (`*`) names no single value",
    "list --sort-by": "`--sort-by` needs KEY behind it",
    "list --sort-by=restart": "Did you mean `restarts`?",
    "list --field-selector=phase": "is no field selector",
    "list --context prod": "podbot serves no cluster called `prod`.",
    "get pod web-1 -A": "`-n NAMESPACE` instead of `-A`",
    "get pod web-1 -l app=web": "either a pod's name or `--selector`",
    "get pod web-1 --broken": "either a pod's name or `--broken`",
    "get pod web-1 -o custom-columns=A:.a": "podbot does not answer as `custom-columns`",
    "logs web-1 app -c app": "The container is named twice",
    "logs web-1 -c App": "`App` cannot be a container's name",
    "logs web-1 --tail=many": "`--tail` takes a number of lines",
    "logs web-1 --tail=0": "`--tail` takes a number of lines",
    "logs web-1 --tail=-2": "`--tail` takes a number of lines",
    "logs web-1 --tail=٣": "`--tail` takes a number of lines",
    "logs web-1 --tail=99999999999999999999": "`--tail` takes a number of lines",
    "logs web-1 --since=yesterday": "`--since` cannot be `yesterday`",
    "logs web-1 --since=5ms": "`--since` is at least `1s`",
    "logs web-1 --since": "`--since` needs DURATION behind it",
    "logs Web-1": "`Web-1` cannot be a pod's name: names are lower-case letters, digits and hyphens, "
    "and begin and end with a letter or digit. Did you mean `web-1`?",
    "can-i": "`can-i` needs a verb",
    "can-i dlete": "Did you mean `delete`?",
    "can-i delete web-1": "Rules hold for all pods",
    "can-i delete secrets": "secrets are not among them",
    "can-i --list": "`/pods whoami` lists",
    "whoami really": "`whoami` takes no words",
}


@pytest.mark.parametrize(("text", "why"), REFUSALS.items())
def test_what_is_not_understood_is_named(text: str, why: str) -> None:
    """The answer says which word is wrong and what to write instead."""
    with pytest.raises(Misunderstood) as refusal:
        read(text)
    assert why in str(refusal.value)


def test_a_refusal_stays_readable_however_long_the_word() -> None:
    """A word of thousands of characters is cut in the answer."""
    with pytest.raises(Misunderstood) as refusal:
        read("logs " + "X" * 3000)
    assert len(str(refusal.value)) < 400


def test_a_pod_needs_a_namespace_where_there_is_no_default() -> None:
    """Where the bot serves all namespaces, a name without one is asked back for."""
    with pytest.raises(Misunderstood, match="In which namespace"):
        parse("logs web-1", default_namespace=ALL_NAMESPACES)
    assert parse("list", default_namespace=ALL_NAMESPACES) == ListPods(namespace=ALL_NAMESPACES)


@pytest.mark.parametrize("example", [example for spec in VERBS for example in spec.examples])
def test_every_example_of_the_help_is_understood(example: str) -> None:
    """Help shows nothing that the grammar does not take."""
    word = example.removeprefix("auth ").split()[0]
    assert not isinstance(read(example), Help) or BY_WORD[word].name == "help"


@pytest.mark.parametrize("spec", VERBS, ids=lambda spec: spec.name)
def test_each_flag_of_a_verb_has_one_meaning(spec: VerbSpec) -> None:
    """No flag is both taken and refused, and no short form stands for two."""
    flags: tuple[Flag | NotTaken, ...] = (*spec.flags, *spec.refused)
    names, shorts = [flag.name for flag in flags], [flag.short for flag in flags if flag.short]
    assert len(names) == len(set(names))
    assert len(shorts) == len(set(shorts))
