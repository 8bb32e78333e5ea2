"""The demo's content: a small shop with payments, batch jobs and the cluster's own services, days old.

The past is not written down but lived: the cluster runs on a manual clock from four days ago to now, so that
ages, owners, events, restarts and logs are what they would be.
"""

from datetime import timedelta

from bot.playground.cluster.clock import Clock, ManualClock, SystemClock
from bot.playground.cluster.cluster import SimulatedCluster
from bot.playground.cluster.controllers.jobs import run_cron_job
from bot.playground.cluster.kubelet.plans import Ending
from bot.playground.cluster.objects import Json
from bot.playground.cluster.pod_template import completed_pod
from bot.playground.cluster.scenarios.deaths import OOM_WORDS
from bot.playground.cluster.workloads import container, deployment, http_probes, template, workload

DAY = 86_400.0
HOUR = 3_600.0
SETTLE = 60.0


def demo_cluster(*, clock: Clock | None = None, pace: float = 1.0, seed: int = 7) -> SimulatedCluster:
    """Return a cluster with the demo's content, alive and settled at the clock's present moment."""
    clock = clock or SystemClock()
    past = ManualClock(clock.now() - timedelta(days=4, hours=3))
    cluster = SimulatedCluster(clock=past, seed=seed)
    _live_through_the_past(cluster)
    left = (clock.now() - past.now()).total_seconds()
    cluster.agenda.play_through(max(0.0, left))
    cluster.events.forget_old()
    cluster.begin()
    cluster.continue_on(clock, pace=pace)
    return cluster


def _live_through_the_past(cluster: SimulatedCluster) -> None:
    cluster.create_nodes()
    for namespace in ("kube-system", "shop", "payments", "batch", "tools"):
        cluster.create_namespace(namespace)
    _cluster_services(cluster)
    cluster.agenda.play_through(1 * DAY)
    _payments(cluster)
    cluster.agenda.play_through(0.6 * DAY)
    _shop(cluster)
    cluster.agenda.play_through(1.1 * DAY)
    _batch(cluster)
    cluster.agenda.play_through(1.2 * DAY)
    _toolbox(cluster)
    run_cron_job(cluster.world, "batch", "nightly-import")
    cluster.agenda.play_through(2 * HOUR)
    _an_old_death(cluster)
    cluster.agenda.play_through(SETTLE)


def _cluster_services(cluster: SimulatedCluster) -> None:
    dns = container("coredns", "coredns/coredns:v1.12.1", cpu="100m", memory="170Mi")
    deployment(cluster.world, "kube-system", "coredns", template("coredns", [dns]), replicas=2)


def _payments(cluster: SimulatedCluster) -> None:
    world = cluster.world
    database = container("postgres", "payments/postgres:17.5", cpu="500m", memory="1Gi")
    spec: Json = {
        "replicas": 3,
        "serviceName": "ledger",
        "podManagementPolicy": "OrderedReady",
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}},
        "template": template("ledger", [database], terminationGracePeriodSeconds=60),
    }
    workload(world, "StatefulSet", "payments", "ledger", spec)
    app = container("app", "payments/api:3.8.2", cpu="500m", memory="512Mi", **http_probes())
    proxy = container("proxy", "payments/proxy:1.29.0", cpu="100m", memory="128Mi")
    deployment(world, "payments", "api", template("api", [app, proxy]), replicas=2)
    budget = {"minAvailable": 2, "selector": {"matchLabels": {"app": "ledger"}}}
    workload(world, "PodDisruptionBudget", "payments", "ledger", budget)


def _shop(cluster: SimulatedCluster) -> None:
    world = cluster.world
    web = container("app", "shop/web:1.4.1", memory="256Mi", **http_probes())
    scratch = [{"name": "cache", "emptyDir": {}}]
    deployment(world, "shop", "web", template("web", [web], volumes=scratch), replicas=5)
    cart = container("app", "shop/cart:2.0.7", **http_probes())
    migrate = container("migrate", "shop/migrate:42", cpu="100m", memory="64Mi")
    deployment(world, "shop", "cart", template("cart", [cart], initContainers=[migrate]), replicas=2)
    search = container("app", "shop/search:5.11.0", cpu="500m", memory="512Mi", **http_probes())
    shipper = container(
        "log-shipper", "shop/log-shipper:0.9.4", cpu="50m", memory="64Mi", restartPolicy="Always"
    )
    deployment(world, "shop", "search", template("search", [search], initContainers=[shipper]), replicas=3)
    budget = {"maxUnavailable": 1, "selector": {"matchLabels": {"app": "search"}}}
    workload(world, "PodDisruptionBudget", "shop", "search", budget)


def _batch(cluster: SimulatedCluster) -> None:
    world = cluster.world
    importer = container("import", "batch/import:1.12.0", cpu="500m", memory="512Mi")
    job = {
        "backoffLimit": 2,
        "completions": 1,
        "parallelism": 1,
        "template": template("nightly-import", [importer], restartPolicy="Never"),
    }
    spec: Json = {
        "schedule": "15 2 * * *",
        "suspend": False,
        "concurrencyPolicy": "Forbid",
        "jobTemplate": {"metadata": {"labels": {"app": "nightly-import"}}, "spec": job},
    }
    workload(world, "CronJob", "batch", "nightly-import", spec)
    backup = container("backup", "batch/backup:0.4.0", cpu="200m", memory="256Mi")
    once = {
        "backoffLimit": 4,
        "completions": 1,
        "parallelism": 1,
        "template": template("backup-before-migration", [backup], restartPolicy="Never"),
    }
    workload(world, "Job", "batch", "backup-before-migration", once)


def _toolbox(cluster: SimulatedCluster) -> None:
    tool = container("shell", "tools/toolbox:12.6", cpu="100m", memory="128Mi")
    pod = {
        "metadata": {"name": "toolbox", "namespace": "tools", "labels": {"app": "toolbox"}},
        "spec": {"containers": [tool]},
    }
    cluster.store.create(completed_pod(pod, cluster.world.names, cluster.now()))


def _an_old_death(cluster: SimulatedCluster) -> None:
    """One pod was OOM-killed a while ago: a restart in the list, and no incident."""
    pod = cluster.pods("shop", app="web")[2]
    runtime = cluster.kubelet.runtime(pod["metadata"]["uid"])
    if runtime is not None:
        ending = Ending(exit_code=137, reason="OOMKilled", last_words=OOM_WORDS)
        cluster.kubelet.runner.end(runtime, runtime.container("app"), ending)
