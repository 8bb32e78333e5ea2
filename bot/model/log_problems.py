"""What stands between a request for logs and its answer, said so that the person knows what to do next."""

from __future__ import annotations

from bot.errors import UserError
from bot.model.commands import GetLogs
from bot.model.targets import Target


class NoSuchWorkload(UserError):
    """No workload of this kind and name. `nearest` are names that look like it, nearest first."""

    def __init__(self, target: Target, namespace: str, nearest: tuple[str, ...]) -> None:
        names = " or ".join(f"`{target.kind.short}/{name}`" for name in nearest)
        hint = f" Did you mean {names}?" if names else ""
        super().__init__(f"No {target.kind.value} `{target.name}` in {namespace}.{hint}")
        self.nearest = nearest


class NoPods(UserError):
    """A workload or a selector has no pods; `what` is set as code."""

    def __init__(self, what: str, namespace: str) -> None:
        super().__init__(
            f"{what} has no pods in {namespace} now. `/pods list -n {namespace}` shows those that there are."
        )


class NoDeath(UserError):
    """None of the containers has died, as far as the cluster remembers."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"No container of {what} has died: the cluster remembers the last death of each as long as its "
            "pod is there. Without `--around-death` the log is there."
        )


class RunGone(UserError):
    """The run of which an alert tells has no log any more; `latest` asks for the one that there is."""

    def __init__(self, latest: GetLogs) -> None:
        super().__init__(
            "The log of the run that this alert tells of is gone: of each container the cluster keeps the "
            "present run and the one before it. Its last lines are in the alert, where they could be read."
        )
        self.latest = latest


class NoPreviousRun(UserError):
    """None of the containers has run before."""

    def __init__(self, what: str) -> None:
        super().__init__(f"No container of {what} has a previous run. Without `--previous` the log is there.")


class NoSuchContainerAnywhere(UserError):
    """None of several pods has a container of this name."""

    def __init__(self, name: str, what: str, existing: tuple[str, ...]) -> None:
        names = ", ".join(f"`{each}`" for each in existing)
        super().__init__(f"No pod of {what} has a container `{name}`. They have {names}.")


class LongLogsTaken(UserError):
    """As many long logs are being read as there is room for."""

    def __init__(self, running: int) -> None:
        super().__init__(
            f"podbot is reading {running} long logs already. Try again in a few seconds, or ask for less: "
            "`--tail 200` is always read."
        )


class NothingToFollow(UserError):
    """Every one of the containers has ended for good."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"Nothing of {what} writes any more: it has ended and will not be started again. "
            "Without `-f` the log is there."
        )


class TooManyToFollow(UserError):
    """More containers than one follow takes."""

    def __init__(self, what: str, found: int, most: int) -> None:
        super().__init__(
            f"{what} is {found} containers; podbot follows at most {most} at once. "
            "Nothing was started. Choose fewer with `-c`, `-l` or a pod's name."
        )


class FollowsTaken(UserError):
    """No more follows at once, for this person or for everybody."""

    def __init__(self, *, running: int, yours: bool) -> None:
        super().__init__(
            f"You follow {running} logs already, which is the most for one person. Nothing was started. "
            "Stop one of them first, or leave out `-f`."
            if yours
            else f"podbot follows {running} logs already, which is its most. Nothing was started. "
            "Try again in a few minutes, or leave out `-f`."
        )


class ContainersTaken(UserError):
    """Following these would take more connections than podbot keeps for it."""

    def __init__(self, running: int, most: int) -> None:
        super().__init__(
            f"podbot follows {running} containers already, of {most} that it can. Nothing was started. "
            "Try again in a few minutes, follow fewer of them, or leave out `-f`."
        )


class FollowOver(UserError):
    """The follow that a button speaks of does not run."""

    def __init__(self) -> None:
        super().__init__("This log is not followed any more. Follow it again with `logs -f`.")


class NotYourFollow(UserError):
    """A follow is stopped by whoever began it."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Only {name}, who follows this log, can stop it. It ends by itself in a while.")
