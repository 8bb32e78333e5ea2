"""The words that name pods and workloads: `web-1`, `pod web-1 web-2`, `pod/web-1`, `deploy/web sts/db`.

`names` says which names Kubernetes takes; `verbs` decides which kinds a verb takes.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.commands import names
from bot.commands.kubectl import KINDS, PODS
from bot.commands.misunderstood import Misunderstood, did_you_mean, listed, shown
from bot.model.targets import Target, TargetKind

_BY_PLURAL = {
    "deployments": TargetKind.DEPLOYMENT,
    "statefulsets": TargetKind.STATEFUL_SET,
    "daemonsets": TargetKind.DAEMON_SET,
    "replicasets": TargetKind.REPLICA_SET,
    "jobs": TargetKind.JOB,
}

WORKLOADS = frozenset(TargetKind) - {TargetKind.POD}
"""The kinds that start pods."""

_WORDS = {word for word, plural in KINDS.items() if plural in _BY_PLURAL} | PODS


def kind_of(word: str) -> TargetKind | None:
    """The kind that a word spells (`po`, `deploy`, `deployments.apps`), or None."""
    bare = word.lower().partition(".")[0]
    return TargetKind.POD if bare in PODS else _BY_PLURAL.get(KINDS.get(bare, ""))


def read(
    words: Sequence[str],
    *,
    topic: str,
    kinds: frozenset[TargetKind] = WORKLOADS | {TargetKind.POD},
    kind_needed: bool = True,
    whole: bool = False,
) -> tuple[Target, ...]:
    """What the words name, each once, in their order; none for no words.

    `KIND/NAME` words may be of several kinds; `KIND NAME NAME` is all of one; bare names are pods. With
    `kind_needed` a lone word such as `services` is read as a kind, as kubectl does; without, as a name.
    A workload's name must be whole, a pod's may be the beginning of one unless `whole`. Raises
    `Misunderstood`.
    """
    found = dict.fromkeys(
        Target(kind, _name(kind, name, topic, whole=whole))
        for kind, name in _pairs(words, topic, kind_needed=kind_needed)
    )
    for target in found:
        if target.kind not in kinds:
            raise _not_taken(target, kinds, topic)
    return tuple(found)


def _pairs(words: Sequence[str], topic: str, *, kind_needed: bool) -> list[tuple[TargetKind, str]]:
    if not words:
        return []
    if any("/" in word for word in words):
        return [_slashed(word, topic) for word in words]
    first = words[0].lower()
    if "," in first:  # `pods,services`: kubectl's way to name several kinds
        first = next((each for each in first.split(",") if kind_of(each) is None), first)
    kind = kind_of(first)
    if kind is not None and (kind_needed or len(words) > 1):
        return [(kind, name) for name in words[1:]]
    if first.partition(".")[0] in KINDS and (kind_needed or len(words) > 1):
        raise _other_kind(first.partition(".")[0], topic)
    return [(TargetKind.POD, word) for word in words]


def _slashed(word: str, topic: str) -> tuple[TargetKind, str]:
    before, slash, name = word.partition("/")
    if not slash:
        raise Misunderstood(
            f"{shown(word)} has no kind before it, but others have: write `pod/NAME` for each.", topic=topic
        )
    kind = kind_of(before)
    if kind is not None and name:
        return kind, name
    bare = before.lower().partition(".")[0]
    if kind is None and bare in KINDS:
        raise _other_kind(bare, topic)
    raise Misunderstood(
        f"{shown(word)} names no pod: write `pod/NAME` or `NAME`.{did_you_mean(before, _WORDS)}", topic=topic
    )


def _name(kind: TargetKind, name: str, topic: str, *, whole: bool) -> str:
    if kind is not TargetKind.POD:
        return names.workload(name, topic=topic)
    return names.whole_pod(name, topic=topic) if whole else names.beginning_of_pod(name, topic=topic)


def _other_kind(word: str, topic: str) -> Misunderstood:
    return Misunderstood(
        f"podbot knows pods and the workloads that start them; {KINDS[word]} are not among them. "
        "`/pods list` shows the pods, `-l` chooses those of one workload.",
        topic=topic,
    )


def _not_taken(target: Target, kinds: frozenset[TargetKind], topic: str) -> Misunderstood:
    taken = listed((f"{kind.short}/NAME" for kind in TargetKind if kind in kinds), last="or")
    return Misunderstood(
        f"`{topic}` takes {taken}, not {shown(str(target))}. See `/pods help {topic}`.", topic=topic
    )
