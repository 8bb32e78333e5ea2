"""What starts pods and what limits how many may go, as the Kubernetes API writes it: controllers and budgets.

Cut down to the fields that commands about pods use, and decoded as `model.pods` is: straight from a response,
in the API's own shape and names. `model.surroundings` is what incidents know of the same objects.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.model.pods import ObjectMeta
from bot.model.wire import Wire


class SelectorTerm(Wire, frozen=True, kw_only=True):
    """One of a selector's `matchExpressions`."""

    key: str
    operator: str
    values: tuple[str, ...] | None = ()

    def takes(self, labels: Mapping[str, str]) -> bool:
        """Whether labels fulfil the term, by the rules of `metav1.LabelSelectorRequirement`."""
        match self.operator:
            case "In":
                return labels.get(self.key) in (self.values or ())
            case "NotIn":
                return labels.get(self.key) not in (self.values or ())
            case "Exists":
                return self.key in labels
            case "DoesNotExist":
                return self.key not in labels
            case _:
                return False  # an operator of a later Kubernetes: what it takes in is not known

    def __str__(self) -> str:
        """In the API's language for queries: `tier notin (a,b)`."""
        values = f"({','.join(self.values or ())})"
        match self.operator:
            case "In":
                return f"{self.key} in {values}"
            case "NotIn":
                return f"{self.key} notin {values}"
            case "DoesNotExist":
                return f"!{self.key}"
            case _:
                return self.key


class LabelSelector(Wire, frozen=True, kw_only=True):
    """`metav1.LabelSelector`: which pods a controller or a budget takes in; an empty one takes all."""

    match_labels: dict[str, str] | None = None
    match_expressions: tuple[SelectorTerm, ...] | None = ()

    def takes(self, labels: Mapping[str, str]) -> bool:
        """Whether a pod with these labels is taken in."""
        wanted = self.match_labels or {}
        return all(labels.get(key) == value for key, value in wanted.items()) and all(
            term.takes(labels) for term in self.match_expressions or ()
        )

    @property
    def empty(self) -> bool:
        """Whether it says nothing of what it takes."""
        return not self.match_labels and not self.match_expressions

    def __str__(self) -> str:
        """In the API's language for queries: `app=web,tier in (a,b)`."""
        return ",".join(self._terms())

    def _terms(self) -> Iterator[str]:
        yield from (f"{key}={value}" for key, value in sorted((self.match_labels or {}).items()))
        yield from map(str, self.match_expressions or ())


class Ordinals(Wire, frozen=True, kw_only=True):
    """With which number a StatefulSet's pods begin."""

    start: int = 0


class ControllerSpec(Wire, frozen=True, kw_only=True):
    """What was asked for. A field is None where the kind does not have it."""

    replicas: int | None = None
    selector: LabelSelector | None = None
    pod_management_policy: str = ""
    """Of a StatefulSet: `OrderedReady` (the default) or `Parallel`."""
    ordinals: Ordinals = Ordinals()


class ControllerStatus(Wire, frozen=True, kw_only=True):
    """What is there; a DaemonSet counts under names of its own."""

    replicas: int = 0
    ready_replicas: int = 0
    desired_number_scheduled: int = 0
    number_ready: int = 0


class Controller(Wire, frozen=True, kw_only=True):
    """A Deployment, ReplicaSet, StatefulSet, DaemonSet or Job."""

    metadata: ObjectMeta
    spec: ControllerSpec = ControllerSpec()
    status: ControllerStatus = ControllerStatus()


class BudgetSpec(Wire, frozen=True, kw_only=True):
    """Which pods a budget is for; none where there is no selector."""

    selector: LabelSelector | None = None


class BudgetStatus(Wire, frozen=True, kw_only=True):
    """How many of them may go at the moment, by the disruption controller's last count."""

    disruptions_allowed: int = 0


class DisruptionBudget(Wire, frozen=True, kw_only=True):
    """A PodDisruptionBudget."""

    metadata: ObjectMeta
    spec: BudgetSpec = BudgetSpec()
    status: BudgetStatus = BudgetStatus()
