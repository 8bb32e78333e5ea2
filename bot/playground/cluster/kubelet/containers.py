"""The life of one container: pulled, started, ready, ended, backed off, started again.

`pods` decides which container may start; this module carries it out, following the container's plan, and
reports back through `Progress` when the pod should look again.
"""

from collections.abc import Callable

from bot.playground.cluster.kubelet.backoff import Backoff, go_duration
from bot.playground.cluster.kubelet.debugging import debug_ending
from bot.playground.cluster.kubelet.host import Host
from bot.playground.cluster.kubelet.plans import ContainerPlan, Ending, Probe, ProbeFailure, Refusal
from bot.playground.cluster.kubelet.runtime import Container, PodRuntime, Role
from bot.playground.cluster.naming import image_id
from bot.playground.cluster.objects import Json, controller_of, parse_timestamp, timestamp

Progress = Callable[[PodRuntime], None]

PULL_SECONDS = 0.6
READY_SECONDS = 1.0
RELIST_SECONDS = 1.0
"""How long a kubelet takes to see that a container has ended: the period of its pod lifecycle event
generator.
"""

INIT_SECONDS = 1.5
JOB_SECONDS = 12.0
EPOCH = "1970-01-01T00:00:00Z"
"""What containerd gives as the start of a container that never started."""


class ContainerRunner:
    """Starts and ends containers."""

    def __init__(self, host: Host, *, progress: Progress) -> None:
        self._host = host
        self._progress = progress
        self._backoff = Backoff(pace=host.pace)
        self._pulls = Backoff(pace=host.pace)

    def change_pace(self, pace: float) -> None:
        """Go on with another pace of life."""
        self._backoff.pace = self._pulls.pace = pace

    def start(self, runtime: PodRuntime, container: Container) -> None:
        """Start a container, or fail to, as its plan says."""
        pod = self._host.pod(runtime)
        if pod is None:
            return
        if container.role is Role.EPHEMERAL:
            plan = ContainerPlan(ending=debug_ending(pod, container.name))
        else:
            plan = self._host.plans.container(pod, container.name) or self._usual_plan(pod, container)
        if plan.refusal is not None:
            self._refuse(runtime, container, plan.refusal)
            return
        self._announce_image(runtime, container)
        self._host.tell(runtime, "Created", f"Created container: {container.name}", about=container)
        self._host.tell(runtime, "Started", f"Started container {container.name}", about=container)
        self._begin_run(container)
        self._host.write(runtime)
        self._follow(runtime, container, plan)

    def start_later(self, runtime: PodRuntime, container: Container, seconds: float) -> None:
        """Start a container when its image has been pulled."""
        self._later(container, seconds, lambda: self.start(runtime, container))

    def end(self, runtime: PodRuntime, container: Container, ending: Ending, *, unseen: bool = False) -> None:
        """End a container's run; the pod looks again a moment later."""
        self.terminate(container, ending)
        if not unseen:
            self._host.write(runtime)
        self._later(container, 0.0 if unseen else RELIST_SECONDS, lambda: self.after_end(runtime, container))

    def terminate(self, container: Container, ending: Ending) -> None:
        """Set a running container's state to terminated and close its log."""
        container.cancel_timers()
        now = self._host.agenda.now()
        container.state = {"terminated": self._termination(container, ending)}
        container.ready = container.started = False
        if container.role is Role.INIT:
            container.ready = ending.exit_code == 0
        self._host.logs.close(container.container_id, now, ending.last_words)

    def after_end(self, runtime: PodRuntime, container: Container) -> None:
        """Restart an ended container where its pod's policy says so, with the back-off of the kubelet."""
        pod = self._host.pod(runtime)
        terminated = container.terminated or container.last_state.get("terminated")
        if pod is None or runtime.stopping or terminated is None or container.running:
            return
        if not self._should_restart(pod, container, terminated):
            self._progress(runtime)
            return
        key = f"{runtime.uid}/{container.name}"
        ended, now = parse_timestamp(terminated["finishedAt"]), self._host.agenda.now()
        left = self._backoff.remaining(key, ended, now)
        if left > 0:
            self._wait_out(runtime, container, self._backoff.delay(key), left)
            return
        self._backoff.next(key, ended, now)
        self._remember_end(container)
        container.restarts += 1
        self.start(runtime, container)

    def retry_now(self, runtime: PodRuntime, container: Container) -> None:
        """Start a waiting container without waiting any longer, its back-off forgotten."""
        self._backoff.reset(f"{runtime.uid}/{container.name}")
        self._pulls.reset(f"{runtime.uid}/{container.image}")
        container.cancel_timers()
        if container.last_state or container.terminated:
            self._remember_end(container)
            container.restarts += 1
        self.start(runtime, container)

    def let_live(self, runtime: PodRuntime, container: Container) -> None:
        """Withdraw from a running container whatever was to befall it: it becomes ready and lives on."""
        container.cancel_timers()
        container.started = True
        self._make_ready(runtime, container, ContainerPlan())

    def _usual_plan(self, pod: Json, container: Container) -> ContainerPlan:
        if container.role is Role.INIT:
            return ContainerPlan(ending=Ending(after=INIT_SECONDS, exit_code=0, reason="Completed"))
        owner = controller_of(pod)
        if container.role is Role.APP and owner is not None and owner["kind"] == "Job":
            words = ("INFO  all rows imported", "INFO  run finished")
            return ContainerPlan(
                ending=Ending(after=JOB_SECONDS, exit_code=0, reason="Completed", last_words=words)
            )
        return ContainerPlan()

    def _begin_run(self, container: Container) -> None:
        now = self._host.agenda.now()
        container.cancel_timers()
        container.container_id = self._host.names.container_id()
        container.state = {"running": {"startedAt": timestamp(now)}}
        container.started = True
        container.ready = False
        quiet = container.role is Role.EPHEMERAL
        self._host.logs.open(container.container_id, container.image, now, quiet=quiet)

    def _follow(self, runtime: PodRuntime, container: Container, plan: ContainerPlan) -> None:
        if plan.probe_failure is not None:
            self._let_probe_fail(runtime, container, plan.probe_failure)
        elif plan.ending is not None:
            ending = plan.ending
            self._later(
                container, ending.after, lambda: self.end(runtime, container, ending, unseen=plan.unseen)
            )
        if container.role not in {Role.INIT, Role.EPHEMERAL} and not (
            plan.ending is not None and plan.ending.after <= READY_SECONDS
        ):
            self._make_ready(runtime, container, plan)
        if container.role is Role.SIDECAR:
            self._later(container, READY_SECONDS, lambda: self._progress(runtime))

    def _make_ready(self, runtime: PodRuntime, container: Container, plan: ContainerPlan) -> None:
        failure = plan.probe_failure
        if failure is not None and failure.probe is Probe.STARTUP:
            container.started = False
            self._host.write(runtime)
            return
        if plan.unready:
            self._let_readiness_fail(runtime, container, plan.unready)
            return

        def ready() -> None:
            if container.running:
                container.ready = True
                self._host.write(runtime)

        self._later(container, READY_SECONDS, ready)

    def _let_readiness_fail(self, runtime: PodRuntime, container: Container, message: str) -> None:
        def fail() -> None:
            if container.running:
                if container.ready:
                    container.ready = False
                    self._host.write(runtime)
                text = f"Readiness probe failed: {message}"
                self._host.tell(runtime, "Unhealthy", text, about=container, bad=True)
                self._later(container, 10.0, fail)

        self._later(container, READY_SECONDS, fail)

    def fail_readiness(self, runtime: PodRuntime, container: Container, message: str) -> None:
        """Make the readiness probe of a running container fail from now on."""
        self._let_readiness_fail(runtime, container, message)

    def fail_probe(self, runtime: PodRuntime, container: Container, failure: ProbeFailure) -> None:
        """Make a killing probe of a running container fail from now on."""
        self._let_probe_fail(runtime, container, failure)

    def _let_probe_fail(self, runtime: PodRuntime, container: Container, failure: ProbeFailure) -> None:
        kind = failure.probe.value

        def fail(count: int) -> None:
            text = f"{kind} probe failed: {failure.message}"
            self._host.tell(runtime, "Unhealthy", text, about=container, bad=True)
            if count < failure.threshold:
                self._later(container, failure.period, lambda: fail(count + 1))
                return
            why = f"Container {container.name} failed {kind.lower()} probe, will be restarted"
            self._host.tell(runtime, "Killing", why, about=container)
            words = ('level=warn msg="SIGTERM received, draining" timeout=30s',)
            ending = Ending(exit_code=failure.exit_code, last_words=words)
            self._later(container, RELIST_SECONDS, lambda: self.end(runtime, container, ending))

        self._later(container, failure.first_after, lambda: fail(1))

    def _announce_image(self, runtime: PodRuntime, container: Container) -> None:
        image = container.image
        if container.image_pulled:
            text = f'Container image "{image}" already present on machine'
            self._host.tell(runtime, "Pulled", text, about=container)
            return
        container.image_pulled = True
        self._host.tell(runtime, "Pulling", f'Pulling image "{image}"', about=container)
        size = 20_000_000 + int(image_id(image)[-6:], 16)
        took = "512ms (512ms including waiting)"
        text = f'Successfully pulled image "{image}" in {took}. Image size: {size} bytes.'
        self._host.tell(runtime, "Pulled", text, about=container)

    def _refuse(self, runtime: PodRuntime, container: Container, refusal: Refusal) -> None:
        """Leave a container waiting with the reason why it cannot start, and try again as a kubelet does."""
        if refusal.image_pull:
            self._fail_pull(runtime, container, refusal)
            return
        if refusal.runs_into is not None:
            self._fail_start(runtime, container, refusal, refusal.runs_into)
            return
        self._waiting(container, refusal.reason, refusal.message)
        self._host.tell(runtime, refusal.event_reason, f"Error: {refusal.message}", about=container, bad=True)
        self._host.write(runtime)
        self._later(container, 12.0, lambda: self.start(runtime, container))

    def _fail_pull(self, runtime: PodRuntime, container: Container, refusal: Refusal) -> None:
        image, now = container.image, self._host.agenda.now()
        self._host.tell(runtime, "Pulling", f'Pulling image "{image}"', about=container)
        text = f'Failed to pull image "{image}": {refusal.message}'
        self._host.tell(runtime, "Failed", text, about=container, bad=True)
        self._host.tell(runtime, "Failed", "Error: ErrImagePull", about=container, bad=True)
        self._waiting(container, "ErrImagePull", refusal.message)
        self._host.write(runtime)
        key = f"{runtime.uid}/{image}"
        self._pulls.next(key, now, now)
        delay = self._pulls.delay(key)
        self._later(container, min(delay, 8.0), lambda: self._back_off_pull(runtime, container, refusal))
        container.timers.append(self._host.agenda.after(delay, lambda: self.start(runtime, container)))

    def _back_off_pull(self, runtime: PodRuntime, container: Container, refusal: Refusal) -> None:
        backing_off = f'Back-off pulling image "{container.image}"'
        self._host.tell(runtime, "BackOff", backing_off, about=container)
        self._host.tell(runtime, "Failed", "Error: ImagePullBackOff", about=container, bad=True)
        self._waiting(container, "ImagePullBackOff", f"{backing_off}: ErrImagePull: {refusal.message}")
        self._host.write(runtime)

    def _fail_start(
        self, runtime: PodRuntime, container: Container, refusal: Refusal, ending: Ending
    ) -> None:
        self._announce_image(runtime, container)
        self._host.tell(runtime, "Created", f"Created container: {container.name}", about=container)
        self._host.tell(runtime, "Failed", f"Error: {refusal.message}", about=container, bad=True)
        container.container_id = self._host.names.container_id()
        container.started = container.ready = False
        container.earlier_state = container.last_state
        container.last_state = {"terminated": self._termination(container, ending) | {"startedAt": EPOCH}}
        self._waiting(container, refusal.reason, refusal.message)
        self._host.write(runtime)
        self._later(container, RELIST_SECONDS, lambda: self.after_end(runtime, container))

    def _wait_out(self, runtime: PodRuntime, container: Container, delay: float, left: float) -> None:
        """Show CrashLoopBackOff for what is left of the delay, then look again."""
        self._remember_end(container)
        which = f"container={container.name} pod={runtime.full_name}"
        message = f"back-off {go_duration(delay)} restarting failed {which}"
        self._waiting(container, "CrashLoopBackOff", message)
        text = f"Back-off restarting failed container {container.name} in pod {runtime.full_name}"
        self._host.tell(runtime, "BackOff", text, about=container, bad=True)
        self._host.write(runtime)
        self._later(container, left, lambda: self.after_end(runtime, container))

    def _remember_end(self, container: Container) -> None:
        if container.terminated is not None:
            old = container.earlier_state.get("terminated", {}).get("containerID")
            if old:
                self._host.logs.drop(old)
            container.earlier_state = container.last_state
            container.last_state = {"terminated": container.terminated}

    def _termination(self, container: Container, ending: Ending) -> Json:
        now = timestamp(self._host.agenda.now())
        termination: Json = {
            "containerID": container.container_id,
            "exitCode": ending.exit_code,
            "finishedAt": now,
            "reason": ending.reason,
            "startedAt": container.state.get("running", {}).get("startedAt", now),
        }
        return termination | {"message": ending.message} if ending.message else termination

    @staticmethod
    def _waiting(container: Container, reason: str, message: str) -> None:
        container.state = {"waiting": {"message": message, "reason": reason}}
        container.ready = container.started = False

    @staticmethod
    def _should_restart(pod: Json, container: Container, terminated: Json) -> bool:
        policy = pod["spec"].get("restartPolicy", "Always")
        failed = terminated["exitCode"] != 0
        if container.role is Role.SIDECAR:
            return True
        if container.role is Role.INIT:
            return failed and bool(policy != "Never")
        if container.role is Role.EPHEMERAL:
            return False
        return bool(policy == "Always" or (policy == "OnFailure" and failed))

    def _later(self, container: Container, seconds: float, action: Callable[[], None]) -> None:
        container.timers.append(self._host.agenda.after(seconds, action))
