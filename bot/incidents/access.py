"""Who may read of an incident, act on it, or silence something. The policy decides namespace by namespace.

- Acting takes the verb `incidents` in every namespace that the incident is about.
- Reading takes `list` or `incidents` there.
- A silence takes `incidents` in its namespace; over several at once (a pattern, or all) in all of them.
"""

from __future__ import annotations

from bot.incidents.ports import Gate
from bot.model.answers import Decision
from bot.model.commands import Verb
from bot.model.incidents import Incident
from bot.model.people import Asker
from bot.model.pods import ALL_NAMESPACES
from bot.model.problems import Refused
from bot.model.silences import SilenceScope


class Access:
    """Authorises what is asked of one cluster's incidents. Raises `Refused`, which is on record then."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def to_act(self, asker: Asker, incident: Incident) -> Decision:
        """The decision by which somebody may act on an incident."""
        what = named(incident)
        decisions = [
            self._gate.authorise(asker, Verb.INCIDENTS, namespace, what)
            for namespace in namespaces_of(incident)
        ]
        return decisions[0]

    def to_read(self, asker: Asker, incident: Incident) -> Decision:
        """The decision by which somebody may read of an incident."""
        what = named(incident)
        decisions = [self._reading(asker, namespace, what) for namespace in namespaces_of(incident)]
        return decisions[0]

    def to_read_in(self, asker: Asker, namespace: str, what: str) -> Decision:
        """The decision by which somebody may read of what is in a namespace."""
        return self._reading(asker, namespace, what)

    def to_silence(self, asker: Asker, scope: SilenceScope) -> Decision:
        """The decision by which somebody may begin, edit or end a silence of this scope."""
        return self._gate.authorise(asker, Verb.INCIDENTS, _only_namespace(scope), "silence")

    def may_see(self, asker: Asker, scope: SilenceScope) -> bool:
        """Whether somebody may know of a silence of this scope."""
        return self.may_read_in(asker, _only_namespace(scope))

    def may_read_in(self, asker: Asker, namespace: str) -> bool:
        """Whether somebody may read of what is in a namespace, along with something else that was asked."""
        return any(self._gate.decide(asker, verb, namespace).allowed for verb in _READING)

    def _reading(self, asker: Asker, namespace: str, what: str) -> Decision:
        for verb in _READING:
            if self._gate.decide(asker, verb, namespace).allowed:
                return self._gate.authorise(asker, verb, namespace, what)
        try:
            return self._gate.authorise(asker, Verb.LIST, namespace, what)
        except Refused as refused:
            raise Refused(refused.decision, "see incidents") from None


_READING = (Verb.LIST, Verb.INCIDENTS)


def named(incident: Incident) -> str:
    """How the audit names an incident."""
    return f"incident/{incident.id}"


def namespaces_of(incident: Incident) -> tuple[str, ...]:
    """The namespaces that an incident is about, each once; all of them, where none is known."""
    found = dict.fromkeys(each.namespace for each in incident.workloads if each.namespace)
    return tuple(found) or (incident.key.namespace or ALL_NAMESPACES,)


def _only_namespace(scope: SilenceScope) -> str:
    """The namespace that a silence is over; all of them for a pattern, which may take in any."""
    name = scope.namespace
    return ALL_NAMESPACES if not name or any(sign in name for sign in "*?[") else name
