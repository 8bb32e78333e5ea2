"""The Deployment controller: one ReplicaSet a revision, rolled over within maxSurge and maxUnavailable."""

import math

from bot.playground.cluster.controllers.world import World
from bot.playground.cluster.naming import template_hash
from bot.playground.cluster.objects import (
    Json,
    controller_of,
    copied,
    name_of,
    namespace_of,
    owner_reference,
    timestamp,
    uid_of,
    with_condition,
)
from bot.playground.cluster.resources import DEPLOYMENTS, REPLICASETS

COMPONENT = "deployment-controller"
REVISION = "deployment.kubernetes.io/revision"
REVISION_HISTORY = "deployment.kubernetes.io/revision-history"
HASH = "pod-template-hash"


def replica_sets_of(world: World, deployment: Json) -> list[Json]:
    """Return a Deployment's ReplicaSets, oldest revision first."""
    owned = [
        replica_set
        for replica_set in world.store.all(REPLICASETS, namespace_of(deployment))
        if (reference := controller_of(replica_set)) is not None and reference["uid"] == uid_of(deployment)
    ]
    return sorted(owned, key=revision_of)


def revision_of(obj: Json) -> int:
    """Return the revision that an object's annotation gives."""
    return int(obj["metadata"].get("annotations", {}).get(REVISION, "0"))


def reconcile_deployment(world: World, namespace: str, name: str) -> None:
    """Bring the newest ReplicaSet up and the older ones down, a step at a time, and write the status."""
    deployment = world.store.find(DEPLOYMENTS, namespace, name)
    if deployment is None:
        return
    sets = replica_sets_of(world, deployment)
    wanted_hash = template_hash(deployment["spec"]["template"])
    newest = next((s for s in sets if s["metadata"]["labels"][HASH] == wanted_hash), None)
    if newest is None:
        newest = _create(world, deployment, wanted_hash, revision=revision_of(sets[-1]) + 1 if sets else 1)
    elif sets[-1] is not newest:
        newest = copied(newest)
        annotations = newest["metadata"]["annotations"]
        earlier = [annotations[REVISION_HISTORY]] if REVISION_HISTORY in annotations else []
        annotations[REVISION_HISTORY] = ",".join([*earlier, annotations[REVISION]])
        annotations[REVISION] = str(revision_of(sets[-1]) + 1)
        newest = world.store.update(newest)
    older = [s for s in sets if uid_of(s) != uid_of(newest)]
    _roll(world, deployment, newest, older)
    _write_status(world, namespace, name)


def _create(world: World, deployment: Json, hash_text: str, *, revision: int) -> Json:
    template = copied(deployment["spec"]["template"])
    template["metadata"].setdefault("labels", {})[HASH] = hash_text
    return world.store.create(
        {
            "kind": "ReplicaSet",
            "apiVersion": "apps/v1",
            "metadata": {
                "name": f"{name_of(deployment)}-{hash_text}",
                "namespace": namespace_of(deployment),
                "uid": world.names.uid(),
                "creationTimestamp": timestamp(world.agenda.now()),
                "generation": 1,
                "labels": dict(template["metadata"]["labels"]),
                "annotations": {
                    REVISION: str(revision),
                    "deployment.kubernetes.io/desired-replicas": str(deployment["spec"]["replicas"]),
                },
                "ownerReferences": [owner_reference(deployment)],
            },
            "spec": {
                "replicas": 0,
                "selector": {"matchLabels": dict(template["metadata"]["labels"])},
                "template": template,
            },
            "status": {"replicas": 0},
        }
    )


def _share(text: str | int, replicas: int, *, up: bool) -> int:
    if isinstance(text, int):
        return text
    part = replicas * int(text.rstrip("%")) / 100
    return math.ceil(part) if up else math.floor(part)


def _roll(world: World, deployment: Json, newest: Json, older: list[Json]) -> None:
    replicas = deployment["spec"]["replicas"]
    strategy = deployment["spec"].get("strategy", {}).get("rollingUpdate", {})
    surge = _share(strategy.get("maxSurge", "25%"), replicas, up=True)
    unavailable = _share(strategy.get("maxUnavailable", "25%"), replicas, up=False)
    if not surge and not unavailable:
        unavailable = 1
    total = newest["spec"]["replicas"] + sum(s["spec"]["replicas"] for s in older)
    if newest["spec"]["replicas"] > replicas or not older:
        _scale(world, deployment, newest, replicas)
    elif newest["spec"]["replicas"] < replicas:
        room = replicas + surge - total
        if room > 0:
            _scale(world, deployment, newest, min(replicas, newest["spec"]["replicas"] + room))
    _scale_down_old(world, deployment, newest, older, least=replicas - unavailable)


def _scale_down_old(world: World, deployment: Json, newest: Json, older: list[Json], *, least: int) -> None:
    """Take old pods down: first those that are not available, then others while enough stay available.

    What may go is reckoned from the wanted sizes, which are never behind (`reconcileOldReplicaSets`).
    """
    current = world.store.get(REPLICASETS, namespace_of(newest), name_of(newest))
    size = {name_of(s): s["spec"]["replicas"] for s in [*older, current]}
    available = {name_of(s): s["status"].get("availableReplicas", 0) for s in [*older, current]}
    not_yet = max(0, size[name_of(current)] - available[name_of(current)])
    room = sum(size.values()) - least - not_yet
    if room <= 0:
        return
    spare = sum(available.values()) - least
    for replica_set in older:
        name = name_of(replica_set)
        broken = min(room, max(0, size[name] - available[name]))
        whole = max(0, min(spare, size[name] - broken))
        room -= broken
        spare -= whole
        if broken + whole:
            _scale(world, deployment, replica_set, size[name] - broken - whole)


def _scale(world: World, deployment: Json, replica_set: Json, size: int) -> None:
    current = world.store.get(REPLICASETS, namespace_of(replica_set), name_of(replica_set))
    before = current["spec"]["replicas"]
    if before == size:
        return
    current["spec"]["replicas"] = size
    current["metadata"]["generation"] += 1
    world.store.update(current)
    way = "up" if size > before else "down"
    message = f"Scaled {way} replica set {name_of(current)} from {before} to {size}"
    world.events.normal(deployment, "ScalingReplicaSet", message, component=COMPONENT)


def _write_status(world: World, namespace: str, name: str) -> None:
    deployment = world.store.get(DEPLOYMENTS, namespace, name)
    sets = replica_sets_of(world, deployment)
    wanted, newest = deployment["spec"]["replicas"], sets[-1]

    def count(field: str) -> int:
        return sum(s["status"].get(field, 0) for s in sets)

    updated, ready = newest["status"].get("replicas", 0), count("readyReplicas")
    counts = {
        "replicas": count("replicas"),
        "updatedReplicas": updated,
        "readyReplicas": ready,
        "availableReplicas": ready,
        "unavailableReplicas": max(0, max(wanted, count("replicas")) - ready),
    }
    status: Json = {"observedGeneration": deployment["metadata"]["generation"]}
    status |= {key: value for key, value in counts.items() if value}
    done = updated == wanted == count("replicas") and newest["status"].get("readyReplicas", 0) == wanted
    enough = ready >= wanted - _share("25%", wanted, up=False)
    now = world.agenda.now()
    conditions = with_condition(deployment["status"].get("conditions", ()), _available(enough=enough), now)
    status["conditions"] = with_condition(conditions, _progressing(newest, done=done), now)
    deployment["status"] = status
    deployment["metadata"].setdefault("annotations", {})[REVISION] = str(revision_of(newest))
    world.store.update(deployment)


def _available(*, enough: bool) -> Json:
    which = "has" if enough else "does not have"
    return {
        "type": "Available",
        "status": "True" if enough else "False",
        "reason": "MinimumReplicasAvailable" if enough else "MinimumReplicasUnavailable",
        "message": f"Deployment {which} minimum availability.",
    }


def _progressing(newest: Json, *, done: bool) -> Json:
    what = "has successfully progressed" if done else "is progressing"
    return {
        "type": "Progressing",
        "status": "True",
        "reason": "NewReplicaSetAvailable" if done else "ReplicaSetUpdated",
        "message": f'ReplicaSet "{name_of(newest)}" {what}.',
    }
