"""What is told of a container beside its state: its probes, and what it uses of what it may."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from bot.commands.prose import clipped, joined, said
from bot.model import quantities
from bot.model.answers import ContainerSummary
from bot.model.containers import Probe
from bot.model.messages import Line, code, plain
from bot.model.pods import Volume

_WORDS = 80
"""Characters of a path or a command: enough to know it again."""


def more_facts(container: ContainerSummary) -> Iterator[Line]:
    """A line on its use and a line on its probes, where there is something to tell."""
    if container.usage is not None:
        yield joined(
            said("uses ", _used("cpu", "CPU", container)), said(_used("memory", "memory", container))
        )
    if container.probes:
        yield joined(*(said(f"{purpose}: ", _probe(probe)) for purpose, probe in container.probes))


def volumes_lost(volumes: Sequence[Volume]) -> Line:
    """The volumes whose data does not outlive the pod, or not its place."""
    return said("Local data: ", joined(*map(_volume, volumes)))


def _volume(volume: Volume) -> Line:
    if volume.host_path is not None:
        path = clipped(volume.host_path.path, _WORDS)
        return said(code(volume.name), " stays on the node at ", code(path) if path else "its path")
    if volume.ephemeral is not None:
        return said(code(volume.name), " (a claim of its own) goes with it")
    memory = volume.empty_dir is not None and volume.empty_dir.medium == "Memory"
    return said(code(volume.name), f" ({'emptyDir in memory' if memory else 'emptyDir'}) goes with it")


def _used(resource: str, name: str, container: ContainerSummary) -> str:
    """Of a resource: the amount, and the part of the limit, or else of the request, that it is."""
    if container.usage is None:
        return ""
    used = container.usage.amount(resource)
    amount = quantities.millicores(used) if resource == "cpu" else quantities.mebibytes(used)
    for word, quantity in (
        ("limit", container.limits.get(resource)),
        ("request", container.requests.get(resource)),
    ):
        whole = _number(quantity)
        if whole > 0:
            return f"{amount} {name} ({quantities.share(used, whole)} of its {word} {quantity})"
    return f"{amount} {name}"


def _number(quantity: str | None) -> Decimal:
    try:
        return quantities.parse(quantity or "0")
    except ValueError:
        return Decimal(0)


def _probe(probe: Probe) -> Line:
    return (
        *_check(probe),
        *plain(f" every {probe.period_seconds} s, fails at {probe.failure_threshold} misses"),
        *(plain(f", from {probe.initial_delay_seconds} s on") if probe.initial_delay_seconds else ()),
    )


def _check(probe: Probe) -> Line:
    if probe.http_get is not None:
        return said("GET ", code(clipped(f":{probe.http_get.port}{probe.http_get.path}", _WORDS)))
    if probe.tcp_socket is not None:
        return said("TCP ", code(clipped(f":{probe.tcp_socket.port}", _WORDS)))
    if probe.grpc is not None:
        return said("gRPC ", code(clipped(f":{probe.grpc.port}", _WORDS)))
    command = " ".join((probe.exec.command if probe.exec else None) or ())
    return said("runs ", code(clipped(command, _WORDS)) if command else "a command")
