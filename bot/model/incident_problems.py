"""Why something could not be done about an incident or a silence, and what to do instead."""

from __future__ import annotations

from bot.errors import UserError
from bot.model.incidents import IncidentId, SilenceId
from bot.model.pods import PodUid


class NoSuchIncident(UserError):
    """No incident of this id, here or any more."""

    def __init__(self, identity: IncidentId) -> None:
        super().__init__(
            f"No incident `{identity}` is known here. `/pods incidents` lists those that are open, "
            "`/pods incidents --recent` those that were."
        )


class IncidentOver(UserError):
    """There is nothing left to be done about it."""

    def __init__(self, identity: IncidentId, words: str) -> None:
        super().__init__(f"Incident `{identity}` is over: {words}. Nothing was changed.")


class IncidentMerged(UserError):
    """Another incident tells of it."""

    def __init__(self, identity: IncidentId, into: IncidentId) -> None:
        super().__init__(
            f"Incident `{identity}` is part of incident `{into}` by now. Nothing was changed: do it there."
        )


class NobodyHasIt(UserError):
    """It cannot be let go of."""

    def __init__(self, identity: IncidentId) -> None:
        super().__init__(f"Nobody has incident `{identity}`, so there is nothing to let go of.")


class StillFailing(UserError):
    """It would be closed although it is not over."""

    def __init__(self, identity: IncidentId, words: str) -> None:
        failing = f"still failing: {words}" if words else "still failing, as far as podbot can tell"
        super().__init__(
            f"Incident `{identity}` is {failing}. It was not closed. It closes by itself when all is well."
        )
        self.identity = identity
        self.words = words


class NotTakenInTime(UserError):
    """The replica that leads the cluster did not take it."""

    def __init__(self) -> None:
        super().__init__(
            "The replica of podbot that leads this cluster did not answer in time. Nothing was changed. "
            "Try again in a few seconds."
        )


class NotAnsweredInTime(UserError):
    """It was taken, and what came of it is not known."""

    def __init__(self, identity: IncidentId) -> None:
        super().__init__(
            "The replica of podbot that leads this cluster has taken this and not said yet what came of it. "
            f"Whether anything was changed shows in the message of incident `{identity}`."
        )


class StoreAway(UserError):
    """podbot's own store does not answer."""

    def __init__(self) -> None:
        super().__init__(
            "podbot's own store does not answer just now. Nothing was changed. Try again in a minute."
        )


class AnotherDied(UserError):
    """The pod that would be deleted is not the one that the asker saw."""

    def __init__(self, identity: IncidentId, pod: str, uid: PodUid) -> None:
        super().__init__(
            f"Another pod has died since you saw incident `{identity}`: the latest is `{pod}`. "
            "Nothing was deleted."
        )
        self.identity = identity
        self.pod = pod
        self.uid = uid


class NoSuchSilence(UserError):
    """No silence of this id."""

    def __init__(self, identity: SilenceId) -> None:
        super().__init__(f"No silence `{identity}` is known here. `/pods silences` lists those that hold.")


class SilenceOver(UserError):
    """It has ended already."""

    def __init__(self, identity: SilenceId) -> None:
        super().__init__(f"Silence `{identity}` is over already. Nothing was changed. Ask for a new one.")


class NoSuchScope(UserError):
    """A silence that would take in nothing that is there: mostly a slip."""

    def __init__(self, pod: str, namespace: str) -> None:
        super().__init__(
            f"No pod `{pod}` in {namespace}, so nothing would be silent. Nothing was changed. "
            f"A workload is written `deploy/{pod}`, a pattern of names `{pod}*`."
        )


class HowLong(UserError):
    """A silence was asked for without an end."""

    def __init__(self, identity: IncidentId) -> None:
        super().__init__(
            f"For how long? `/pods silence {identity} --for 1h`, or `--until-resolved`. Nothing was changed."
        )


class NothingToEdit(UserError):
    """An edit that says nothing."""

    def __init__(self, identity: SilenceId) -> None:
        super().__init__(
            f"What is to become of it? `/pods silence {identity} --for 2h` gives it another end. "
            "Nothing was changed."
        )


class NothingChanged(UserError):
    """An edit that leaves a silence as it is."""

    def __init__(self, identity: SilenceId) -> None:
        super().__init__(
            f"Silence {identity} has this reason already, and its end was to stay as it is. "
            "Nothing was changed."
        )


class NotRecorded(UserError):
    """What is asked is not kept."""

    def __init__(self) -> None:
        super().__init__("This podbot keeps no record that could answer this.")
