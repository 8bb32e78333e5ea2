"""Debug containers: one command in a container of its own inside a running pod, and what it wrote."""

from __future__ import annotations

import asyncio
import secrets
import shlex
from collections.abc import Callable

from bot.clock import Clock
from bot.errors import ClusterError, ObjectNotFound, UserError
from bot.model.commands import DebugPod, Verb
from bot.model.containers import ContainerKind, ContainerState
from bot.model.debugging import DebugOutput, DebugStarted
from bot.model.people import Asker
from bot.model.pods import Pod
from bot.model.problems import NoSuchContainer
from bot.pods import redact
from bot.pods.finder import Finder
from bot.pods.gate import Gate
from bot.pods.ports import DebugContainer, PodCluster

WAIT = 60
"""Seconds that a command's end is waited for."""
LOOK_EVERY = 1.0
MOST_AT_ONCE = 10
"""Debug containers that are waited for at the same time."""
OUTPUT_LIMIT = 10 * 1024 * 1024
"""Bytes of output that are read."""

_NEVER_STARTS = frozenset(
    {"CreateContainerConfigError", "ErrImageNeverPull", "ImageInspectError", "InvalidImageName"}
)
"""Reasons for waiting after which waiting is of no use: nobody can change an ephemeral container."""
_GONE = "The pod is gone, and the debug container with it."
_LETTERS = "bcdfghjklmnpqrstvwxz2456789"
"""Those of Kubernetes' own made-up names: no word comes about by chance."""


def new_name() -> str:
    """A name as kubectl makes it up: `debugger-x7k2p`."""
    return "debugger-" + "".join(secrets.choice(_LETTERS) for _ in range(5))


class DebugRefused(UserError):
    """The debug container cannot be had; the message says why and what to do."""


class Debugging:
    """Adds debug containers and reads what they wrote."""

    def __init__(
        self,
        cluster: PodCluster,
        gate: Gate,
        finder: Finder,
        clock: Clock,
        *,
        name: Callable[[], str] = new_name,
    ) -> None:
        self._cluster = cluster
        self._gate = gate
        self._finder = finder
        self._clock = clock
        self._name = name
        self._waiting = 0

    async def start(self, asker: Asker, command: DebugPod) -> DebugStarted:
        """Add the container; it begins by itself when its image is there."""
        what = f"pod/{command.pod}"
        decision = self._gate.authorise(asker, Verb.DEBUG, command.namespace, what)
        spelled = redact.mask(shlex.join(command.command))
        with self._gate.audited(asker, decision, what, f"image={command.image or '-'} command={spelled}"):
            image = self._image(command.image)
            if self._waiting >= MOST_AT_ONCE:
                raise DebugRefused(
                    f"{self._waiting} debug containers are being waited for, which is the most at once. "
                    "Nothing was changed. Try again in a minute."
                )
            pod = await self._finder.by_name(asker, command.namespace, command.pod)
            container = DebugContainer(
                name=command.container or self._name(),
                image=image,
                command=command.command,
                target=command.target,
            )
            _refuse_hopeless(pod, container)
            await self._cluster.add_debug_container(pod.namespace, pod.name, uid=pod.uid, container=container)
        return DebugStarted(
            cluster=self._cluster.name,
            by=asker.person,
            namespace=pod.namespace,
            pod=pod.name,
            uid=pod.uid,
            container=container.name,
            image=image,
            target=command.target,
            command=spelled,
            seconds=WAIT,
        )

    async def output(self, started: DebugStarted) -> DebugOutput:
        """What it wrote, when it has ended or after `WAIT` seconds, whichever is first."""
        self._waiting += 1
        try:
            state, problem = await self._watched(started)
        finally:
            self._waiting -= 1
        lines: tuple[str, ...] = ()
        masked, cut = 0, False
        if not problem and (state.running or state.terminated):
            try:
                log = await self._cluster.read_log(
                    started.namespace, started.pod, started.container, limit_bytes=OUTPUT_LIMIT
                )
            except ClusterError as error:
                problem = str(error)
            else:
                cut = log.cut
                found = log.text.removesuffix("\n").split("\n") if log.text else []
                clean, masked = await asyncio.to_thread(redact.mask_lines, found)
                lines = tuple(clean)
        return DebugOutput(
            started=started,
            state=state,
            lines=lines,
            masked=masked,
            cut=cut,
            problem=problem,
            read_at=self._clock.now(),
        )

    async def _watched(self, started: DebugStarted) -> tuple[ContainerState, str]:
        """The state in which it is to be read, and why it cannot be where it cannot."""
        end = self._clock.monotonic() + started.seconds
        state, problem = ContainerState(), ""
        while True:
            try:
                pod = await self._cluster.get_pod(started.namespace, started.pod)
                problem = ""
            except ObjectNotFound:
                return state, _GONE
            except ClusterError as error:
                problem = str(error)  # it may answer again before the time is up
            else:
                if pod.uid != started.uid:
                    return state, _GONE
                state = _state(pod, started.container)
            waiting = state.waiting.reason if state.waiting else ""
            over = self._clock.monotonic() >= end
            if over or (not problem and (state.terminated or waiting in _NEVER_STARTS)):
                return state, problem
            await self._clock.sleep(LOOK_EVERY)

    def _image(self, wanted: str) -> str:
        policy = self._gate.policy
        allowed = ", ".join(f"`{each}`" for each in policy.debug_images)
        if not allowed:
            raise DebugRefused(
                "No image may be run in debug containers: the policy file names none under `debug_images`. "
                "Nothing was changed."
            )
        image = wanted or next((each for each in policy.debug_images if not {"*", "?"} & {*each}), "")
        if not image:
            raise DebugRefused(f"Which image? Write `--image=…`. The policy allows {allowed}.")
        if not policy.allows_image(image):
            raise DebugRefused(
                f"`{image}` may not be run in debug containers. The policy allows {allowed}. "
                "Nothing was changed."
            )
        return image


def _refuse_hopeless(pod: Pod, container: DebugContainer) -> None:
    """Refuse what could only fail, or would add a container that never starts."""
    named = {each.name: kind for each, kind in pod.containers()}
    if pod.terminating or pod.over:
        raise DebugRefused(
            f"`{pod.name}` {'is being deleted' if pod.terminating else 'has ended'}: a debug container "
            "needs a pod that lives. Nothing was changed."
        )
    if not pod.spec.node_name:
        raise DebugRefused(
            f"`{pod.name}` is on no node yet, so nothing can run in it. Nothing was changed. "
            "`describe` says what it waits for."
        )
    if container.name in named:
        raise DebugRefused(
            f"`{pod.name}` has a container `{container.name}` already. Nothing was changed. "
            "Give another name with `-c`, or none."
        )
    lasting = tuple(name for name, kind in named.items() if kind is not ContainerKind.EPHEMERAL)
    if container.target and container.target not in lasting:
        raise NoSuchContainer(container.target, pod.name, lasting)


def _state(pod: Pod, container: str) -> ContainerState:
    status = pod.status_of(container)
    return status.state if status else ContainerState()
