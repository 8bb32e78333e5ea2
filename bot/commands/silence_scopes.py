"""What a silence is to take in, read from the words behind `silence`, and spelled again."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.commands import flags, names, values
from bot.commands.flags import Arguments
from bot.commands.kubectl import KINDS, PODS
from bot.commands.misunderstood import Misunderstood, did_you_mean, listed, nearest, shown
from bot.model.deaths import Cause
from bot.model.pods import ALL_NAMESPACES
from bot.model.silences import SilenceScope

_PATTERN = re.compile(r"[a-z0-9*?][-a-z0-9.*?]{0,252}", re.ASCII)

_WORKLOADS = {
    "deployments": "deployment",
    "statefulsets": "statefulset",
    "daemonsets": "daemonset",
    "replicasets": "replicaset",
    "jobs": "job",
    "cronjobs": "cronjob",
}
"""The kinds that own pods, as kubectl's plurals, with the word that stands before the names of theirs."""


def read(args: Arguments, default_namespace: str) -> SilenceScope:
    """The scope that words and flags name. It has no cluster: that is the one that is asked."""
    if len(args.words) > 1:
        raise Misunderstood(
            f"`silence` takes one workload or pod at a time; {listed(args.words[:4])} are "
            f"{len(args.words)} words. Names may be patterns: `deploy/web-*`.",
            topic="silence",
        )
    word = args.words[0] if args.words else ""
    somewhere = args.value(flags.NAMESPACE) is not None or args.has(flags.ALL_NAMESPACES)
    if not (word or somewhere or args.value(flags.CAUSE)):
        raise Misunderstood(
            "What is to be silent? Name an incident by its id, a workload (`deploy/web`), a pod, "
            "a namespace (`-n shop`) or a cause (`--cause OOMKilled`).",
            topic="silence",
        )
    kind, slash, _ = word.partition("/")
    is_pod = not slash or kind.lower() in PODS
    return SilenceScope(
        namespace=_namespace(args, default_namespace),
        owner="" if is_pod else workload(word, topic="silence", pattern=True),
        pod=_pattern(word.rpartition("/")[2], "a pod", "silence") if word and is_pod else "",
        cause=_cause(args.value(flags.CAUSE)),
    )


def spelled(scope: SilenceScope) -> Iterator[str]:
    """The words and flags that `read` takes for it; the cluster is named elsewhere."""
    if scope.owner:
        yield scope.owner
    if scope.pod:
        yield f"pod/{scope.pod}"
    yield from ("-n", scope.namespace) if scope.namespace else ("-A",)
    if scope.cause:
        yield f"--cause={scope.cause}"


def workload(word: str, *, topic: str, pattern: bool = False) -> str:
    """A workload as an incident names it: `deployment/web` for `deploy/web`; a bare name stays one."""
    kind, slash, name = word.partition("/")
    if not slash:
        return _pattern(word, "a workload", topic) if pattern else names.workload(word, topic=topic)
    plural = KINDS.get(kind.lower().partition(".")[0], "")
    if plural not in _WORKLOADS or not name:
        known = [word for word, plural in KINDS.items() if plural in _WORKLOADS]
        raise Misunderstood(
            f"{shown(word)} is no workload: write it as `deploy/web`.{did_you_mean(kind, known)}", topic=topic
        )
    checked = _pattern(name, "a workload", topic) if pattern else names.workload(name, topic=topic)
    return f"{_WORKLOADS[plural]}/{checked}"


def _namespace(args: Arguments, default: str) -> str:
    given = args.value(flags.NAMESPACE)
    if given is not None and not args.has(flags.ALL_NAMESPACES) and {"*", "?"} & {*given}:
        return _pattern(given, "a namespace", "silence")
    found = values.namespace(args, default, topic="silence")
    return "" if found == ALL_NAMESPACES else found


def _pattern(text: str, what: str, topic: str) -> str:
    """A name, or one with `*` and `?` in it."""
    if not _PATTERN.fullmatch(text):
        raise Misunderstood(
            f"{shown(text)} cannot be {what}'s name, nor a pattern of names: "
            "those are lower-case letters, digits and hyphens, with `*` and `?` for any others.",
            topic=topic,
        )
    return text


def _cause(text: str | None) -> str:
    if text is None:
        return ""
    causes = {each.value.lower(): each.value for each in Cause}
    found = causes.get(text.lower())
    if found is None:
        guess = causes.get(nearest(text, causes), "")
        hint = f" Did you mean {shown(guess)}?" if guess else ""
        raise Misunderstood(
            f"{shown(text)} is no cause that podbot knows.{hint} It knows {listed(causes.values())}.",
            topic="silence",
        )
    return found
