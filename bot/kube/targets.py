"""Which clusters are meant: by contexts of a kubeconfig, by a service account or by a bare URL.

`targets` finds every mistake before anything is connected; `connect` makes a `KubeCluster` of each.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias
from urllib.parse import urlsplit

from kubernetes.aio.config.incluster_config import (
    SERVICE_CERT_FILENAME,
    SERVICE_HOST_ENV_NAME,
    SERVICE_TOKEN_FILENAME,
)
from kubernetes.aio.config.kube_config import KubeConfigLoader, KubeConfigMerger

from bot.errors import PodbotError
from bot.kube.config_failures import MISSHAPEN, in_one_line
from bot.model.pods import ClusterName


class KubeConfigProblem(PodbotError):
    """The clusters that the settings name cannot be told; `problems` has one sentence for each mistake."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True, kw_only=True)
class KubeContext:
    """A context of a kubeconfig (several files, as in `KUBECONFIG`, are merged by kubectl's rules)."""

    kubeconfig: str
    context: str
    namespace: str
    name: str = ""
    """What the cluster is called in place of its context's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InCluster:
    """The cluster that podbot itself runs in, by its service account."""

    namespace: str
    token_file: str = SERVICE_TOKEN_FILENAME
    ca_file: str = SERVICE_CERT_FILENAME
    environ: Mapping[str, str]
    """Has the API server's address, as the kubelet puts it there."""
    name: str = ""
    """What the cluster is called; empty: nothing tells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiUrl:
    """An API server that is reached without credentials, as `kubectl proxy` offers."""

    url: str
    name: str = ""
    """What the cluster is called; empty: by the URL's host."""


Target: TypeAlias = KubeContext | InCluster | ApiUrl


def targets(
    *,
    kubeconfig: str = "",
    contexts: Sequence[str] = (),
    api_url: str = "",
    name: str = "",
    environ: Mapping[str, str],
) -> tuple[Target, ...]:
    """The clusters that the settings mean.

    A URL stands alone; contexts are looked up in the kubeconfig; without either it is the cluster that
    podbot runs in, else the kubeconfig's current context. `name` is what the cluster is called where there is
    one of them. Raises KubeConfigProblem with every mistake.
    """
    found = _targets(kubeconfig, contexts, api_url, environ)
    return (replace(found[0], name=name),) if name and len(found) == 1 else found


def _targets(
    kubeconfig: str, contexts: Sequence[str], api_url: str, environ: Mapping[str, str]
) -> tuple[Target, ...]:
    if api_url:
        if contexts:
            raise KubeConfigProblem("An API URL and kube contexts are both set: choose one of them.")
        return (_checked_url(api_url),)
    if not contexts and not kubeconfig and environ.get(SERVICE_HOST_ENV_NAME):
        return (_in_cluster(environ),)
    paths = kubeconfig or str(Path.home() / ".kube" / "config")
    found = _Kubeconfig(paths)
    names = tuple(dict.fromkeys(contexts)) or (found.current,)
    good: list[Target] = []
    problems: list[str] = []
    for name in names:
        try:
            good.append(found.context(name))
        except KubeConfigProblem as problem:
            problems += problem.problems
    if problems:
        raise KubeConfigProblem(*problems)
    return tuple(good)


def cluster_name(target: Target) -> ClusterName:
    """How messages call the cluster: as it was told, else the context's name, or what stands in for one."""
    if target.name:
        return ClusterName(target.name)
    match target:
        case KubeContext():
            return ClusterName(target.context)
        case InCluster():
            return ClusterName("in-cluster")
        case ApiUrl():
            return ClusterName(urlsplit(target.url).netloc.rpartition("@")[2] or "cluster")


class _Kubeconfig:
    """A kubeconfig's contexts, with errors that say what there is instead."""

    def __init__(self, paths: str) -> None:
        self._paths = paths
        files = [Path(each).expanduser() for each in paths.split(os.pathsep) if each]
        if not any(each.is_file() for each in files):
            raise KubeConfigProblem(
                f"No kubeconfig at {paths}. Set KUBECONFIG to one, or PODBOT_KUBE_API_URL to what "
                "`kubectl proxy` prints."
            )
        try:
            self._config = KubeConfigMerger(paths).config
            entries = self._config.value
            self._contexts = {str(each["name"]): each for each in entries["contexts"]}
            self.current = str(entries.get("current-context") or "")
        except (AttributeError, TypeError) as problem:
            raise KubeConfigProblem(f"The file {paths} is no kubeconfig.") from problem
        except MISSHAPEN as problem:
            raise KubeConfigProblem(
                f"The kubeconfig {paths} cannot be read: {in_one_line(problem)}."
            ) from problem

    def context(self, name: str) -> KubeContext:
        """The context of this name, with its cluster and user found; else raises KubeConfigProblem."""
        there = ", ".join(sorted(self._contexts)) or "none"
        if not name:
            raise KubeConfigProblem(
                f"The kubeconfig {self._paths} has no current context: name one of its contexts ({there})."
            )
        if name not in self._contexts:
            raise KubeConfigProblem(f"The kubeconfig {self._paths} has no context {name}; it has: {there}.")
        try:
            KubeConfigLoader(config_dict=self._config, active_context=name)
            namespace = self._contexts[name]["context"].safe_get("namespace")
        except MISSHAPEN as problem:
            raise KubeConfigProblem(
                f"The context {name} of the kubeconfig {self._paths} is not complete: {in_one_line(problem)}."
            ) from problem
        return KubeContext(kubeconfig=self._paths, context=name, namespace=str(namespace or "default"))


def _checked_url(url: str) -> ApiUrl:
    try:
        parts = urlsplit(url)
        good = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good:
        raise KubeConfigProblem(f"{url} is no URL of an API server: write it as http://127.0.0.1:8001.")
    return ApiUrl(url=url.rstrip("/"))


def _in_cluster(environ: Mapping[str, str]) -> InCluster:
    # Beside the token the kubelet writes the namespace of the pod.
    beside = Path(SERVICE_TOKEN_FILENAME).with_name("namespace")
    namespace = beside.read_text().strip() if beside.is_file() else "default"
    return InCluster(namespace=namespace, environ=dict(environ))
