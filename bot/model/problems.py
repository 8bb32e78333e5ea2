"""What stands between a request and its answer, said so that the person knows what to do next."""

from __future__ import annotations

from bot.errors import UserError
from bot.model.answers import Decision
from bot.model.commands import Command, Verb

IN_WORDS = {
    Verb.EVENTS: "see `events`",
    Verb.LOGS: "read `logs`",
    Verb.INCIDENTS: "acknowledge, silence or close `incidents`",
    Verb.RAW: "read the API (`raw`)",
}
"""The policy's verbs that are none in a sentence, as what one may do."""


class Refused(UserError):
    """The policy does not allow it; `decision.why` names the rule that is missing.

    `doing` says what, where the rule's verb alone does not.
    """

    def __init__(self, decision: Decision, doing: str = "") -> None:
        where = f"in `{decision.namespace}`" if decision.namespace else "in all namespaces"
        if decision.verb is Verb.RAW:
            super().__init__(f"You may not read this path of the API. {decision.why}")
        else:
            doing = doing or IN_WORDS.get(decision.verb, f"`{decision.verb.value}`")
            super().__init__(f"You may not {doing} {where}. {decision.why}")
        self.decision = decision


class NoSuchPod(UserError):
    """No pod of this name. `nearest` are the names that look most like it, nearest first."""

    def __init__(self, name: str, namespace: str, nearest: tuple[str, ...]) -> None:
        hint = f"See what is there: `/pods list -n {namespace}`."
        if nearest:
            hint = f"Did you mean {_either(nearest)}?"
        super().__init__(f"No pod `{name}` in {namespace}. {hint}")
        self.nearest = nearest


class AmbiguousPod(UserError):
    """`total` pods' names begin like this; `choices` are names with the same command for each of them."""

    def __init__(
        self, name: str, namespace: str, choices: tuple[tuple[str, Command], ...], *, total: int
    ) -> None:
        super().__init__(f"{total} pods in {namespace} begin with `{name}`. Which one?")
        self.choices = choices


class NoSuchContainer(UserError):
    """The pod has no container of this name."""

    def __init__(self, name: str, pod: str, existing: tuple[str, ...]) -> None:
        super().__init__(f"Pod `{pod}` has no container `{name}`. It has {_list(existing)}.")


class PodReplaced(UserError):
    """Another pod has taken the name since it was seen, or it is gone."""

    def __init__(self, name: str, namespace: str) -> None:
        super().__init__(
            f"`{name}` in {namespace} is no longer the pod that you saw: it was replaced or is gone. "
            "Nothing was deleted. Look again with `list` before you decide."
        )


class ConfirmationExpired(UserError):
    """The confirmation came too late."""

    def __init__(self, minutes: int) -> None:
        super().__init__(
            f"This confirmation was valid for {minutes} minutes. Nothing was deleted. "
            "Ask again with `delete`, and look at what it says by then."
        )


class SomebodyElsesConfirmation(UserError):
    """Somebody confirmed what was shown to another person."""

    def __init__(self) -> None:
        super().__init__(
            "This was shown to somebody else, who alone may confirm it. Nothing was deleted. "
            "Ask for yourself with `delete`."
        )


class NoPodSelected(UserError):
    """A deletion by labels found nothing."""

    def __init__(self, selector: str, namespace: str) -> None:
        super().__init__(
            f"No pod in {namespace} has the labels `{selector}`. Nothing was deleted. "
            f"See what is there with `list -n {namespace}`."
        )


class TooManyPods(UserError):
    """More pods than may be deleted with one command."""

    def __init__(self, found: int, most: int) -> None:
        super().__init__(
            f"That are {found} pods; at most {most} can be deleted at once. Nothing was deleted. "
            "Name fewer, or choose fewer with `-l`."
        )


class TooManyDeletions(UserError):
    """More deletions than one person may make in a while."""

    def __init__(self, asked: int, done: int, most: int, minutes: int) -> None:
        super().__init__(
            f"You have deleted {done} pods within {minutes} minutes, and {most} is the most: {asked} more "
            "would be too many. Nothing was deleted. Wait, or let somebody else look at what is going on."
        )


class NothingDeleted(UserError):
    """None of several pods could be deleted; `why` says of each what was in the way."""

    def __init__(self, why: tuple[tuple[str, str], ...]) -> None:
        super().__init__("\n".join(("Nothing was deleted.", *(f"`{pod}`: {reason}" for pod, reason in why))))


def _either(names: tuple[str, ...]) -> str:
    return " or ".join(f"`{name}`" for name in names)


def _list(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)
