"""Fixtures: one real control plane for the whole run, with a kubelet and a `kubectl proxy` beside it."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.support.envtest import ASSETS, HOW_TO_RUN, ControlPlane
from tests.support.kubelet import Kubelet
from tests.support.proxy import kubectl_proxy


def need_assets() -> None:
    """Skip the test where there is no control plane to start; fail it where there has to be one."""
    if not ASSETS:
        if "envtest" in os.environ.get("PODBOT_TEST_REQUIRE", "").split(","):
            pytest.fail(HOW_TO_RUN)
        pytest.skip(HOW_TO_RUN)


@pytest.fixture(scope="session")
def control_plane() -> Iterator[ControlPlane]:
    """etcd and kube-apiserver, started when the first test asks for them."""
    need_assets()
    with ControlPlane() as running:
        yield running


@pytest.fixture(scope="session")
def kubelet(control_plane: ControlPlane) -> Iterator[Kubelet]:
    """The control plane's one node."""
    with Kubelet(control_plane) as running:
        yield running


@pytest.fixture(scope="session")
def proxy_url(control_plane: ControlPlane) -> Iterator[str]:
    """The control plane by way of a real `kubectl proxy`, without credentials."""
    with kubectl_proxy(control_plane.kubeconfig) as url:
        yield url
