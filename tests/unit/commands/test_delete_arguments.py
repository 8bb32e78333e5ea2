"""`delete` takes whole names of pods or labels, and kubectl's ways to say how."""

from __future__ import annotations

import pytest

from bot.commands.grammar import Misunderstood, parse
from bot.commands.spelling import spell
from bot.model.commands import Command, DeletePod, DeletePods, Manner


def one(name: str = "web-1", namespace: str = "default", **manner: object) -> DeletePod:
    return DeletePod(namespace=namespace, pod=name, manner=Manner(**manner))  # type: ignore[arg-type]  # of a table


def several(*names: str, selector: str = "", namespace: str = "default", **manner: object) -> DeletePods:
    how = Manner(**manner)  # type: ignore[arg-type]  # of a table
    return DeletePods(namespace=namespace, pods=names, selector=selector, manner=how)


UNDERSTOOD: dict[str, Command] = {
    "delete web-1": one(),
    "delete pod web-1": one(),
    "delete pods/web-1 -n shop": one(namespace="shop"),
    "delete -n shop Pod web-1.a": one("web-1.a", namespace="shop"),
    "delete web-1 web-2": several("web-1", "web-2"),
    "delete pod web-1 web-2 web-1": several("web-1", "web-2"),
    "delete pod/web-1 pod/web-2": several("web-1", "web-2"),
    "delete pod/pods": one("pods"),
    "delete -l app=web": several(selector="app=web"),
    "delete pods -lapp=web -nshop": several(selector="app=web", namespace="shop"),
    "delete web-1 --grace-period=30": one(grace=30),
    "delete web-1 --grace-period -1": one(),
    "delete web-1 --grace-period=0": one(grace=1),
    "delete web-1 --now": one(grace=1),
    "delete web-1 --force": one(force=True),
    "delete web-1 --force --grace-period=0": one(force=True),
    "delete web-1 --force=false": one(),
    "delete web-1 --dry-run=server": one(dry_run=True),
    "delete web-1 --dry-run=none": one(),
    "delete web-1 --reason 'stuck  on stale lock'": one(reason="stuck on stale lock"),
    "delete web-1 --reason=“disk is full”": one(reason="disk is full"),
}


@pytest.mark.parametrize(("text", "command"), UNDERSTOOD.items(), ids=UNDERSTOOD.keys())
def test_understood(text: str, command: Command) -> None:
    """The words mean what they mean to kubectl, and are spelled so that they mean it again."""
    assert parse(text, default_namespace="default") == command
    assert parse(spell(command), default_namespace="other") == command


REFUSED = {
    "delete": "`delete` needs a pod's name",
    "delete pod": "`delete` needs a pod's name",
    "delete web-": "`web-` cannot be a pod's name",
    "delete deploy web": "`delete` takes `pod/NAME`, not `deploy/web`",
    "delete deploy/web": "`delete` takes `pod/NAME`, not `deploy/web`",
    "delete sts/db pod/web-1": "`delete` takes `pod/NAME`, not `sts/db`",
    "delete secret/token": "secrets are not among them",
    "delete web-1 -l app=web": "names or labels, not both",
    "delete -l 'app=web;rm'": "is no label selector",
    "delete pods --all": "podbot does not take `--all`: name the pods",
    "delete pods -A": "podbot does not take `--all-namespaces`: it deletes in one namespace",
    "delete web-1 --force --grace-period=5": "`--force` leaves no grace",
    "delete web-1 --now --grace-period=5": "leave `--grace-period` out",
    "delete web-1 --grace-period=soon": "a number of seconds",
    "delete web-1 --grace-period=9999999": "a number of seconds up to 604,800",
    "delete web-1 --dry-run": "`--dry-run` needs server behind it",
    "delete --dry-run web-1": "`--dry-run` is `server` here, not `web-1`",
    "delete web-1 --dry-run=client": "`--dry-run` is `server` here, not `client`",
    "delete web-1 --reason": "`--reason` needs TEXT behind it",
    f"delete web-1 --reason {'x' * 201}": "A reason has at most 200 characters; this one has 201",
    "delete web-1 --cascade=orphan": "podbot does not take `--cascade`",
}


@pytest.mark.parametrize(("text", "why"), REFUSED.items(), ids=[text[:50] for text in REFUSED])
def test_refused(text: str, why: str) -> None:
    """What is not understood deletes nothing, and is answered with what to write."""
    with pytest.raises(Misunderstood) as refusal:
        parse(text, default_namespace="default")
    assert why in str(refusal.value)
