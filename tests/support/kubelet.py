"""A small kubelet of the tests' own: one node, whose containers do what a test tells them to.

It writes pod statuses through the status subresource as the kubelet does, serves container logs on the
endpoint that its Node object names, so that the API server's `log` subresource really works, and finishes
graceful deletions. Everything is synchronous; its two threads end with it.
"""

from __future__ import annotations

import json
import re
import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

from tests.support.envtest import ADMIN_TOKEN, ControlPlane, NotAccepted

NODE = "node-1"
IMAGE = "registry.example/app:1"

_LOG_PATH = re.compile(r"/containerLogs/([^/]+)/([^/]+)/([^/]+)")

Status = dict[str, Any]


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line as the runtime stored it."""

    at: datetime
    text: bytes


@dataclass(slots=True)
class Runs:
    """The logs of a container's present and previous run; None where there is (was) no such run."""

    current: list[LogLine] | None = None
    previous: list[LogLine] | None = None


@dataclass(slots=True)
class LogStore:
    """The logs of every container of the node."""

    runs: dict[tuple[str, str, str], Runs] = field(default_factory=dict)

    def of(self, namespace: str, pod: str, container: str) -> Runs:
        """The runs of one container."""
        return self.runs.setdefault((namespace, pod, container), Runs())

    def answer(self, path: str, query: dict[str, list[str]]) -> tuple[int, bytes]:
        """What the kubelet's containerLogs endpoint says; its refusals are 400 with a plain sentence."""
        found = _LOG_PATH.fullmatch(path)
        if found is None:
            return 404, b"404 page not found"
        namespace, pod, container = found.groups()
        runs = self.of(namespace, pod, container)
        if "previous" in query:
            if runs.previous is None:
                return 400, f'previous terminated container "{container}" in pod "{pod}" not found'.encode()
            lines = runs.previous
        elif runs.current is None:
            words = f'container "{container}" in pod "{pod}" is waiting to start: ContainerCreating'
            return 400, words.encode()
        else:
            lines = runs.current
        return 200, _selected(lines, query)

    def follow(self, path: str, query: dict[str, list[str]], over: threading.Event) -> Iterator[bytes]:
        """A good answer that goes on: what is there, then what is added, until the run is another one."""
        found = _LOG_PATH.fullmatch(path)
        assert found is not None
        runs = self.of(*found.groups())
        run = runs.current
        assert run is not None
        known = len(run)
        later = {name: query[name] for name in ("timestamps",) if name in query}
        yield _selected(run[:known], query)
        while runs.current is run and not over.wait(0.02):
            new = run[known:]
            known += len(new)
            yield _selected(new, later)
        yield _selected(run[known:], later)


def _selected(lines: list[LogLine], query: dict[str, list[str]]) -> bytes:
    if "sinceSeconds" in query:
        oldest = datetime.now(UTC) - timedelta(seconds=int(query["sinceSeconds"][0]))
        lines = [line for line in lines if line.at >= oldest]
    if "sinceTime" in query:
        oldest = datetime.fromisoformat(query["sinceTime"][0])
        lines = [line for line in lines if line.at >= oldest]
    if "tailLines" in query:
        count = int(query["tailLines"][0])
        lines = lines[-count:] if count else []
    stamped = "timestamps" in query
    body = b"".join(
        (f"{line.at:%Y-%m-%dT%H:%M:%S.%f}000Z ".encode() if stamped else b"") + line.text + b"\n"
        for line in lines
    )
    limit = int(query["limitBytes"][0]) if "limitBytes" in query else len(body)
    return body[:limit]


class Kubelet:
    """The node's agent. Entering registers the node and starts the threads; leaving ends them."""

    def __init__(self, control_plane: ControlPlane, *, runs_new_pods: bool = False) -> None:
        """`runs_new_pods`: whatever is put on the node runs at once, without a test's word."""
        self.control_plane = control_plane
        self._runs_new_pods = runs_new_pods
        self.logs = LogStore()
        self.held: set[tuple[str, str]] = set()
        """Pods (namespace, name) whose deletion is left unfinished, as by a node that hangs."""
        self._stack = ExitStack()
        self._stopping = threading.Event()
        self._watch_closer = threading.Lock()
        self._watch_socket: ssl.SSLSocket | None = None

    def __enter__(self) -> Kubelet:
        with ExitStack() as undo:
            port = self._serve_logs(undo)
            self._register(port)
            deleter = threading.Thread(target=self._finish_deletions, name="kubelet-deletions")
            deleter.start()
            undo.callback(self._stop_deleter, deleter)
            self._stack = undo.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def create(
        self,
        namespace: str,
        name: str,
        *,
        containers: tuple[str, ...] = ("app",),
        labels: dict[str, str] | None = None,
        restart_policy: str = "Always",
        running: bool = True,
    ) -> str:
        """Create a pod on this node, and run it unless told otherwise; returns its UID."""
        pod = {
            "metadata": {"name": name, "labels": labels or {}},
            "spec": {
                "nodeName": NODE,
                "restartPolicy": restart_policy,
                "containers": [{"name": each, "image": IMAGE} for each in containers],
            },
        }
        made = self.control_plane.call("POST", f"/api/v1/namespaces/{namespace}/pods", pod)
        if running:
            self.run(namespace, name)
        uid: str = made["metadata"]["uid"]
        return uid

    def run(self, namespace: str, name: str) -> None:
        """Every container starts for the first time and is ready."""
        pod = self.pod(namespace, name)
        for container in pod["spec"]["containers"]:
            self.logs.of(namespace, name, container["name"]).current = []
        statuses = [_running(each["name"], restarts=0) for each in pod["spec"]["containers"]]
        self.write_status(namespace, name, _status("Running", statuses, ready=True))

    def terminate(
        self,
        namespace: str,
        name: str,
        container: str = "app",
        *,
        exit_code: int = 1,
        reason: str = "Error",
        message: str = "",
    ) -> None:
        """The container's process ends; nothing starts it again yet."""

        def end(status: Status) -> Status:
            ended = _terminated(exit_code, reason, message, began=_started_at(status))
            return {**status, "ready": False, "started": False, "state": {"terminated": ended}}

        self._change(namespace, name, container, end)

    def restart(self, namespace: str, name: str, container: str = "app") -> None:
        """A container that ended is started again: its end moves to `lastState`."""
        runs = self.logs.of(namespace, name, container)
        runs.previous, runs.current = runs.current, []

        def again(status: Status) -> Status:
            ended = status["state"] if "terminated" in status["state"] else status["lastState"]
            return {**_running(container, restarts=status["restartCount"] + 1), "lastState": ended}

        self._change(namespace, name, container, again)

    def die(
        self, namespace: str, name: str, container: str = "app", *, exit_code: int = 1, reason: str = "Error"
    ) -> None:
        """End and start again, in one status: the only sight of a fast restart."""
        runs = self.logs.of(namespace, name, container)
        runs.previous, runs.current = runs.current, []

        def both(status: Status) -> Status:
            ended = _terminated(exit_code, reason, "", began=_started_at(status))
            restarts = status["restartCount"] + 1
            return {**_running(container, restarts=restarts), "lastState": {"terminated": ended}}

        self._change(namespace, name, container, both)

    def back_off(self, namespace: str, name: str, container: str = "app") -> None:
        """A container that ended waits for its next start, as in a crash loop."""

        def wait(status: Status) -> Status:
            ended = status["state"] if "terminated" in status["state"] else status["lastState"]
            words = f"back-off 10s restarting failed container={container} pod={name}_{namespace}"
            waiting = {"reason": "CrashLoopBackOff", "message": words}
            return {**status, "ready": False, "state": {"waiting": waiting}, "lastState": ended}

        self._change(namespace, name, container, wait)

    def wait(
        self, namespace: str, name: str, reason: str, message: str = "", *, container: str = "app"
    ) -> None:
        """The container does not start, for a reason like `ImagePullBackOff`."""
        self.logs.of(namespace, name, container).current = None
        waiting = {
            **_bare(container, restarts=0),
            "state": {"waiting": {"reason": reason, "message": message}},
        }
        self.write_status(namespace, name, _status("Pending", [waiting], ready=False))

    def evict(
        self, namespace: str, name: str, message: str = "The node was low on resource: memory. "
    ) -> None:
        """The kubelet itself throws the pod out, for the node's sake."""
        status = {"phase": "Failed", "reason": "Evicted", "message": message, "startTime": _now()}
        self.write_status(namespace, name, status)

    def log(
        self, namespace: str, name: str, *lines: bytes, container: str = "app", seconds_ago: int = 0
    ) -> None:
        """The container writes these lines, now or some time ago."""
        runs = self.logs.of(namespace, name, container)
        at = datetime.now(UTC) - timedelta(seconds=seconds_ago)
        if runs.current is None:
            runs.current = []
        runs.current += [LogLine(at, line) for line in lines]

    def pod(self, namespace: str, name: str) -> dict[str, Any]:
        """The pod as the API server has it."""
        return self.control_plane.get(f"/api/v1/namespaces/{namespace}/pods/{name}")

    def write_status(self, namespace: str, name: str, status: Status) -> None:
        """Put this status in the place of the present one, field by field."""
        self.control_plane.call(
            "PATCH",
            f"/api/v1/namespaces/{namespace}/pods/{name}/status",
            {"status": status},
            content_type="application/merge-patch+json",
        )

    def _change(self, namespace: str, name: str, container: str, change: Any) -> None:
        old = self.pod(namespace, name)["status"]["containerStatuses"]
        new = [change(each) if each["name"] == container else each for each in old]
        ready = all(each["ready"] for each in new)
        self.write_status(namespace, name, _status("Running", new, ready=ready))

    def _register(self, port: int) -> None:
        node = self.control_plane.call("POST", "/api/v1/nodes", {"metadata": {"name": NODE}})
        node["status"] = {
            "addresses": [{"type": "InternalIP", "address": "127.0.0.1"}],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": port}},
            "capacity": {"cpu": "8", "memory": "16Gi", "pods": "500"},
            "allocatable": {"cpu": "8", "memory": "16Gi", "pods": "500"},
            "conditions": [{"type": "Ready", "status": "True", "reason": "KubeletReady"}],
        }
        self.control_plane.call("PUT", f"/api/v1/nodes/{NODE}/status", node)
        # The node's admission taints it until its controller has seen it ready; there is no such controller.
        untainted = {"spec": {"taints": None}}
        self.control_plane.call(
            "PATCH", f"/api/v1/nodes/{NODE}", untainted, content_type="application/merge-patch+json"
        )

    def _serve_logs(self, undo: ExitStack) -> int:
        store = self.logs
        stopping = self._stopping

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                query = parse_qs(parts.query)
                code, body = store.answer(parts.path, query)
                self.send_response(code)
                self.send_header("Content-Type", "text/plain")
                if code == 200 and "follow" in query:
                    self._follow(parts.path, query)
                    return
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                # A reader that has had enough hangs up.
                with suppress(OSError):
                    self.wfile.write(body)

            def _follow(self, path: str, query: dict[str, list[str]]) -> None:
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                with suppress(OSError):
                    for text in store.follow(path, query, stopping):
                        if text:
                            self.wfile.write(b"%x\r\n%b\r\n" % (len(text), text))
                    self.wfile.write(b"0\r\n\r\n")

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
                pass

        class Server(ThreadingHTTPServer):
            def handle_error(self, request: object, client_address: object) -> None:
                """The API server drops connections as it likes; that is no news."""

        certificate, key = self.control_plane.certificates.sign(
            "kubelet", f"/O=system:nodes/CN=system:node:{NODE}"
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        server = Server(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        undo.callback(server.server_close)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="kubelet-logs")
        thread.start()
        undo.callback(thread.join)
        undo.callback(server.shutdown)
        return server.server_port

    def _finish_deletions(self) -> None:
        while not self._stopping.is_set():
            try:
                self._watch_deletions()
            except (OSError, NotAccepted):
                # The API server is being restarted by a test.
                self._stopping.wait(0.05)

    def _watch_deletions(self) -> None:
        connection = self.control_plane.connection(within=60.0)
        try:
            connection.request(
                "GET",
                f"/api/v1/pods?watch=true&fieldSelector=spec.nodeName={NODE}",
                headers={"Authorization": f"Bearer {ADMIN_TOKEN}"},
            )
            with self._watch_closer:
                self._watch_socket = connection.sock
                if self._stopping.is_set():  # nobody will shut this one
                    return
            answer = connection.getresponse()
            for line in iter(answer.readline, b""):
                if self._stopping.is_set():
                    return
                event = json.loads(line)
                if event["type"] in {"ADDED", "MODIFIED"}:
                    self._look_at(event["object"])
        finally:
            connection.close()

    def _look_at(self, pod: dict[str, Any]) -> None:
        meta = pod["metadata"]
        place = (meta["namespace"], meta["name"])
        if meta.get("deletionTimestamp"):
            if place not in self.held:
                self._remove(*place, uid=meta["uid"])
        elif self._runs_new_pods and not pod["status"].get("containerStatuses"):
            with suppress(NotAccepted):  # it may be gone already
                self.run(*place)

    def _remove(self, namespace: str, name: str, *, uid: str) -> None:
        options = {"gracePeriodSeconds": 0, "preconditions": {"uid": uid}}
        with suppress(NotAccepted):  # somebody deleted it by force meanwhile
            self.control_plane.call("DELETE", f"/api/v1/namespaces/{namespace}/pods/{name}", options)
        for (where, pod, _), runs in list(self.logs.runs.items()):
            if (where, pod) == (namespace, name):
                runs.current = None

    def _stop_deleter(self, deleter: threading.Thread) -> None:
        self._stopping.set()
        with self._watch_closer, suppress(OSError):
            if self._watch_socket is not None:
                self._watch_socket.shutdown(2)
        deleter.join(60)
        assert not deleter.is_alive(), "the kubelet's watch does not end"


def _now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _bare(container: str, *, restarts: int) -> Status:
    return {
        "name": container,
        "image": IMAGE,
        "imageID": "",
        "ready": False,
        "started": False,
        "restartCount": restarts,
        "lastState": {},
    }


def _running(container: str, *, restarts: int) -> Status:
    state = {"running": {"startedAt": _now()}}
    return {**_bare(container, restarts=restarts), "ready": True, "started": True, "state": state}


def _terminated(exit_code: int, reason: str, message: str, *, began: str) -> Status:
    return {
        "exitCode": exit_code,
        "reason": reason,
        "message": message,
        "startedAt": began,
        "finishedAt": _now(),
        "containerID": f"containerd://{uuid4().hex * 2}",
    }


def _started_at(status: Status) -> str:
    began: str = status["state"].get("running", {}).get("startedAt") or _now()
    return began


def _status(phase: str, containers: list[Status], *, ready: bool) -> Status:
    truth = {True: "True", False: "False"}
    return {
        "phase": phase,
        "startTime": _now(),
        "podIP": "10.1.2.3",
        "podIPs": [{"ip": "10.1.2.3"}],
        "conditions": [
            {"type": "Initialized", "status": "True", "lastTransitionTime": _now()},
            {"type": "Ready", "status": truth[ready], "lastTransitionTime": _now()},
            {"type": "ContainersReady", "status": truth[ready], "lastTransitionTime": _now()},
            {"type": "PodScheduled", "status": "True", "lastTransitionTime": _now()},
        ],
        "containerStatuses": containers,
    }
