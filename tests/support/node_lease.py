"""The sign of life that a kubelet gives of its node: the lease that it renews."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

from tests.support.envtest import ControlPlane, NotAccepted

_LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"


@contextmanager
def kept_alive(control_plane: ControlPlane, node: str) -> Iterator[None]:
    """Renew the lease of a node every second, so that the node controller takes it for alive."""
    over = threading.Event()

    def renew() -> None:
        while True:
            with suppress(NotAccepted, OSError):  # the namespace comes a moment after the API server
                _renew(control_plane, node)
            if over.wait(1.0):
                return

    thread = threading.Thread(target=renew, name=f"lease of {node}")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _renew(control_plane: ControlPlane, node: str) -> None:
    spec = {
        "holderIdentity": node,
        "leaseDurationSeconds": 40,
        "renewTime": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}",
    }
    try:
        control_plane.call(
            "PATCH", f"{_LEASES}/{node}", {"spec": spec}, content_type="application/merge-patch+json"
        )
    except NotAccepted as refused:
        if refused.code != 404:
            raise
        control_plane.call("POST", _LEASES, {"metadata": {"name": node}, "spec": spec})
