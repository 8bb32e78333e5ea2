"""How `describe` is answered: what state a pod is in and why, then the evidence, most telling first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from msgspec import structs

from bot.commands.container_facts import more_facts, volumes_lost
from bot.commands.pod_list import restarted
from bot.commands.prose import clipped, counted, joined, marked, message, plainly, said, shortened, spoken
from bot.model.answers import ContainerSummary, PodSummary
from bot.model.commands import DeletePod, DescribePod, GetLogs
from bot.model.containers import ContainerKind, Terminated, Waiting
from bot.model.exits import explain
from bot.model.messages import (
    MOST_CHOICES,
    Actions,
    Attachment,
    Audience,
    Button,
    Choice,
    Context,
    Line,
    Menu,
    Message,
    Moment,
    Paragraph,
    bold,
    code,
    plain,
)
from bot.model.pods import Owner, PodCondition

_FILENAME = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class _Measure:
    """How much is told: numbers of things, and characters of somebody else's sentence or name."""

    causes: int
    containers: int
    conditions: int
    events: int
    sentence: int
    name: int


_INLINE = _Measure(causes=3, containers=10, conditions=6, events=8, sentence=240, name=120)
_WHOLE = _Measure(causes=10**9, containers=10**9, conditions=10**9, events=10**9, sentence=10**9, name=10**9)


def pod_summary(answer: PodSummary) -> Message:
    """State and why, container by container, then what is not as it should be, then events.

    What is too much to be read inline comes whole in a file.
    """
    inline, whole = _sections(answer, _INLINE), _sections(answer, _WHOLE)
    more = (Paragraph((plain("There is more; all of it is in the file."),)),) if inline != whole else ()
    drawn = message(
        *map(Paragraph, inline),
        *more,
        Actions(tuple(_actions(answer))),
        Context(joined(answer.cluster, said("seen ", Moment(answer.seen_at)))),
    )
    return structs.replace(drawn, attachments=(_file(answer, whole),)) if more else drawn


def what_follows(owner: Owner, *, replaced: bool) -> Line:
    """Whether something starts another pod when this one goes."""
    if replaced:
        return said(code(str(owner)), " will start another.")
    return (bold("Nothing will recreate this pod."),)


def _sections(answer: PodSummary, measure: _Measure) -> tuple[tuple[Line, ...], ...]:
    """The paragraphs of a description, the ill containers first."""
    containers = sorted(answer.containers, key=_is_well)[: measure.containers]
    conditions = answer.failing_conditions[: measure.conditions]
    sections = (
        tuple(_head(answer, measure)),
        (
            *(line for each in containers for line in _container(each, measure)),
            *_use_unknown(answer, measure),
        ),
        tuple(_condition(each, measure) for each in conditions),
        tuple(_events(answer, measure)),
    )
    return tuple(lines for lines in sections if lines)


def _head(answer: PodSummary, measure: _Measure) -> Iterator[Line]:
    row = answer.row
    yield joined(code(row.name), row.namespace, bold(row.status), f"{row.ready} ready", f"{row.age} old")
    if answer.terminating:
        yield plain("It is being deleted.")
    whole = _sentence(answer.reason, answer.message, measure)
    if whole:
        yield whole
    else:
        ill = [each for each in answer.containers if not _is_well(each)]
        yield from (_why(each, measure) for each in ill[: measure.causes])
    node = said("On ", code(row.node)) if row.node not in {"", "<none>"} else plain("On no node")
    address = said("IP ", code(row.ip)) if row.ip not in {"", "<none>"} else ""
    yield joined(node, address, _owner(answer), f"QoS {answer.qos}" if answer.qos else "")
    if answer.volumes_lost:
        yield volumes_lost(answer.volumes_lost[: measure.containers])
    yield said("When it goes: ", what_follows(answer.owner, replaced=answer.replaced_by_itself))


def _owner(answer: PodSummary) -> Line:
    """The chain from the pod's workload down to it, with the revision that it is of."""
    if answer.owner.kind == "Pod":
        return ()
    between = f"replicaset/{answer.replica_set}" if answer.replica_set else ""
    through = said(", ", code(between)) if between and between != str(answer.owner) else ""
    revision = f", revision {answer.revision}" if answer.revision else ""
    return said("of ", code(str(answer.owner)), through, revision)


def _sentence(reason: str, text: str, measure: _Measure) -> Line:
    """A reason and a message of the cluster's, of which either may be missing."""
    return said(": ".join(part for part in (reason, _quoted(text, measure)) if part))


def _quoted(text: str, measure: _Measure) -> str:
    return clipped(plainly(text), measure.sentence)


def _is_well(container: ContainerSummary) -> bool:
    """Running as it should, or ended as it should."""
    ended, running = container.state.terminated, container.state.running
    if ended is not None:
        return ended.exit_code == 0
    return running is not None and (container.ready or container.kind is ContainerKind.EPHEMERAL)


def _why(container: ContainerSummary, measure: _Measure) -> Line:
    """What is wrong with a container, in one clause: its last end, where it waits after one."""
    last = container.last_state.terminated
    if last is None or container.state.running or container.state.terminated:
        return said(bold(container.name), ": ", _now(container, measure))
    return said(bold(container.name), ": ", _end(container, last, measure))


def _container(container: ContainerSummary, measure: _Measure) -> Iterator[Line]:
    last = container.last_state.terminated
    before = said("; last run: ", _end(container, last, measure)) if last is not None else ()
    yield said(bold(container.name), ": ", _now(container, measure), before)
    facts = joined(
        "" if container.kind is ContainerKind.APP else f"{container.kind.value} container",
        code(shortened(container.image, measure.name)) if container.image else "",
        counted(container.restarts, "restart") if container.restarts else "",
        _quantities("requests", container.requests),
        _quantities("limits", container.limits),
    )
    if facts:
        yield facts
    yield from more_facts(container)


def _use_unknown(answer: PodSummary, measure: _Measure) -> Iterator[Line]:
    if answer.usage_problem:
        why = clipped(answer.usage_problem, measure.sentence)
        yield said("What they use could not be read: ", marked(why))


def _quantities(word: str, quantities: dict[str, str]) -> str:
    pairs = ", ".join(f"{name} {amount}" for name, amount in sorted(quantities.items()))
    return f"{word} {pairs}" if pairs else ""


def _now(container: ContainerSummary, measure: _Measure) -> Line:
    state = container.state
    if state.terminated is not None:
        return _end(container, state.terminated, measure)
    if state.running is not None:
        started = state.running.started_at
        since = said(" since ", Moment(started, with_date=True)) if started else ()
        return said("running", since, "" if _is_well(container) else ", but not ready")
    waiting = state.waiting or Waiting()
    why = _sentence(waiting.reason, waiting.message, measure)
    return said(_WAITING.get(waiting.reason, "waiting"), said(" (", why, ")") if why else ())


_WAITING = {
    "CrashLoopBackOff": "waits to be started again after crashing",
    "ImagePullBackOff": "waits to pull its image again",
    "ErrImagePull": "cannot pull its image",
    "ErrImageNeverPull": "may not pull its image, and the node does not have it",
    "InvalidImageName": "has an image name that cannot be one",
    "CreateContainerConfigError": "cannot be created from its configuration",
    "CreateContainerError": "cannot be created",
    "ContainerCreating": "is being created",
    "PodInitializing": "waits for the init containers",
}
"""The kubelet's usual reasons for waiting, as the start of a sentence."""


def _end(container: ContainerSummary, ended: Terminated, measure: _Measure) -> Line:
    limit = container.limits.get("memory", "")
    words = explain(ended.exit_code, ended.reason, memory_limit=limit, signal=ended.signal)
    at = said(", ", Moment(ended.finished_at, with_date=True)) if ended.finished_at else ()
    last_words = _quoted(ended.message, measure)
    return said(words, at, f' ("{last_words}")' if last_words else "")


def _condition(condition: PodCondition, measure: _Measure) -> Line:
    since = condition.last_transition_time
    why = _sentence(condition.reason, condition.message, measure)
    return said(
        bold(f"{condition.type} is {condition.status}"),
        said(" since ", Moment(since, with_date=True)) if since else "",
        said(": ", why) if why else "",
    )


def _events(answer: PodSummary, measure: _Measure) -> Iterator[Line]:
    if answer.events_problem:
        yield said("Events could not be read: ", marked(clipped(answer.events_problem, measure.sentence)))
    elif answer.events is None:
        yield plain("You may not see events here.")
    elif not answer.events:
        yield plain("No events: none happened lately, or the cluster has forgotten them.")
    for event in (answer.events or ())[: measure.events]:
        seen = event.last_seen
        times = f" x{event.times:,}" if event.times > 1 else ""
        word = bold(event.reason) if event.type == "Warning" else event.reason
        yield joined(
            Moment(seen, with_date=True) if seen else "", said(word, times), _quoted(event.message, measure)
        )


def _actions(answer: PodSummary) -> Iterator[Button | Menu]:
    namespace, pod = answer.row.namespace, answer.row.name
    yield Button("Logs", GetLogs(namespace=namespace, pod=pod))
    if restarted(answer.row):
        yield Button("Previous logs", GetLogs(namespace=namespace, pod=pod, previous=True))
    yield Button("Share", DescribePod(namespace=namespace, pod=pod), audience=Audience.CHANNEL)
    if len(answer.containers) > 1:
        choices = (
            Choice(each.name, GetLogs(namespace=namespace, pod=pod, container=each.name))
            for each in answer.containers[:MOST_CHOICES]
        )
        yield Menu("Logs of a container", tuple(choices))
    if not answer.terminating:
        yield Button("Delete", DeletePod(namespace=namespace, pod=pod, uid=answer.uid), dangerous=True)


def _file(answer: PodSummary, sections: tuple[tuple[Line, ...], ...]) -> Attachment:
    text = "\n\n".join(map(spoken, sections))
    name = shortened(answer.row.name, _FILENAME).replace("…", "...")
    return Attachment(
        filename=f"{name}-describe.txt",
        title=clipped(f"{answer.row.name}, described", _FILENAME),
        content=f"{text}\n".encode(errors="replace"),
    )
