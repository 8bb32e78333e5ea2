"""Names as Kubernetes takes them, and the words that stand for a pod. All else is `Misunderstood`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.commands.kubectl import KINDS, PODS
from bot.commands.misunderstood import Misunderstood, did_you_mean, listed, shown

# RFC 1123: a label is at most 63 characters, a subdomain (labels joined by dots) at most 253.
_LABEL = re.compile(r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?", re.ASCII)
_SUBDOMAIN = re.compile(rf"{_LABEL.pattern}(?:\.{_LABEL.pattern})*", re.ASCII)
_BEGINNING = re.compile(r"[a-z0-9][-a-z0-9.]*", re.ASCII)
_LABEL_LENGTH, _SUBDOMAIN_LENGTH = 63, 253

# The characters of a label selector; whether they make one is for the API server to say.
_SELECTOR = re.compile(r"[-A-Za-z0-9_./=!,() ]+", re.ASCII)
_SELECTOR_LENGTH = 1000

_FIELD = re.compile(r"[A-Za-z][A-Za-z.]*(?:==?|!=)[-A-Za-z0-9_.:/]*", re.ASCII)


def namespace(text: str, *, topic: str) -> str:
    """A namespace's name."""
    return _checked(text, _LABEL, _LABEL_LENGTH, "a namespace", topic)


def container(text: str, *, topic: str) -> str:
    """A container's name."""
    return _checked(text, _LABEL, _LABEL_LENGTH, "a container", topic)


def whole_pod(text: str, *, topic: str) -> str:
    """A pod's name, in full."""
    return _checked(text, _SUBDOMAIN, _SUBDOMAIN_LENGTH, "a pod", topic)


def workload(text: str, *, topic: str) -> str:
    """The name of a Deployment, a Job and the like, in full."""
    return _checked(text, _SUBDOMAIN, _SUBDOMAIN_LENGTH, "a workload", topic)


def beginning_of_pod(text: str, *, topic: str) -> str:
    """A pod's name or the beginning of one, which is enough where nothing is changed."""
    return _checked(text, _BEGINNING, _SUBDOMAIN_LENGTH, "a pod", topic)


def selector(text: str, *, topic: str) -> str:
    """A label selector, by its characters alone."""
    if len(text) > _SELECTOR_LENGTH or not _SELECTOR.fullmatch(text) or text.count("(") != text.count(")"):
        raise Misunderstood(
            f"{shown(text)} is no label selector. "
            "Write `-l app=web,tier!=cache` or `-l 'app in (web, api)'`.",
            topic=topic,
        )
    return text.strip()


def field_selector(text: str, *, topic: str) -> str:
    """A field selector, by its shape; which fields there are is for the API server to say."""
    terms = [term.strip() for term in text.split(",")]
    if len(text) > _SELECTOR_LENGTH or not all(map(_FIELD.fullmatch, terms)):
        raise Misunderstood(
            f"{shown(text)} is no field selector. "
            "Write `--field-selector status.phase=Failed,spec.nodeName!=node-3`.",
            topic=topic,
        )
    return ",".join(terms)


def pods(words: Sequence[str], *, topic: str, kind_needed: bool = True) -> list[str]:
    """The names in `pod web-1`, `pods/web-1`, `web-1`: none, one or several, not checked yet.

    With `kind_needed` a lone word such as `services` is read as a kind, as kubectl does; without, as a name.
    """
    if not words:
        return []
    first = words[0].lower()
    if first in PODS:
        return [_behind_slash(word, topic) if "/" in word else word for word in words[1:]]
    if any("/" in word for word in words):
        return [_behind_slash(word, topic) for word in words]
    if "," in first:
        first = next((each for each in first.split(",") if each not in PODS), first)
    if first in KINDS and (kind_needed or len(words) > 1):
        raise _other_kind(first, topic)
    return list(words)


def one_pod(words: Sequence[str], *, topic: str, kind_needed: bool = True) -> str:
    """The one pod that the words name."""
    found = pods(words, topic=topic, kind_needed=kind_needed)
    if not found:
        raise Misunderstood(
            f"`{topic}` needs a pod's name: `/pods {topic} NAME`. `/pods list` shows the names.", topic=topic
        )
    if len(found) > 1:
        raise Misunderstood(
            f"`{topic}` takes one pod at a time; {listed(found[:4])} are {len(found)} names. "
            f"See `/pods help {topic}`.",
            topic=topic,
        )
    return found[0]


def spelled_pod(name: str) -> str:
    """A pod's name as a person would type it: alone, unless it could be taken for a kind."""
    return f"pod/{name}" if name in PODS or name in KINDS else name


def _behind_slash(word: str, topic: str) -> str:
    kind, _, name = word.partition("/")
    if kind.lower() in PODS and name:
        return name
    bare = kind.lower().partition(".")[0]
    if bare in KINDS:
        raise _other_kind(bare, topic)
    raise Misunderstood(
        f"{shown(word)} names no pod: write `pod/NAME` or `NAME`.{did_you_mean(kind, PODS)}", topic=topic
    )


def _other_kind(word: str, topic: str) -> Misunderstood:
    return Misunderstood(
        f"podbot knows pods; {KINDS[word]} are not among them. "
        "`/pods list` shows the pods, `/pods get deploy/NAME` those of one workload.",
        topic=topic,
    )


def _checked(text: str, shape: re.Pattern[str], length: int, what: str, topic: str) -> str:
    if len(text) > length:
        raise Misunderstood(
            f"{shown(text)} cannot be {what}'s name: it has {len(text)} characters, "
            f"at most {length} are allowed.",
            topic=topic,
        )
    if shape.fullmatch(text):
        return text
    lower = text.lower()
    guess = f" Did you mean {shown(lower)}?" if shape.fullmatch(lower) else ""
    raise Misunderstood(
        f"{shown(text)} cannot be {what}'s name: names are lower-case letters, digits and hyphens, "
        f"and begin and end with a letter or digit.{guess}",
        topic=topic,
    )
