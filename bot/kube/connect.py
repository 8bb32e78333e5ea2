"""Which cluster to speak to and with what credentials: from kubeconfig, service account or a bare URL.

`targets` says which clusters are meant and finds every mistake before anything is connected; `connect`
makes a `KubeCluster` of one of them.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias
from urllib.parse import urlsplit

import aiohttp
import yaml
from kubernetes.aio.client import ApiClient, Configuration
from kubernetes.aio.config import ConfigException
from kubernetes.aio.config.incluster_config import (
    SERVICE_CERT_FILENAME,
    SERVICE_HOST_ENV_NAME,
    SERVICE_TOKEN_FILENAME,
    InClusterConfigLoader,
)
from kubernetes.aio.config.kube_config import KubeConfigLoader, KubeConfigMerger

from bot.errors import PodbotError
from bot.kube.clients import BrokenOff, Client, CredentialsProblem, Redirected
from bot.kube.cluster import USUAL, KubeCluster, Timings
from bot.kube.request import Request
from bot.model.pods import ClusterName
from bot.pods.ports import Claims

_OPENS_WITHIN = 20.0
"""Seconds for an exec plugin or an identity provider to hand out credentials."""

_MOST_CONNECTIONS = 100

# The library walks a kubeconfig trustingly: what is misshapen shows as whichever of these comes first.
_MISSHAPEN = (ConfigException, KeyError, TypeError, AttributeError, ValueError, OSError, yaml.YAMLError)


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


def connect(
    target: Target, *, page_size: int = 500, timings: Timings = USUAL, claims: Claims | None = None
) -> KubeCluster:
    """The cluster of this target. Nothing is sent, and no exec plugin runs, before the first request.

    By `claims` the replicas know what any of them has deleted.
    """

    async def open_client() -> Client:
        return await _open(target)

    return KubeCluster(
        cluster_name(target),
        open_client,
        default_namespace="default" if isinstance(target, ApiUrl) else target.namespace,
        page_size=page_size,
        timings=timings,
        claims=claims,
    )


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
        except _MISSHAPEN as problem:
            raise KubeConfigProblem(
                f"The kubeconfig {paths} cannot be read: {_one_line(problem)}."
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
        except _MISSHAPEN as problem:
            raise KubeConfigProblem(
                f"The context {name} of the kubeconfig {self._paths} is not complete: {_one_line(problem)}."
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


async def _open(target: Target) -> Client:
    configuration = Configuration(connection_pool_maxsize=_MOST_CONNECTIONS)
    try:
        async with asyncio.timeout(_OPENS_WITHIN):
            match target:
                case KubeContext():
                    await _load_context(target, configuration)
                case InCluster():
                    InClusterConfigLoader(
                        token_filename=target.token_file, cert_filename=target.ca_file, environ=target.environ
                    ).load_and_set(configuration)
                case ApiUrl():
                    configuration.host = target.url
        return _KubernetesClient(configuration)
    except TimeoutError as problem:
        raise CredentialsProblem(f"none came within {_OPENS_WITHIN:g} s") from problem
    except (*_MISSHAPEN, aiohttp.ClientError) as problem:
        raise CredentialsProblem(_one_line(problem)) from problem


async def _load_context(target: KubeContext, configuration: Configuration) -> None:
    # The files are read anew each time: they may have been rewritten with fresh credentials. They are never
    # written, whatever an identity provider hands out: they belong to whoever runs podbot.
    config = KubeConfigMerger(target.kubeconfig).config
    loader = KubeConfigLoader(config_dict=config, active_context=target.context, config_base_path=None)
    await loader.load_and_set(configuration)
    user = config["contexts"].get_with_name(target.context)["context"].safe_get("user")
    plugin = config["users"].get_with_name(user, safe=True) if user else None
    from_plugin = plugin is not None and plugin["user"].safe_get("exec")
    if from_plugin and not configuration.api_key and not configuration.cert_file:
        # The library logs a plugin's failure and would go on as nobody.
        raise CredentialsProblem(f"the exec plugin of user {user} failed; the log has its words")


class _KubernetesClient:
    """A client of kubernetes.aio, used for what it knows of credentials and connections."""

    def __init__(self, configuration: Configuration) -> None:
        self._api = ApiClient(configuration)
        self._api.user_agent = "podbot"
        self._host = configuration.host.rstrip("/")
        self._connector = aiohttp.TCPConnector(
            ssl=self._api.rest_client.ssl_context,
            limit=_MOST_CONNECTIONS,
            socket_factory=_socket_kept_alive,
        )
        tracing = aiohttp.TraceConfig()
        tracing.on_request_redirect.append(_not_followed)
        configuration.client_session_kwargs = {
            "connector": self._connector,
            "trace_configs": [tracing],
            "middlewares": (_sent_once,),
        }

    async def request(self, request: Request, *, limits: aiohttp.ClientTimeout) -> aiohttp.ClientResponse:
        headers = dict(self._api.default_headers)
        headers["Accept"] = "application/json"
        headers["Content-Type"] = request.content_type
        try:
            # Reads a service account's token again when it has been rotated.
            await self._api.update_params_for_auth(
                headers, [], ["BearerToken"], request.path, request.method, request.body
            )
        except (ConfigException, OSError) as problem:
            raise CredentialsProblem(_one_line(problem)) from problem
        answer = await self._api.rest_client.request(
            request.method,
            self._host + request.target,
            headers=headers,
            body=request.body,
            _request_timeout=limits,
        )
        response: aiohttp.ClientResponse = answer.response
        return response

    async def close(self) -> None:
        await self._api.close()
        await self._connector.close()


async def _sent_once(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Keep aiohttp from repeating requests by itself: a DELETE, say, where a used connection broke.

    What is repeated is decided in `api`, where it is known what may be.
    """
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise  # there was no connection, hence nothing was sent
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise BrokenOff(str(error) or "the server disconnected") from error


async def _not_followed(
    _session: aiohttp.ClientSession, _context: object, redirect: aiohttp.TraceRequestRedirectParams
) -> None:
    """Called before aiohttp follows a redirect, which the library above it gives no other way to forbid.

    Client certificates, and a deletion's method and body, would go wherever the answer says.
    """
    redirect.response.close()
    raise Redirected(redirect.response.status)


def _socket_kept_alive(info: tuple[object, ...]) -> socket.socket:
    """A socket that asks after its other end once it has been idle for half a minute.

    A watch is idle for minutes; firewalls and load balancers drop such connections without a word.
    """
    family, kind, protocol, *_ = info
    made = socket.socket(family, kind, protocol)  # type: ignore[arg-type]  # three numbers, by the type of a tuple
    made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    # Named so on Linux only; elsewhere the system's own times hold.
    for option, value in (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3)):
        if hasattr(socket, option):
            made.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
    return made


def _one_line(problem: Exception) -> str:
    return (" ".join(str(problem).split()) or type(problem).__name__).rstrip(".")
