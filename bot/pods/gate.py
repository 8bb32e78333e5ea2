"""The gate that every request passes: the policy decides, and the audit gets one line of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from bot.errors import UserError
from bot.model.answers import Decision
from bot.model.api_path import ApiPath
from bot.model.commands import Verb
from bot.model.people import Asker
from bot.model.pods import ALL_NAMESPACES, ClusterName
from bot.model.problems import Refused
from bot.pods.audit import AuditTrail, Entry, Outcome
from bot.pods.policy import NOTHING_ALLOWED, Policy
from bot.pods.policy_keeper import PolicyKeeper


class Gate:
    """The way to one cluster's pods: what the policy in force allows, and the record of what was asked."""

    def __init__(
        self, cluster: ClusterName, keeper: PolicyKeeper, audit: AuditTrail, served: tuple[str, ...] = ()
    ) -> None:
        self._cluster = cluster
        self._keeper = keeper
        self._audit = audit
        self._served = served

    @property
    def policy(self) -> Policy:
        """The policy in force now, for this cluster."""
        return self._keeper.policy.on(self._cluster)

    @property
    def served(self) -> tuple[str, ...]:
        """The namespaces that podbot serves (`PODBOT_NAMESPACES`); empty for all."""
        return self._served

    def decide(self, asker: Asker, verb: Verb, namespace: str) -> Decision:
        """What the policy says, within the namespaces that are served."""
        if self._keeper.policy is NOTHING_ALLOWED and self._keeper.problem:
            return _refusal(verb, namespace, self._keeper.problem)
        decision = self.policy.decide(asker, verb, namespace)
        if decision.allowed and not self.serves(namespace):
            return self._not_served(verb, namespace)
        return decision

    def serves(self, namespace: str) -> bool:
        """Whether podbot has anything to do with a namespace; with some of all of them it always has."""
        return not self._served or namespace == ALL_NAMESPACES or namespace in self._served

    @property
    def policy_problem(self) -> str:
        """What is wrong with the policy file, in words; empty where nothing is."""
        return self._keeper.problem

    def allows(self, asker: Asker, verb: Verb, namespace: str) -> bool:
        """Whether this may be done along with something else that was asked."""
        return self.decide(asker, verb, namespace).allowed

    def authorise(self, asker: Asker, verb: Verb, namespace: str, what: str) -> Decision:
        """The decision that allows it; raises `Refused`, which is on record then."""
        decision = self.decide(asker, verb, namespace)
        if not decision.allowed:
            self.refuse(asker, decision, what)
        return decision

    def authorise_path(self, asker: Asker, path: ApiPath) -> Decision:
        """The same for reading the API at a path."""
        decision = self.decide(asker, Verb.RAW, path.namespace)
        if decision.allowed:
            decision = self.policy.decide_path(asker, path)
        # Where podbot serves some namespaces only, a listing of all would show the others.
        if decision.allowed and self._served and path.namespace == ALL_NAMESPACES:
            decision = self._not_served(Verb.RAW, path.namespace)
        if not decision.allowed:
            self.refuse(asker, decision, path.path)
        return decision

    def refuse(self, asker: Asker, decision: Decision, what: str) -> NoReturn:
        """Put a refusal on record and raise it."""
        self._record(asker, decision, what, Outcome.REFUSED, decision.why)
        raise Refused(decision)

    @contextmanager
    def audited(self, asker: Asker, decision: Decision, what: str, detail: str = "") -> Iterator[None]:
        """Do something that was allowed; how it ends is recorded, whatever happens."""
        with self.failure_audited(asker, decision, what, detail):
            yield
        self._record(asker, decision, what, Outcome.DONE, detail)

    @contextmanager
    def failure_audited(
        self, asker: Asker, decision: Decision, what: str, detail: str = ""
    ) -> Iterator[None]:
        """Prepare something that was allowed; recorded only where it does not come to the doing."""
        try:
            yield
        except UserError as error:
            self._record(asker, decision, what, Outcome.FAILED, _joined(detail, str(error)))
            raise
        except BaseException as error:
            # Cancelled, or a mistake of ours: what was asked and allowed is on record all the same.
            self._record(asker, decision, what, Outcome.FAILED, _joined(detail, type(error).__name__))
            raise

    def note(self, asker: Asker, verb: str, namespace: str = "", what: str = "") -> None:
        """Record a request that needs no permission: `help`, `whoami`, `can-i`."""
        self._audit.record(
            Entry(
                asker=asker,
                verb=verb,
                cluster=self._cluster,
                namespace=namespace,
                object=what,
                allowed=True,
                rule="",
                outcome=Outcome.DONE,
            )
        )

    def _not_served(self, verb: Verb, namespace: str) -> Decision:
        return _refusal(verb, namespace, f"podbot serves only {', '.join(self._served)} here.")

    def _record(self, asker: Asker, decision: Decision, what: str, outcome: Outcome, detail: str) -> None:
        self._audit.record(
            Entry(
                asker=asker,
                verb=decision.verb.value,
                cluster=self._cluster,
                namespace=decision.namespace or "*",
                object=what,
                allowed=decision.allowed,
                rule=decision.rule.line if decision.rule else "",
                outcome=outcome,
                detail=detail,
            )
        )


def _refusal(verb: Verb, namespace: str, why: str) -> Decision:
    return Decision(allowed=False, verb=verb, namespace=namespace, rule=None, why=why)


def _joined(*parts: str) -> str:
    return "; ".join(part for part in parts if part)
