"""From the settings to the clusters that they mean."""

from __future__ import annotations

from collections.abc import Mapping

from bot.kube.targets import Target, targets
from bot.settings.variables import Sources


def targets_of(sources: Sources, environment: Mapping[str, str]) -> tuple[Target, ...]:
    """The clusters, the default one first; `environment` says whether this is the inside of one.

    Raises `KubeConfigProblem` with every mistake.
    """
    return targets(
        kubeconfig=sources.kubeconfig or "",
        contexts=sources.kube_contexts,
        api_url=sources.kube_api_url or "",
        name=sources.cluster_name or "",
        environ=environment,
    )
