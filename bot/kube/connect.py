"""From a target to a `KubeCluster`: credentials are read, and read anew whenever a client is opened."""

from __future__ import annotations

import asyncio

import aiohttp
from kubernetes.aio.client import Configuration
from kubernetes.aio.config.incluster_config import InClusterConfigLoader
from kubernetes.aio.config.kube_config import KubeConfigLoader, KubeConfigMerger

from bot.kube.clients import Client, CredentialsProblem
from bot.kube.cluster import USUAL, KubeCluster, Timings
from bot.kube.config_failures import MISSHAPEN, in_one_line
from bot.kube.kubernetes_client import MOST_CONNECTIONS, KubernetesClient
from bot.kube.targets import ApiUrl, InCluster, KubeContext, Target, cluster_name
from bot.pods.ports import Claims

_OPENS_WITHIN = 20.0
"""Seconds for an exec plugin or an identity provider to hand out credentials."""


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


async def _open(target: Target) -> Client:
    configuration = Configuration(connection_pool_maxsize=MOST_CONNECTIONS)
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
        return KubernetesClient(configuration)
    except TimeoutError as problem:
        raise CredentialsProblem(f"none came within {_OPENS_WITHIN:g} s") from problem
    except (*MISSHAPEN, aiohttp.ClientError) as problem:
        raise CredentialsProblem(in_one_line(problem)) from problem


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
