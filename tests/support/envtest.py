"""A real control plane on loopback: etcd and kube-apiserver, started as controller-runtime's envtest does.

The binaries come from the folder that `KUBEBUILDER_ASSETS` names. Certificates are made with openssl for the
one run. Beside it: `kubelet.py`, the tests' own kubelet, and `proxy.py`, a real `kubectl proxy`.
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urlencode

import pytest

ADMIN_TOKEN = "envtest-admin"
READER_TOKEN = "envtest-reader"
"""May read pods and their logs in the namespace `allowed`, and nothing else."""

_READY_WITHIN = 120.0
_STOPS_WITHIN = 60.0

ASSETS = os.environ.get("KUBEBUILDER_ASSETS", "")

HOW_TO_RUN = (
    "needs a real kube-apiserver: set KUBEBUILDER_ASSETS to a folder with etcd, kube-apiserver, kubectl"
)
"""Why tests are skipped without one."""


class NotAccepted(AssertionError):
    """The API server refused what a test told it to do."""

    def __init__(self, code: int, body: str) -> None:
        super().__init__(f"{code}: {body}")
        self.code = code


@dataclass(frozen=True, slots=True)
class Process:
    """A server of the control plane, with its log in a file."""

    name: str
    child: subprocess.Popen[bytes]
    log: Path

    def kill(self) -> None:
        """End it as a crash would: an API server asked politely waits for its watches to end."""
        self.child.kill()
        self.child.wait(_STOPS_WITHIN)

    def last_words(self) -> str:
        """The end of its log, for a failure message."""
        return f"--- {self.name}\n{self.log.read_text(errors='replace')[-3000:]}"


_reserved: list[socket.socket] = []


def free_port() -> int:
    """A port that nobody listens on, for a server that is told to, however long that takes to start.

    It stays bound until this process ends, so that the system gives it to nobody else meanwhile. Whoever may
    reuse an address, as servers do, can listen there all the same.
    """
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind(("127.0.0.1", 0))
    _reserved.append(held)
    port: int = held.getsockname()[1]
    return port


def start(name: str, arguments: Sequence[str], log_folder: Path) -> Process:
    """Start a binary of the assets folder."""
    log = log_folder / f"{name}.log"
    with log.open("ab") as out:
        child = subprocess.Popen([str(Path(ASSETS) / name), *arguments], stdout=out, stderr=subprocess.STDOUT)
    return Process(name, child, log)


class Certificates:
    """A certificate authority of the run's own, and what it signed."""

    def __init__(self, folder: Path) -> None:
        if shutil.which("openssl") is None:
            pytest.fail("the real control plane needs openssl, to make its certificates")
        self.folder = folder
        self.ca = folder / "ca.crt"
        self._ca_key = folder / "ca.key"
        self._openssl(
            *("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"),
            *("-subj", "/CN=envtest-ca", "-keyout", str(self._ca_key), "-out", str(self.ca)),
            *("-addext", "keyUsage=critical,keyCertSign,digitalSignature"),
        )
        self.account_key = folder / "accounts.key"
        self._openssl("genrsa", "-out", str(self.account_key), "2048")

    def sign(self, name: str, subject: str) -> tuple[Path, Path]:
        """A certificate for loopback, good for servers and clients, and its key."""
        key, request, certificate = (self.folder / f"{name}.{kind}" for kind in ("key", "csr", "crt"))
        extensions = self.folder / f"{name}.ext"
        extensions.write_text(
            "subjectAltName=IP:127.0.0.1,DNS:localhost,DNS:kubernetes.default.svc\n"
            "extendedKeyUsage=serverAuth,clientAuth\nauthorityKeyIdentifier=keyid\n"
        )
        self._openssl(
            *("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
            *("-subj", subject, "-keyout", str(key), "-out", str(request)),
        )
        self._openssl(
            *("x509", "-req", "-in", str(request), "-CA", str(self.ca), "-CAkey", str(self._ca_key)),
            *("-CAcreateserial", "-days", "2", "-extfile", str(extensions), "-out", str(certificate)),
        )
        return certificate, key

    def _openssl(self, *arguments: str) -> None:
        done = subprocess.run(
            ["openssl", *arguments], capture_output=True, text=True, check=False, timeout=120
        )
        assert done.returncode == 0, done.stderr


class ControlPlane:
    """etcd and kube-apiserver, and raw HTTP to speak with them as an administrator.

    `controllers` adds kube-controller-manager and kube-scheduler, for workloads that make pods by themselves.
    `feature_gates` are switched on in the API server. `loses_nodes` adds the node controller, which after
    seconds gives up a node whose lease nobody renews (`node_lease`).
    """

    def __init__(
        self, *, controllers: bool = False, feature_gates: Sequence[str] = (), loses_nodes: bool = False
    ) -> None:
        self.port = free_port()
        self.url = f"https://127.0.0.1:{self.port}"
        self._controllers = controllers
        self._loses_nodes = loses_nodes
        self._gates = ",".join(f"{each}=true" for each in feature_gates)
        self._stack = ExitStack()
        self._processes: dict[str, Process] = {}

    def __enter__(self) -> ControlPlane:
        try:
            self._start()
        except (AssertionError, OSError):
            words = self.last_words()
            self._stack.close()
            pytest.fail(f"the control plane did not start\n{words}")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def _start(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="envtest-"))
        self._stack.callback(shutil.rmtree, self.folder, ignore_errors=True)
        self.certificates = Certificates(self.folder)
        self._stack.callback(self._stop_all)
        self._etcd_port = free_port()
        self._run(
            "etcd",
            f"--data-dir={self.folder / 'etcd'}",
            f"--listen-client-urls=http://127.0.0.1:{self._etcd_port}",
            f"--advertise-client-urls=http://127.0.0.1:{self._etcd_port}",
            f"--listen-peer-urls=http://127.0.0.1:{free_port()}",
            "--unsafe-no-fsync",
        )
        self._give_etcd_a_past()
        (self.folder / "tokens.csv").write_text(
            f'{ADMIN_TOKEN},admin,1,"system:masters"\n{READER_TOKEN},reader,2,"readers"\n'
        )
        self._serving = self.certificates.sign("apiserver", "/CN=kube-apiserver")
        self._to_kubelet = self.certificates.sign("to-kubelet", "/O=system:masters/CN=kube-apiserver")
        self.kubeconfig = self.write_kubeconfig("admin", ADMIN_TOKEN)
        self.start_api_server()
        if self._controllers:
            self._start_controllers()

    def _start_controllers(self) -> None:
        self._run(
            "kube-controller-manager",
            f"--kubeconfig={self.kubeconfig}",
            # The tests' kubelet renews no lease by itself, and there is no cloud.
            "--controllers=*,-nodeipam,-cloud-node-lifecycle,-route,-service"
            + ("" if self._loses_nodes else ",-nodelifecycle"),
            # How 1.20 marks the pods of a lost node; with the taint manager it deletes them without a word.
            "--enable-taint-manager=false",
            "--node-monitor-period=1s",
            # Longer than this process may come to stand still, which renews the leases of nodes that live.
            "--node-monitor-grace-period=12s",
            "--node-startup-grace-period=12s",
            "--pod-eviction-timeout=1s",
            "--node-eviction-rate=10",
            "--secondary-node-eviction-rate=10",
            "--port=0",
            "--secure-port=0",
            "--leader-elect=false",
        )
        self._run(
            "kube-scheduler",
            f"--kubeconfig={self.kubeconfig}",
            "--port=0",
            "--secure-port=0",
            "--leader-elect=false",
        )

    def start_api_server(self) -> None:
        """Start the API server (again), on the same port and data, and wait until it is ready."""
        certificate, key = self._serving
        kubelet_certificate, kubelet_key = self._to_kubelet
        account_key = self.certificates.account_key
        self._run(
            "kube-apiserver",
            f"--etcd-servers=http://127.0.0.1:{self._etcd_port}",
            "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1",
            f"--secure-port={self.port}",
            "--insecure-port=0",
            f"--tls-cert-file={certificate}",
            f"--tls-private-key-file={key}",
            f"--cert-dir={self.folder}",
            f"--token-auth-file={self.folder / 'tokens.csv'}",
            "--authorization-mode=RBAC",
            "--anonymous-auth=true",
            f"--service-account-key-file={account_key}",
            f"--service-account-signing-key-file={account_key}",
            "--service-account-issuer=https://kubernetes.default.svc",
            "--service-cluster-ip-range=10.0.0.0/24",
            # Without controllers no namespace gets the account that this plugin wants for every pod.
            "--disable-admission-plugins=ServiceAccount",
            "--allow-privileged=true",
            f"--kubelet-certificate-authority={self.certificates.ca}",
            f"--kubelet-client-certificate={kubelet_certificate}",
            f"--kubelet-client-key={kubelet_key}",
            "--kubelet-preferred-address-types=InternalIP",
            *((f"--feature-gates={self._gates}",) if self._gates else ()),
        )
        self._wait_until_ready()

    def stop_api_server(self) -> None:
        """End the API server alone; etcd keeps what it knew."""
        self._processes.pop("kube-apiserver").kill()

    def compact(self) -> None:
        """Make etcd forget all history before now, so that whoever wants it is answered 410."""
        revision = int(self.get("/api/v1/namespaces")["metadata"]["resourceVersion"])
        self._ask_etcd("compaction", {"revision": str(revision), "physical": True})

    def write_kubeconfig(self, name: str, token: str, *, namespace: str = "default") -> Path:
        """A kubeconfig with one context of this name, which authenticates with this token."""
        cluster = {"server": self.url, "certificate-authority": str(self.certificates.ca)}
        context = {"cluster": "envtest", "user": name, "namespace": namespace}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": name,
            "clusters": [{"name": "envtest", "cluster": cluster}],
            "contexts": [{"name": name, "context": context}],
            "users": [{"name": name, "user": {"token": token}}],
        }
        path = self.folder / f"{name}.kubeconfig"
        path.write_text(json.dumps(config))
        return path

    def last_words(self) -> str:
        """The ends of the servers' logs."""
        return "\n".join(each.last_words() for each in self._processes.values())

    def get(self, path: str, **query: str) -> dict[str, Any]:
        """GET an object or a list."""
        return self.call("GET", path, query=query)

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        query: Mapping[str, str] | None = None,
        content_type: str = "application/json",
    ) -> dict[str, Any]:
        """One request as the administrator; raises NotAccepted for an answer that is no success."""
        connection = self.connection()
        try:
            connection.request(
                method,
                f"{path}?{urlencode(query)}" if query else path,
                body=None if body is None else json.dumps(body),
                headers={"Authorization": f"Bearer {ADMIN_TOKEN}", "Content-Type": content_type},
            )
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        if answer.status >= 300:
            raise NotAccepted(answer.status, text)
        found: dict[str, Any] = json.loads(text)
        return found

    def connection(self, *, within: float = 60.0) -> http.client.HTTPSConnection:
        """A new connection to the API server, which the caller closes."""
        context = ssl.create_default_context(cafile=str(self.certificates.ca))
        return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=within, context=context)

    def create_namespace(self, name: str) -> None:
        """Create a namespace."""
        self.call("POST", "/api/v1/namespaces", {"metadata": {"name": name}})

    def create_deployment(self, namespace: str, name: str, *, replicas: int) -> None:
        """Create a Deployment whose pods have one container, `app`."""
        labels = {"app": name}
        template = {
            "metadata": {"labels": labels},
            "spec": {"containers": [{"name": "app", "image": "registry.example/app:1"}]},
        }
        spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template}
        path = f"/apis/apps/v1/namespaces/{namespace}/deployments"
        self.call("POST", path, {"metadata": {"name": name}, "spec": spec})

    def let_reader_read(self, namespace: str) -> None:
        """Give the account behind READER_TOKEN the right to read pods and logs in one namespace."""
        base = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}"
        rules = [{"apiGroups": [""], "resources": ["pods", "pods/log"], "verbs": ["get", "list", "watch"]}]
        self.call("POST", f"{base}/roles", {"metadata": {"name": "reader"}, "rules": rules})
        role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "reader"}
        subject = {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "reader"}
        binding = {"metadata": {"name": "reader"}, "roleRef": role, "subjects": [subject]}
        self.call("POST", f"{base}/rolebindings", binding)

    def _ask_etcd(self, what: str, body: object) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._etcd_port, timeout=60)
        try:
            connection.request("POST", f"/v3/kv/{what}", body=json.dumps(body))
            answer = connection.getresponse()
            words = answer.read().decode()
        finally:
            connection.close()
        assert answer.status == 200, words

    def _give_etcd_a_past(self) -> None:
        """Some revisions that no API server has seen, so that version 1 is too old for any watch."""
        end = time.monotonic() + _READY_WITHIN
        for number in range(10):
            while True:
                try:
                    self._ask_etcd(
                        "put", {"key": base64.b64encode(b"past").decode(), "value": f"{number:04}"}
                    )
                    break
                except OSError:
                    assert time.monotonic() < end, f"etcd does not answer\n{self.last_words()}"
                    time.sleep(0.02)

    def _run(self, name: str, *arguments: str) -> None:
        self._processes[name] = start(name, arguments, self.folder)

    def _stop_all(self) -> None:
        while self._processes:
            self._processes.popitem()[1].kill()

    def _wait_until_ready(self) -> None:
        end = time.monotonic() + _READY_WITHIN
        while True:
            gone = [each for each in self._processes.values() if each.child.poll() is not None]
            assert not gone, f"{gone[0].name} ended by itself\n{self.last_words()}"
            try:
                if self._ready():
                    return
            except OSError:
                pass
            assert time.monotonic() < end, f"not ready within {_READY_WITHIN} s\n{self.last_words()}"
            time.sleep(0.05)

    def _ready(self) -> bool:
        connection = self.connection(within=10.0)
        try:
            connection.request("GET", "/readyz", headers={"Authorization": f"Bearer {ADMIN_TOKEN}"})
            answer = connection.getresponse()
            answer.read()
            return answer.status == 200
        finally:
            connection.close()
