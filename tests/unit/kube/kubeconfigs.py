"""Ways to a cluster as tests have them: kubeconfigs, and the environment of a pod."""

from __future__ import annotations

from collections.abc import Callable

Config = dict[str, object]
Write = Callable[[Config | str], str]
"""Writes a kubeconfig, or whatever text; returns its path."""

IN_CLUSTER = {"KUBERNETES_SERVICE_HOST": "10.0.0.1", "KUBERNETES_SERVICE_PORT": "443"}
"""What the kubelet tells a container of the API server."""


def a_kubeconfig(server: str = "http://127.0.0.1:1", user: object = None) -> Config:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "prod",
        "clusters": [{"name": "eu", "cluster": {"server": server}}],
        "contexts": [
            {"name": "prod", "context": {"cluster": "eu", "user": "bot", "namespace": "shop"}},
            {"name": "dev", "context": {"cluster": "eu", "user": "bot"}},
            {"name": "broken", "context": {"cluster": "nowhere", "user": "bot"}},
        ],
        "users": [{"name": "bot", "user": user or {}}],
    }
