"""The stages on which the contract suite is played: every implementation of the cluster that there is."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.kube.targets import targets
from bot.playground.cluster import SimulatedCluster, serve
from tests.contract.simulated import SimulatedStage
from tests.contract.stage import RealStage, Stage
from tests.support.envtest import ControlPlane
from tests.support.kubelet import Kubelet

_PACE = 50.0
"""Seconds of simulated pod life in a second, so that pods start and stop at once."""

STAGES = (
    pytest.param("simulated"),
    pytest.param("api-server", marks=pytest.mark.envtest),
    pytest.param("kubectl-proxy", marks=pytest.mark.envtest),
)


@pytest.fixture(params=STAGES)
async def stage(request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    """One of the clusters, with a namespace of the test's own."""
    if request.param == "simulated":
        async with serve(SimulatedCluster(pace=_PACE)) as running:
            simulated = SimulatedStage(running)
            yield simulated
            await simulated.close()
        return
    control_plane: ControlPlane = request.getfixturevalue("control_plane")
    kubelet: Kubelet = request.getfixturevalue("kubelet")
    if request.param == "kubectl-proxy":
        found = targets(api_url=request.getfixturevalue("proxy_url"), environ={})
    else:
        found = targets(kubeconfig=str(control_plane.kubeconfig), environ={})
    real = RealStage(control_plane, kubelet, found[0])
    yield real
    await real.close()
