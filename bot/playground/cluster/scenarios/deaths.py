"""Containers that die, in each of the ways that shows in a container's status or the kubelet's events."""

from collections.abc import Callable

from bot.playground.cluster.kubelet.plans import (
    ContainerPlan,
    Ending,
    Probe,
    ProbeFailure,
    Refusal,
)
from bot.playground.cluster.kubelet.runtime import Role
from bot.playground.cluster.objects import Json, name_of, namespace_of, uid_of
from bot.playground.cluster.scenarios.stage import Choice, Stage
from bot.playground.cluster.scenarios.table import Group, Scenario, TargetKind

OOM_WORDS = (
    'level=info msg="rebuilding price index" products=48210',
    'level=warn msg="heap is growing" heap=231MiB limit=256MiB',
    'level=warn msg="garbage collection took long" pause=912ms heap=249MiB',
    'level=warn msg="heap is growing" heap=255MiB limit=256MiB',
)
PANIC_WORDS = (
    'level=error msg="cannot load price table" error="unexpected end of JSON input"',
    "panic: runtime error: invalid memory address or nil pointer dereference",
    "goroutine 1 [running]:",
    "main.loadPrices(0x0, {0x4d2b1a, 0x1c})",
    "\t/src/shop/prices.go:118 +0x2f4",
    "main.main()",
    "\t/src/shop/main.go:41 +0x1a8",
)
SEGFAULT_WORDS = (
    'level=info msg="resizing image" id=8812 size=4096x4096',
    "SIGSEGV: segmentation violation code=0x1 addr=0x18",
    "fatal: libvips: access past end of buffer",
)
CONNECT_WORDS = (
    'level=info msg="connecting to the database" host=ledger.payments port=5432',
    'level=error msg="connection refused" host=ledger.payments attempt=5',
    'level=error msg="giving up" error="dial tcp 10.96.14.7:5432: connect: connection refused"',
)
MIGRATE_WORDS = (
    "migrate: applying 0043_add_discounts.sql",
    'migrate: ERROR: column "discount" of relation "orders" already exists',
    "migrate: rolled back; exiting",
)
MISSING_BINARY = (
    "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create "
    'failed: unable to start container process: error during container init: exec: "/app/serve": stat '
    "/app/serve: no such file or directory"
)


def _oom(stage: Stage, choice: Choice) -> str:
    actor = stage.actor(choice)
    stage.end_run(actor, Ending(exit_code=137, reason="OOMKilled", last_words=OOM_WORDS))
    return f"{actor.title} OOM-killed"


def _error(stage: Stage, choice: Choice) -> str:
    actor = stage.actor(choice)
    stage.end_run(actor, Ending(exit_code=1, last_words=PANIC_WORDS))
    return f"{actor.title} exited with 1"


def _segfault(stage: Stage, choice: Choice) -> str:
    actor = stage.actor(choice)
    stage.end_run(actor, Ending(exit_code=139, last_words=SEGFAULT_WORDS))
    return f"{actor.title} killed by SIGSEGV (139)"


def _exit_zero(stage: Stage, choice: Choice) -> str:
    actor = stage.actor(choice)
    words = ('level=info msg="nothing left to do"', 'level=info msg="bye"')
    stage.end_run(actor, Ending(exit_code=0, reason="Completed", last_words=words))
    return f"{actor.title} exited with 0, though it should run on"


def _crash_loop(stage: Stage, choice: Choice) -> str:
    actor = stage.actor(choice)
    ending = Ending(after=2.0, exit_code=1, last_words=CONNECT_WORDS)
    plan = ContainerPlan(ending=ending)
    stage.kubelet.host.plans.for_pod(uid_of(actor.pod), plan, container=actor.container.name)
    stage.end_run(actor, ending)
    return f"{actor.title} crashes again after each restart"


def _fast_restart(stage: Stage, choice: Choice) -> str:
    actor = stage.actor(choice)
    stage.end_run(actor, Ending(exit_code=2, last_words=PANIC_WORDS), unseen=True)
    return f"{actor.title} exited with 2 and was restarted before anybody looked"


def _one_of_two(stage: Stage, choice: Choice) -> str:
    actor = stage.actor(choice, container="proxy")
    words = ("[critical] assert failure: upstream pool is empty", "[critical] caught SIGABRT")
    stage.end_run(actor, Ending(exit_code=134, last_words=words))
    return f"{actor.title} aborted (134) while its neighbour runs on"


def _sidecar(stage: Stage, choice: Choice) -> str:
    actor = stage.actor(choice, role=Role.SIDECAR)
    words = ("[error] cannot flush: 503 from log store", "[error] buffer is full, exiting")
    stage.end_run(actor, Ending(exit_code=1, last_words=words))
    return f"{actor.title} (sidecar) exited with 1"


def _start_error(stage: Stage, choice: Choice) -> str:
    actor = stage.actor(choice)
    ending = Ending(exit_code=128, reason="StartError", message=MISSING_BINARY)
    refusal = Refusal(reason="RunContainerError", message=MISSING_BINARY, runs_into=ending)
    plans = stage.kubelet.host.plans
    plans.for_pod(uid_of(actor.pod), ContainerPlan(refusal=refusal), container=actor.container.name)
    stage.end_run(actor, Ending(exit_code=1, last_words=PANIC_WORDS))
    return f"{actor.title} exited with 1 and cannot be started any more (StartError)"


def _init_failed(stage: Stage, choice: Choice) -> str:
    workload = stage.workload(choice)
    changed = stage.change_template(workload, _with_init_container)
    plan = ContainerPlan(ending=Ending(after=1.5, exit_code=1, last_words=MIGRATE_WORDS))
    stage.plan_workload(changed, plan, container="migrate")
    return f"{name_of(workload)} in {namespace_of(workload)}: a new revision whose init container fails"


def _with_init_container(template: Json) -> None:
    containers = template["spec"].setdefault("initContainers", [])
    if not any(c["name"] == "migrate" for c in containers):
        image = template["spec"]["containers"][0]["image"].rsplit("/", 1)[0]
        containers.append({"name": "migrate", "image": f"{image}/migrate:43", "resources": {}})
    _bump(template)


def _bump(template: Json) -> None:
    annotations = template["metadata"].setdefault("annotations", {})
    annotations["shop.example/build"] = str(int(annotations.get("shop.example/build", "100")) + 1)


def _probe(kind: Probe, message: str) -> ProbeFailure:
    return ProbeFailure(probe=kind, message=message, first_after=1.0, period=5.0)


def _liveness(stage: Stage, choice: Choice) -> str:
    actor = stage.actor(choice)
    message = (
        f'Get "http://{actor.runtime.address}:8080/healthz": context deadline exceeded '
        "(Client.Timeout exceeded while awaiting headers)"
    )
    stage.kubelet.runner.fail_probe(actor.runtime, actor.container, _probe(Probe.LIVENESS, message))
    return f"{actor.title} answers its liveness probe no more and will be killed"


def _startup(stage: Stage, choice: Choice) -> str:
    actor = stage.actor(choice)
    message = f"dial tcp {actor.runtime.address}:8080: connect: connection refused"
    plan = ContainerPlan(probe_failure=_probe(Probe.STARTUP, message), times=1)
    stage.kubelet.host.plans.for_pod(uid_of(actor.pod), plan, container=actor.container.name)
    stage.end_run(actor, Ending(exit_code=1, last_words=PANIC_WORDS))
    return f"{actor.title} exited with 1 and its next start fails the startup probe"


_WEB = ("shop", "web")


def dies(
    id_: str,
    title: str,
    hint: str,
    act: Callable[[Stage, Choice], str],
    *,
    usual: tuple[str, str] = _WEB,
    target: TargetKind = TargetKind.POD,
) -> Scenario:
    """Return the table entry of a death; it befalls a pod of the shop's web unless said otherwise."""
    return Scenario(id=id_, title=title, hint=hint, group=Group.DIES, target=target, usual=usual, act=act)


DEATHS = (
    dies("oom-kill", "OOM-kill", "The kernel kills a container over its limit (OOMKilled, 137)", _oom),
    dies("error-exit", "Crash", "A container exits with 1 after a panic", _error),
    dies("segfault", "Segmentation fault", "A container is killed by SIGSEGV (139)", _segfault),
    dies("exit-zero", "Unexpected exit", "A container that should run for ever exits with 0", _exit_zero),
    dies(
        "crash-loop", "Crash loop", "A container crashes after every restart (CrashLoopBackOff)", _crash_loop
    ),
    dies("fast-restart", "Fast restart", "A death that only lastState ever shows", _fast_restart),
    dies(
        "one-of-two",
        "One of two containers",
        "Only the proxy beside the app dies",
        _one_of_two,
        usual=("payments", "api"),
    ),
    dies("sidecar", "Sidecar", "A restartable init container dies", _sidecar, usual=("shop", "search")),
    dies("start-error", "Cannot start again", "The binary is missing (StartError, 128)", _start_error),
    dies(
        "init-failed",
        "Init container fails",
        "A new revision's migration exits with 1",
        _init_failed,
        usual=("shop", "cart"),
        target=TargetKind.WORKLOAD,
    ),
    dies("liveness", "Liveness probe", "Three failed probes, then the kubelet kills it", _liveness),
    dies("startup", "Startup probe", "It never gets up in time and is killed", _startup),
)
