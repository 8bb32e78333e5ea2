"""What people type to look at pods, beside what test_grammar.py has for the plain forms."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.commands.grammar import Misunderstood, parse
from bot.model.commands import (
    Command,
    ExportPods,
    FindAddress,
    Form,
    ListEvents,
    ListPods,
    OpenPod,
    TopPods,
)
from bot.model.pods import ALL_NAMESPACES
from bot.model.targets import Target, TargetKind

WEB, DB = Target(TargetKind.DEPLOYMENT, "web"), Target(TargetKind.POD, "db-0")


def shop(**fields: object) -> ListPods:
    return ListPods(namespace="shop", **fields)  # type: ignore[arg-type]    # the table below says fields by name


UNDERSTOOD: dict[str, Command] = {
    "get pods --field-selector status.phase=Failed": shop(fields="status.phase=Failed"),
    "get po --field-selector=status.phase!=Running,spec.nodeName=node-3": shop(
        fields="status.phase!=Running,spec.nodeName=node-3"
    ),
    "list --sort-by age": shop(sort="age"),
    "get pods --sort-by=.status.startTime": shop(sort=".status.startTime"),
    "get pods --sort-by='{.metadata.name}'": shop(sort="{.metadata.name}"),
    "get pods --sort-by=“{.metadata.name}”": shop(sort="{.metadata.name}"),
    "get pods a db-0": shop(targets=(Target(TargetKind.POD, "a"), DB)),
    "get deploy/web pod/db-0": shop(targets=(WEB, DB)),
    "get deployments.apps/web": shop(targets=(WEB,)),
    "get deploy web": shop(targets=(WEB,)),
    "get deploy/web --broken -o wide": shop(targets=(WEB,), broken=True, wide=True),
    "get pods -o json": ExportPods(listing=shop(), form=Form.JSON),
    "get pods -oyaml -l app=web": ExportPods(listing=shop(selector="app=web"), form=Form.YAML),
    "get pod db-0 -o yaml": ExportPods(listing=shop(targets=(DB,)), form=Form.YAML),
    "list -A -o name": ExportPods(listing=ListPods(namespace=ALL_NAMESPACES), form=Form.NAME),
    "list -o file --broken": ExportPods(listing=shop(broken=True), form=Form.TABLE),
    "get pod web-": OpenPod(namespace="shop", pod="web-", begins=True),
    "list --ip 10.2.3.4": FindAddress(namespace=ALL_NAMESPACES, address="10.2.3.4"),
    "list --ip=10.2.3.4 -n payments": FindAddress(namespace="payments", address="10.2.3.4"),
    "get pods --ip FD00:0:0::1": FindAddress(namespace=ALL_NAMESPACES, address="fd00::1"),
    "list --ip <http://10.2.3.4|10.2.3.4>": FindAddress(namespace=ALL_NAMESPACES, address="10.2.3.4"),
    "find web:1.5": ListPods(namespace=ALL_NAMESPACES, containing="web:1.5"),
    "find 'a b' -n shop": shop(containing="a b"),
    "events": ListEvents(namespace="shop"),
    "event": ListEvents(namespace="shop"),
    "events -A --since 10m": ListEvents(namespace=ALL_NAMESPACES, since=timedelta(minutes=10)),
    "events db-0": ListEvents(namespace="shop", pod="db-0"),
    "events pod/db-0 --types=Warning": ListEvents(namespace="shop", pod="db-0", warnings=True),
    "events --for pod/db-0": ListEvents(namespace="shop", pod="db-0"),
    "events --types Normal,Warning": ListEvents(namespace="shop"),
    "kubectl get events": ListEvents(namespace="shop"),
    "get ev -A": ListEvents(namespace=ALL_NAMESPACES),
    "top": TopPods(namespace="shop"),
    "top pods -A --sort-by=cpu": TopPods(namespace=ALL_NAMESPACES, sort="cpu"),
    "top po -l app=web --sum": TopPods(namespace="shop", selector="app=web", total=True),
    "top pod db-0 --containers": TopPods(namespace="shop", pod="db-0", containers=True),
    "top web-": TopPods(namespace="shop", pod="web-"),
}

REFUSED = {
    "get deployments": "For those of one workload: `/pods get deploy/NAME`",
    "get podz": "Did you mean `get pods`?",
    "get pods -A db-0": "A pod's name goes with one namespace",
    "get pod db-0 -l app=web": "not both",
    "get pod db-0 --broken": "not both",
    "get pod db-0 --field-selector=a=b": "not both",
    "get pods db-0 --ip 10.2.3.4": "not both",
    "list --ip 10.2.3": "is no IP address",
    "list --ip 10.2.3.4 --broken": "other flags do not go with it",
    "list --ip 10.2.3.4 -o json": "other flags do not go with it",
    "list --sort-by=ages": "Did you mean `age`?",
    "list --sort-by='.a[?(@.b)]'": "a filter (`?()`) names no single value",
    "list --field-selector 'a b'": "is no field selector",
    "list -o josn": "Did you mean `-o json`?",
    "find": "takes one text to look for",
    "find a b": "Put quotes around several words",
    "find ''": "takes one text|looks for a text",
    "events web-1 web-2": "takes one pod at a time",
    "events deploy/web": "`events` takes `pod/NAME`",
    "events -A web-1": "A pod's name goes with one namespace",
    "events --types=Odd": "`--types` takes `Warning` and `Normal`",
    "events --types=Normal": "would hide what is wrong",
    "events --since=1ms": "at least `1s`",
    "events --watch": "podbot does not take `--watch`",
    "get events --sort-by=.lastTimestamp": "events come newest first",
    "get events web-1": "`/pods events web-1`",
    "top nodes": "for nodes use kubectl",
    "top deploy": "takes pods, not `deploy`",
    "top pod a b": "takes one pod at a time",
    "top pod db-0 -l app=web": "not both",
    "top --sort-by=size": "takes `cpu` or `memory`",
    "top --field-selector=a=b": "podbot does not take `--field-selector`",
}


@pytest.mark.parametrize(("text", "command"), UNDERSTOOD.items(), ids=UNDERSTOOD)
def test_a_look_is_understood(text: str, command: Command) -> None:
    """In kubectl's words and in podbot's own."""
    assert parse(text, default_namespace="shop") == command


@pytest.mark.parametrize(("text", "why"), REFUSED.items(), ids=REFUSED)
def test_what_cannot_be_meant_is_refused_with_a_way_on(text: str, why: str) -> None:
    """By name, with what to type instead."""
    with pytest.raises(Misunderstood) as refused:
        parse(text, default_namespace="shop")
    assert any(each in str(refused.value) for each in why.split("|"))
