"""Workload objects for the demo's content and for tests: Deployments, StatefulSets, Jobs and the like,
completed.
"""

from typing import Any

from bot.playground.cluster.controllers.world import World
from bot.playground.cluster.objects import Json, copied, timestamp
from bot.playground.cluster.pod_template import completed_spec
from bot.playground.cluster.resources import BY_KIND

REGISTRY = "registry.example.com"


def container(name: str, image: str, *, cpu: str = "250m", memory: str = "256Mi", **extra: Any) -> Json:
    """Return a container with limits, and requests of half the CPU."""
    half = f"{int(cpu.removesuffix('m')) // 2}m" if cpu.endswith("m") else cpu
    resources = {"limits": {"cpu": cpu, "memory": memory}, "requests": {"cpu": half, "memory": memory}}
    return {"name": name, "image": f"{REGISTRY}/{image}", "resources": resources, **extra}


def http_probes(port: int = 8080) -> Json:
    """Return the probes of a web server."""
    probe = {
        "httpGet": {"path": "/healthz", "port": port, "scheme": "HTTP"},
        "timeoutSeconds": 1,
        "failureThreshold": 3,
    }
    return {
        "livenessProbe": probe | {"periodSeconds": 10, "successThreshold": 1},
        "readinessProbe": probe | {"periodSeconds": 5, "successThreshold": 1},
        "ports": [{"containerPort": port, "name": "http", "protocol": "TCP"}],
    }


def template(app: str, containers: list[Json], **spec: Any) -> Json:
    """Return a pod template labelled `app`."""
    return {
        "metadata": {"labels": {"app": app}},
        "spec": completed_spec({"containers": containers, **spec}),
    }


def workload(world: World, kind: str, namespace: str, name: str, spec: Json, **metadata: Any) -> Json:
    """Create a workload of a kind, selecting its pods by the template's labels, and return it."""
    full = copied(spec)
    if "template" in full and kind != "Job":
        full.setdefault("selector", {"matchLabels": dict(full["template"]["metadata"]["labels"])})
    resource = BY_KIND[kind]
    return world.store.create(
        {
            "kind": kind,
            "apiVersion": resource.api_version,
            "metadata": {
                "name": name,
                "namespace": namespace,
                "uid": world.names.uid(),
                "creationTimestamp": timestamp(world.agenda.now()),
                "generation": 1,
                "labels": {"app": name},
                **metadata,
            },
            "spec": full,
            "status": {},
        }
    )


def deployment(world: World, namespace: str, name: str, pod_template: Json, *, replicas: int) -> Json:
    """Create a Deployment with the usual rolling update."""
    rolling = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}}
    spec = {
        "replicas": replicas,
        "template": pod_template,
        "strategy": rolling,
        "revisionHistoryLimit": 10,
        "progressDeadlineSeconds": 600,
    }
    return workload(world, "Deployment", namespace, name, spec)
