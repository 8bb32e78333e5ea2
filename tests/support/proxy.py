"""A real `kubectl proxy`: the API server without credentials, on a port of loopback that kubectl chooses."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.envtest import ASSETS

_SERVING = re.compile(rb"Starting to serve on (127\.0\.0\.1:\d+)")


@contextmanager
def kubectl_proxy(kubeconfig: Path) -> Iterator[str]:
    """Run the proxy with the credentials of this kubeconfig; gives its URL."""
    command = [str(Path(ASSETS) / "kubectl"), f"--kubeconfig={kubeconfig}", "proxy", "--port=0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
        try:
            assert child.stdout is not None
            first = child.stdout.readline()
            found = _SERVING.search(first)
            assert found, f"kubectl proxy says: {first!r}"
            yield f"http://{found[1].decode()}"
        finally:
            child.terminate()
