"""Label and field selectors, parsed and matched as the API server does, refusals included.

`api` turns the query parameters of lists and watches into one predicate over objects.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from bot.playground.cluster.errors import bad_request
from bot.playground.cluster.objects import Json
from bot.playground.cluster.resources import Resource

_TOKEN = re.compile(r"\s*(==|!=|=|!|\(|\)|,|<|>|[^\s=!(),<>]+)")
_KEY = re.compile(r"([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
_VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")
_SYMBOLS = frozenset({"==", "!=", "=", "!", "(", ")", ",", "<", ">"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One part of a label selector. `wanted` empty with `present` True means the key has to exist."""

    key: str
    present: bool
    wanted: frozenset[str] | None = None

    def matches(self, labels: dict[str, str]) -> bool:
        """Whether labels satisfy it; a missing key satisfies `!=` and `notin`, as Kubernetes has it."""
        if self.wanted is None:
            return (self.key in labels) is self.present
        if self.present:
            return labels.get(self.key) in self.wanted
        return labels.get(self.key) not in self.wanted


class _Parser:
    """Recursive descent over the tokens of a label selector."""

    def __init__(self, text: str) -> None:
        self._tokens = _TOKEN.findall(text)
        self._at = 0

    def parse(self) -> list[Requirement]:
        requirements = []
        while self._peek():
            requirements.append(self._requirement())
            following = self._take()
            if following not in {"", ","}:
                raise bad_request(f"found '{following}', expected: ',' or 'end of string'")
            if following == "," and not self._peek():
                raise bad_request("found '', expected: identifier after ','")
        return requirements

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _take(self) -> str:
        token = self._peek()
        self._at += 1
        return token

    def _requirement(self) -> Requirement:
        if self._peek() == "!":
            self._take()
            return Requirement(key=self._key(), present=False)
        if self._peek() in _SYMBOLS:
            raise bad_request(f"found '{self._peek()}', expected: !, identifier, or 'end of string'")
        key = self._key()
        if self._peek() in {"", ","}:
            return Requirement(key=key, present=True)
        operator = self._take()
        if operator in {"=", "=="}:
            return Requirement(key=key, present=True, wanted=frozenset({self._value()}))
        if operator == "!=":
            return Requirement(key=key, present=False, wanted=frozenset({self._value()}))
        if operator in {"in", "notin"}:
            return Requirement(key=key, present=operator == "in", wanted=self._values())
        raise bad_request(
            f"unable to parse requirement: found '{operator}', expected: in, notin, =, ==, !=, gt, lt"
        )

    def _key(self) -> str:
        key = self._take()
        if not _KEY.fullmatch(key):
            raise bad_request(
                f'unable to parse requirement: <nil>: Invalid value: "{key}": name part must consist of '
                "alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
                "character"
            )
        return key

    def _value(self) -> str:
        if self._peek() in {"", ","}:
            return ""
        value = self._take()
        if not _VALUE.fullmatch(value):
            raise bad_request(
                f'unable to parse requirement: values[0][]: Invalid value: "{value}": a valid label '
                "must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must "
                "start and end with an alphanumeric character"
            )
        return value

    def _values(self) -> frozenset[str]:
        opening = self._take()
        if opening != "(":
            raise bad_request(f"unable to parse requirement: found '{opening}', expected: '('")
        values = {self._value() if self._peek() not in {",", ")"} else ""}
        while (token := self._take()) == ",":
            values.add(self._value() if self._peek() not in {",", ")"} else "")
        if token != ")":
            raise bad_request(f"unable to parse requirement: found '{token}', expected: ',' or ')'")
        return frozenset(values)


def parse_label_selector(text: str) -> list[Requirement]:
    """Return the requirements of a label selector: equality, set-based, existence.

    Raises:
        Refusal: 400, in the API server's words.
    """
    return _Parser(text).parse()


def _path(*keys: str) -> Callable[[Json], str]:
    def read(obj: Json) -> str:
        value: object = obj
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else None
        if isinstance(value, bool):
            return "true" if value else "false"
        return "" if value is None else str(value)

    return read


_NAMED = {"metadata.name": _path("metadata", "name"), "metadata.namespace": _path("metadata", "namespace")}

_FIELDS: dict[str, dict[str, Callable[[Json], str]]] = {
    "Pod": {
        "spec.nodeName": _path("spec", "nodeName"),
        "spec.restartPolicy": _path("spec", "restartPolicy"),
        "spec.schedulerName": _path("spec", "schedulerName"),
        "spec.serviceAccountName": _path("spec", "serviceAccountName"),
        "spec.hostNetwork": lambda pod: "true" if pod["spec"].get("hostNetwork") else "false",
        "status.phase": _path("status", "phase"),
        "status.podIP": _path("status", "podIP"),
        "status.podIPs": _path("status", "podIP"),
        "status.nominatedNodeName": _path("status", "nominatedNodeName"),
    },
    "Event": {
        **{
            f"involvedObject.{field}": _path("involvedObject", field)
            for field in ("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath")
        },
        "reason": _path("reason"),
        "reportingComponent": _path("reportingComponent"),
        "source": _path("source", "component"),
        "type": _path("type"),
    },
    "Node": {"spec.unschedulable": lambda node: "true" if node["spec"].get("unschedulable") else "false"},
    "Namespace": {"status.phase": _path("status", "phase"), "name": _path("metadata", "name")},
    "ReplicaSet": {"status.replicas": _path("status", "replicas")},
    "Job": {"status.successful": _path("status", "succeeded")},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldTerm:
    """One term of a field selector, bound to the reading of its field."""

    read: Callable[[Json], str]
    value: str
    equal: bool

    def matches(self, obj: Json) -> bool:
        """Whether the object's field is, or is not, the value."""
        return (self.read(obj) == self.value) is self.equal


def parse_field_selector(resource: Resource, text: str) -> list[FieldTerm]:
    """Return the terms of a field selector over the fields that the API server indexes for a resource.

    Raises:
        Refusal: 400 for a term that cannot be read, or a field that the resource does not select by.
    """
    terms = []
    for part in (p for p in text.split(",") if p):
        operator = next((o for o in ("!=", "==", "=") if o in part), None)
        if operator is None:
            raise bad_request(f"invalid selector: '{text}'; can't understand '{part}'")
        field, _, value = part.partition(operator)
        read = (_NAMED | _FIELDS.get(resource.kind, {})).get(field)
        if read is None:
            raise bad_request(f"field label not supported: {field}")
        terms.append(FieldTerm(read=read, value=value, equal=operator != "!="))
    return terms


def selector(resource: Resource, labels: str, fields: str) -> Callable[[Json], bool]:
    """Return the predicate of a label selector and a field selector together.

    Raises:
        Refusal: 400, one of them cannot be understood.
    """
    requirements = parse_label_selector(labels)
    terms = parse_field_selector(resource, fields)

    def matches(obj: Json) -> bool:
        found = obj["metadata"].get("labels") or {}
        return all(r.matches(found) for r in requirements) and all(t.matches(obj) for t in terms)

    return matches


def matches_labels(match_labels: dict[str, str], labels: dict[str, str]) -> bool:
    """Whether labels hold all pairs of a workload's `matchLabels`."""
    return all(labels.get(key) == value for key, value in match_labels.items())
