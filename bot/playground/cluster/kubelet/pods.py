"""The life of a pod on its node: admitted, its sandbox made, its containers started in order, ended, taken
down.

It listens to the store for pods that are bound to a node or whose deletion was asked for, and answers the
scenarios that end a pod from outside: eviction, deadline, node shutdown.
"""

from collections.abc import Callable

from bot.playground.cluster.kubelet.containers import PULL_SECONDS, ContainerRunner
from bot.playground.cluster.kubelet.host import Host
from bot.playground.cluster.kubelet.plans import Ending, PodPlan, Stop
from bot.playground.cluster.kubelet.runtime import PodRuntime, Role, new_ephemeral, new_runtime
from bot.playground.cluster.objects import Json, is_deleting, is_terminal, timestamp, uid_of
from bot.playground.cluster.resources import NODES, PODS
from bot.playground.cluster.store import Change

NOTICE_SECONDS = 0.1
SANDBOX_SECONDS = 0.5
CLEAN_UP_SECONDS = 0.3
MOUNT_RETRY_SECONDS = 30.0

UNLOCATED = Ending(
    exit_code=137,
    reason="ContainerStatusUnknown",
    message="The container could not be located when the pod was terminated",
)


def runs_for_ever(pod: Json) -> bool:
    """Whether a pod's containers are meant never to end."""
    return bool(pod["spec"].get("restartPolicy", "Always") == "Always")


class Kubelet:
    """The kubelets of all nodes."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.runner = ContainerRunner(host, progress=self.proceed)
        self._pods: dict[str, PodRuntime] = {}
        self._stops: dict[str, Stop] = {}
        host.store.on_change(self._notice)

    def runtime(self, uid: str) -> PodRuntime | None:
        """Return what is known of a pod, by UID."""
        return self._pods.get(uid)

    def runtimes(self, node: str = "") -> list[PodRuntime]:
        """Return the pods that a node (or any) holds."""
        return [r for r in self._pods.values() if not node or r.node == node]

    def change_pace(self, pace: float) -> None:
        """Go on with another pace of life."""
        self.host.pace = pace
        self.runner.change_pace(pace)

    def proceed(self, runtime: PodRuntime) -> None:
        """Start whatever may start next, or finish the pod when all its work is done."""
        if runtime.stopping or not runtime.sandbox_ready:
            return
        for container in runtime.of_role(Role.INIT, Role.SIDECAR):
            done = container.started if container.role is Role.SIDECAR else container.succeeded()
            if done:
                continue
            if container.never_ran and not container.timers_pending():
                self.runner.start(runtime, container)
            if not any(not c.never_ran for c in runtime.of_role(Role.APP)):
                return
        apps = runtime.of_role(Role.APP)
        for container in apps:
            if container.never_ran and not container.timers_pending():
                self.runner.start(runtime, container)
        pod = self.host.pod(runtime)
        if pod is not None and all(c.terminated is not None and not c.timers_pending() for c in apps):
            self._finish(pod, runtime)

    def end_pod(
        self, uid: str, *, reason: str, message: str, exit_code: int = 137, disruption: Json | None = None
    ) -> None:
        """End a pod as a whole: its containers are killed and its phase is Failed for good.

        `disruption` is the DisruptionTarget condition that goes with it, where the kubelet sets one.
        """
        runtime = self._pods.get(uid)
        if runtime is None or self.host.pod(runtime) is None:
            return
        runtime.outcome = ("Failed", reason, message)
        runtime.cancel_timers()
        self.host.write(runtime, mark=disruption)  # in one: alone, the mark would tell of a node's shutdown
        for container in runtime.containers:
            if container.running:
                self.host.tell(runtime, "Killing", f"Stopping container {container.name}", about=container)

        def killed() -> None:
            for container in runtime.containers:
                if container.running:
                    self.runner.terminate(container, Ending(exit_code=exit_code))
            runtime.sandbox_ready = False
            self.host.write(runtime)

        runtime.timers.append(self.host.agenda.after(CLEAN_UP_SECONDS, killed))

    def stop_like(self, uid: str, stop: Stop) -> None:
        """Say how a pod's containers will take their SIGTERM."""
        self._stops[uid] = stop

    def silence(self, node: str) -> None:
        """Cut a node off: its pods go on, and nobody hears of them."""
        self.host.silent_nodes.add(node)

    def bring_back(self, node: str) -> None:
        """Connect a node again: it writes what it knows and catches up with deletions."""
        self.host.silent_nodes.discard(node)
        for runtime in self.runtimes(node):
            self.host.write(runtime)
            self._look_at(runtime.namespace, runtime.name)

    def unblock(self, runtime: PodRuntime) -> None:
        """Look again at a pod: whatever held it up, or was to befall it, is gone."""
        pod = self.host.pod(runtime)
        if pod is None or runtime.stopping or runtime.outcome is not None:
            return
        if not runtime.sandbox_ready:
            runtime.cancel_timers()
            self._make_sandbox(runtime)
            return
        for container in runtime.containers:
            if "waiting" in container.state and container.timers_pending():
                self.runner.retry_now(runtime, container)
            elif container.running and container.role in {Role.SIDECAR, Role.APP} and runs_for_ever(pod):
                self.runner.let_live(runtime, container)
        self.proceed(runtime)

    def _notice(self, change: Change) -> None:
        if change.resource is PODS and change.object["spec"].get("nodeName"):
            namespace, name = change.object["metadata"]["namespace"], change.object["metadata"]["name"]
            if change.type == "DELETED":
                gone = uid_of(change.object)
                self.host.agenda.after(0.0, lambda: self._forget(gone))
            elif self._is_news(change.object):
                self.host.agenda.after(NOTICE_SECONDS, lambda: self._look_at(namespace, name))

    def _is_news(self, pod: Json) -> bool:
        runtime = self._pods.get(uid_of(pod))
        return runtime is None or is_deleting(pod) or bool(new_ephemeral(pod, runtime))

    def _look_at(self, namespace: str, name: str) -> None:
        pod = self.host.store.find(PODS, namespace, name)
        if pod is None or pod["spec"].get("nodeName", "") in {"", *self.host.silent_nodes}:
            return
        runtime = self._pods.get(uid_of(pod))
        if runtime is None and not is_terminal(pod):
            self._admit(pod)
        elif runtime is not None and is_deleting(pod) and not runtime.stopping:
            self._take_down(pod, runtime)
        elif runtime is not None and runtime.sandbox_ready and not runtime.stopping:
            self._debug(pod, runtime)

    def _debug(self, pod: Json, runtime: PodRuntime) -> None:
        """Start the debug containers that were added to a running pod."""
        added = new_ephemeral(pod, runtime)
        runtime.containers += added
        if added:
            self.host.write(runtime)
        for container in added:
            self.runner.start_later(runtime, container, PULL_SECONDS)

    def _forget(self, uid: str) -> None:
        runtime = self._pods.pop(uid, None)
        if runtime is None:
            return
        runtime.cancel_timers()
        for container in runtime.containers:
            self.host.logs.drop(container.container_id)
            for state in (container.last_state, container.earlier_state):
                self.host.logs.drop(state.get("terminated", {}).get("containerID", ""))
        self.host.plans.withdraw_pod(uid)
        self._stops.pop(uid, None)

    def _admit(self, pod: Json) -> None:
        plan = self.host.plans.pod(pod) or PodPlan()
        runtime = new_runtime(pod, self.host.agenda.now())
        self._pods[runtime.uid] = runtime
        if plan.rejection is not None:
            reason, message = plan.rejection
            self.host.tell(runtime, reason, message, bad=True)
            pod["status"] |= {
                "phase": "Failed",
                "reason": reason,
                "message": f"Pod was rejected: {message}",
                "startTime": timestamp(self.host.agenda.now()),
            }
            self.host.store.update(pod)
            runtime.outcome = ("Failed", reason, f"Pod was rejected: {message}")
            return
        self.host.write(runtime)
        if plan.mount_failure:
            self._fail_mounts(runtime, plan.mount_failure)
            return
        self._later(runtime, SANDBOX_SECONDS, lambda: self._make_sandbox(runtime))

    def _fail_mounts(self, runtime: PodRuntime, message: str) -> None:
        self.host.tell(runtime, "FailedMount", message, bad=True)
        self._later(runtime, MOUNT_RETRY_SECONDS, lambda: self._fail_mounts(runtime, message))

    def _make_sandbox(self, runtime: PodRuntime) -> None:
        node = self.host.store.find(NODES, "", runtime.node)
        cidr = node["spec"].get("podCIDR", "10.244.0.0/24") if node else "10.244.0.0/24"
        runtime.address = runtime.address or self.host.names.address(cidr)
        runtime.sandbox_ready = True
        self.proceed(runtime)
        self.host.write(runtime)
        pod = self.host.pod(runtime)
        deadline = pod["spec"].get("activeDeadlineSeconds") if pod else None
        if deadline is not None:
            self._later(runtime, float(deadline), lambda: self.exceed_deadline(runtime.uid))

    def exceed_deadline(self, uid: str) -> None:
        """End a pod that has been active for longer than `activeDeadlineSeconds`."""
        runtime = self._pods.get(uid)
        if runtime is None or runtime.stopping or runtime.outcome is not None:
            return
        message = "Pod was active on the node longer than the specified deadline"
        self.host.tell(runtime, "DeadlineExceeded", message)
        self.end_pod(uid, reason="DeadlineExceeded", message=message, exit_code=143)

    def _finish(self, pod: Json, runtime: PodRuntime) -> None:
        """All regular containers have ended for good: the sidecars are stopped and the sandbox goes."""
        if runs_for_ever(pod) or not runtime.sandbox_ready:
            return
        for container in runtime.of_role(Role.SIDECAR):
            if container.running:
                self.runner.terminate(container, Ending(exit_code=0, reason="Completed"))
            container.cancel_timers()
        runtime.sandbox_ready = False
        self.host.write(runtime)

    def _take_down(self, pod: Json, runtime: PodRuntime) -> None:
        """Stop the containers within the grace period, write how they ended, and remove the pod."""
        plan = self.host.plans.pod(pod, peek=True)
        runtime.stopping = True
        runtime.cancel_timers()
        stop = self._stops.get(runtime.uid, Stop())
        for container in runtime.containers:
            if container.running:
                self.host.tell(runtime, "Killing", f"Stopping container {container.name}", about=container)
        if plan is not None and plan.never_stops:
            return
        grace = float(pod["metadata"].get("deletionGracePeriodSeconds") or 0)
        over = stop.after > grace
        ending = Ending(
            exit_code=137 if over else stop.exit_code,
            reason="Completed" if stop.exit_code == 0 and not over else "Error",
            last_words=('level=info msg="SIGTERM received, shutting down"', 'level=info msg="bye"'),
        )
        self._later(runtime, min(stop.after, grace), lambda: self._stopped(runtime, ending))

    def _stopped(self, runtime: PodRuntime, ending: Ending) -> None:
        initialised = any(not c.never_ran for c in runtime.of_role(Role.APP))
        for container in runtime.containers:
            if container.running:
                self.runner.terminate(container, ending)
            elif "waiting" in container.state and container.last_state:
                # No restart is due any more, so the last run shows as the present state again.
                container.state, container.last_state = container.last_state, container.earlier_state
            elif container.never_ran and initialised:
                self.runner.terminate(container, UNLOCATED)
        runtime.sandbox_ready = False
        self.host.write(runtime)
        self._later(runtime, CLEAN_UP_SECONDS, lambda: self._remove(runtime))

    def _remove(self, runtime: PodRuntime) -> None:
        pod = self.host.pod(runtime)
        if pod is not None and is_deleting(pod):
            # The API server shortens the grace period to 0 and never moves the moment into the past
            # (`rest.BeforeDelete`), so a pod's last state does not tell when its deletion was asked for.
            now = self.host.agenda.now()
            pod["metadata"] |= {"deletionGracePeriodSeconds": 0, "deletionTimestamp": timestamp(now)}
            self.host.store.remove(pod)

    def _later(self, runtime: PodRuntime, seconds: float, action: Callable[[], None]) -> None:
        runtime.timers.append(self.host.agenda.after(seconds, action))
