"""`logs`: whatever on-call fingers type behind it becomes one command, or is refused by name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.commands.grammar import Misunderstood, parse
from bot.commands.spelling import spell
from bot.model.commands import Command, FollowLogs, GetLogs
from bot.model.targets import Target, TargetKind

WEB = Target(TargetKind.DEPLOYMENT, "web")
DB = Target(TargetKind.STATEFUL_SET, "db")


def logs(**fields: object) -> GetLogs:
    given: dict[str, object] = {"namespace": "default"} | fields
    return GetLogs(**given)  # type: ignore[arg-type]    # the tables below say fields by name


def pod(**fields: object) -> GetLogs:
    return logs(pod="web-1", **fields)


UNDERSTOOD: dict[str, Command] = {
    "logs deploy/web": logs(targets=(WEB,)),
    "logs deployment web": logs(targets=(WEB,)),
    "logs deployments.apps/web": logs(targets=(WEB,)),
    "logs Deploy/web": logs(targets=(WEB,)),
    "logs deploy/web app": logs(targets=(WEB,), container="app"),
    "logs deploy web app": logs(targets=(WEB,), container="app"),
    "logs deploy/web -c app --all-pods --prefix": logs(targets=(WEB,), container="app"),
    "logs deploy/web sts/db deploy/web": logs(targets=(WEB, DB)),
    "logs pod/web-1 pod/web-2": logs(
        targets=(Target(TargetKind.POD, "web-1"), Target(TargetKind.POD, "web-2"))
    ),
    "logs ds/a rs/b job/c": logs(
        targets=(
            Target(TargetKind.DAEMON_SET, "a"),
            Target(TargetKind.REPLICA_SET, "b"),
            Target(TargetKind.JOB, "c"),
        )
    ),
    "logs pod/web-1": pod(),
    "logs -l app=web": logs(selector="app=web"),
    "logs -lapp=web,tier!=x --all-containers": logs(selector="app=web,tier!=x", all_containers=True),
    "logs web-1 --all-containers=true": pod(all_containers=True),
    "logs -f web-1": FollowLogs(logs=pod()),
    "logs -f deploy/web -c app --since=10m": FollowLogs(
        logs=logs(targets=(WEB,), container="app", since=timedelta(minutes=10))
    ),
    "logs -fc app web-1 --follow": FollowLogs(logs=pod(container="app")),
    "logs web-1 --follow=false": pod(),
    "logs web-1 --since-time=2026-03-01T14:02:00Z": pod(since_time=datetime(2026, 3, 1, 14, 2, tzinfo=UTC)),
    "logs web-1 --since-time 2026-03-01T16:02:00.9+02:00": pod(
        since_time=datetime(2026, 3, 1, 14, 2, tzinfo=UTC)
    ),
    "logs web-1 --timestamps": pod(timestamps=True),
    "logs web-1 --limit-bytes=2048": pod(limit=2048),
    "logs web-1 --grep timeout": pod(grep="timeout"),
    "logs web-1 --grep 'took .* ms' -C 3 --invert": pod(grep="took .* ms", context=3, invert=True),
    "logs web-1 --grep=x -C3": pod(grep="x", context=3),
    "logs web-1 --grep=x --context-lines=0": pod(grep="x"),
    "logs web-1 --around-death": pod(around_death=True),
    "logs web-1 --around-death --tail=5 --all-containers": pod(
        around_death=True, tail=5, all_containers=True
    ),
}


@pytest.mark.parametrize(("text", "command"), UNDERSTOOD.items())
def test_a_command_is_understood(text: str, command: Command) -> None:
    """Every way to type it makes the command that was meant, and the command spells itself as that again."""
    assert parse(text, default_namespace="default") == command
    assert parse(spell(command), default_namespace="other") == command


REFUSED = {
    "logs": "`logs` needs a name: `/pods logs NAME`",
    "logs svc/web": "services are not among them",
    "logs foo/web": "`foo/web` names no pod",
    "logs delpoy/web": "Did you mean",
    "logs deploy/": "names no pod",
    "logs deploy/Web": "`Web` cannot be a workload's name",
    "logs deploy/web web-1 web-2": "has no kind before it",
    "logs web-1 -l app=web": "either names or `--selector`",
    "logs web-1 app --all-containers": "either the container `app` or `--all-containers`",
    "logs web-1 -c app --all-containers": "`--container` and `--all-containers` do not go together",
    "logs web-1 --since=1m --since-time=2026-03-01T14:02:00Z": "do not go together",
    "logs -pf web-1": "`--follow` and `--previous` do not go together: the previous run writes no more",
    "logs -f web-1 --grep=x -C 2": "`--follow` and `--context-lines` do not go together",
    "logs -f web-1 --around-death": "do not go together",
    "logs web-1 --around-death -p": "finds the run that died by itself",
    "logs web-1 --around-death --since=1h": "finds the minute",
    "logs web-1 --invert": "`--invert` goes with `--grep TEXT` only",
    "logs web-1 -C 3": "`--context-lines` goes with `--grep TEXT` only",
    "logs web-1 --grep=x -C -3": "`--context-lines` needs LINES behind it",
    "logs web-1 --grep=x -C many": "`--context-lines` takes a number from 0 to 100, not `many`",
    "logs web-1 --grep=x -C 101": "from 0 to 100",
    "logs web-1 --grep=": "`--grep` needs TEXT behind it",
    "logs web-1 --grep " + "x" * 201: "at most 200 characters, not 201",
    "logs web-1 --limit-bytes=0": "from 1 to 10,485,760",
    "logs web-1 --limit-bytes=99999999": "from 1 to 10,485,760",
    "logs web-1 --since-time=14:02": "`--since-time` takes a moment such as",
    "logs web-1 --since-time=2026-03-01": "`--since-time` takes a moment such as",
    "logs web-1 --since-time=2026-03-01T14:02:00": "`--since-time` takes a moment such as",
    "logs web-1 --since-time=0001-01-01T00:00:00+23:00": "`--since-time` takes a moment such as",
    "logs web-1 --max-log-requests=9": "podbot does not take `--max-log-requests`",
    "logs web-1 --pod-running-timeout=9s": "podbot does not take `--pod-running-timeout`",
    "logs web-1 --ignore-errors": "podbot does not take `--ignore-errors`",
    "logs web-1 --context prod": "podbot serves no cluster called `prod`.",
}


@pytest.mark.parametrize(("text", "why"), REFUSED.items())
def test_what_makes_no_sense_is_refused_by_name(text: str, why: str) -> None:
    """The refusal names the word or the pair of flags, and says why."""
    with pytest.raises(Misunderstood) as refusal:
        parse(text, default_namespace="default")
    assert why in str(refusal.value)


KUBECTL = """
all-containers all-pods container follow ignore-errors insecure-skip-tls-verify-backend limit-bytes
max-log-requests pod-running-timeout prefix previous selector since since-time tail timestamps
"""


@pytest.mark.parametrize("flag", KUBECTL.split())
def test_every_flag_of_kubectl_logs_is_known(flag: str) -> None:
    """Whatever `kubectl logs --help` lists is honoured or refused by name, never called unknown."""
    said = ""
    try:
        parse(f"logs web-1 --{flag}", default_namespace="default")
    except Misunderstood as refusal:
        said = str(refusal)
    assert "has no flag" not in said
