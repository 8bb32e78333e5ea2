"""What is pressed and typed about incidents: dialogs where something has to be asked, answers where due.

A press whose effect shows in the message that it was made in gets no answer beside that: who is woken at
night and holds a phone needs to see one change, not two.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

from slack_sdk.web.async_client import AsyncWebClient

from bot import logs
from bot.errors import UserError
from bot.model.answers import Answer
from bot.model.commands import Command, DeletePod
from bot.model.incident_answers import Acted, SilenceChange, SilenceChanged
from bot.model.incident_commands import (
    DeleteDeadPod,
    EditSilence,
    IncidentCommand,
    IncidentRequest,
    ResolveIncident,
    SilenceIncident,
)
from bot.model.incident_problems import HowLong, NothingToEdit, StillFailing
from bot.model.incidents import Incident, IncidentId, SilenceId
from bot.model.messages import Audience
from bot.model.people import Asker
from bot.model.pods import ClusterName
from bot.model.silences import Silence
from bot.slack import incident_views
from bot.slack.actions import Press
from bot.slack.client import SlackTrouble, translated
from bot.slack.clusters import Clusters
from bot.slack.deletion import Deleter, DeletionDialog
from bot.slack.drawing import Json
from bot.slack.home import AlertSource
from bot.slack.place import Place
from bot.slack.windows import Runner

logger = logs.get(__name__)


class IncidentSource(AlertSource, Protocol):
    """The incident service of a cluster."""

    async def run(self, asker: Asker, command: IncidentCommand) -> Answer:
        """Do what was asked, if the asker may."""
        ...

    async def dead_pod(self, asker: Asker, command: DeleteDeadPod) -> DeletePod:
        """The deletion that is meant, to be asked for and confirmed as any other."""
        ...

    async def to_act_on(self, asker: Asker, identity: IncidentId) -> Incident:
        """An incident on which the asker may act."""
        ...

    async def draw_anew(self, asker: Asker, identity: IncidentId) -> None:
        """Have the incident's message forget what was chosen in its menus."""
        ...

    async def to_edit(self, asker: Asker, identity: SilenceId) -> Silence:
        """A silence that the asker may edit."""
        ...


class IncidentDesk:
    """Serves requests about incidents. `patience` bounds the work for each, in seconds."""

    def __init__(
        self,
        *,
        client: AsyncWebClient,
        sources: Clusters[IncidentSource],
        deletion: DeletionDialog,
        patience: float,
    ) -> None:
        self._client = client
        self._sources = sources
        self._deletion = deletion
        self._patience = patience

    def of(self, cluster: ClusterName | None) -> Runner:
        """The service of a cluster, for where no dialog can be opened: what asks back is refused there."""
        return _Plainly(self._sources.of(cluster))

    async def answer(
        self, pods: Deleter, asker: Asker, place: Place, press: Press, *, trigger: str, pressed: bool
    ) -> Answer | None:
        """Do what was asked; None where nothing is left to be said.

        `trigger` opens a dialog, within 3 seconds; `pressed` where it was a button and not typed. Raises
        `UserError`, and `TimeoutError` where it took too long.
        """
        command = _about_incidents(press.command)
        source = self._sources.of(place.cluster)
        if isinstance(command, DeleteDeadPod):
            async with asyncio.timeout(self._patience):
                deletion = await source.dead_pod(asker, command)
            await self._deletion.ask(pods, asker, place, deletion, trigger)
            return None
        async with asyncio.timeout(self._patience):
            if await self._asked(source, asker, place, command, trigger):
                return None
            answer = await self._done(source, asker, place, command, trigger)
        return None if answer is None or (pressed and _shows_by_itself(press, answer)) else answer

    async def chosen(self, asker: Asker, place: Place, command: Command, *, refused: bool) -> None:
        """Once the one who chose it is answered: where nothing came of a choice, have its menu forget it.

        A dialog counts as nothing: Slack does not say if it is cancelled.
        """
        if not isinstance(command, SilenceIncident) or not (refused or command.asks):
            return
        try:
            async with asyncio.timeout(self._patience):
                await self._sources.of(place.cluster).draw_anew(asker, command.incident)
        except (UserError, TimeoutError) as error:
            logger.info("choice_not_forgotten", incident=command.incident, problem=str(error))

    async def _done(
        self,
        source: IncidentSource,
        asker: Asker,
        place: Place,
        command: IncidentCommand,
        trigger: str,
    ) -> Answer | None:
        """Do it; what is still failing is asked about where a dialog can be opened, and refused elsewhere."""
        try:
            return await source.run(asker, command)
        except StillFailing as failing:
            view = incident_views.resolve_dialog(failing.identity, failing.words, place)
            if not await self._opened(trigger, view):
                raise
            return None

    async def _asked(
        self, source: IncidentSource, asker: Asker, place: Place, command: IncidentCommand, trigger: str
    ) -> bool:
        """Where a command leaves open how long or why, ask in a dialog; False where it leaves nothing open.

        Raises what is missing where no dialog can be opened.
        """
        missing: UserError
        match command:
            case SilenceIncident() if command.asks:
                incident = await source.to_act_on(asker, command.incident)
                view, missing = incident_views.silence_dialog(incident, place), HowLong(command.incident)
            case EditSilence(lasting=None, reason=""):
                silence = await source.to_edit(asker, command.silence)
                view, missing = incident_views.edit_dialog(silence, place), NothingToEdit(command.silence)
            case ResolveIncident(force=True, reason=""):
                incident = await source.to_act_on(asker, command.incident)
                view = incident_views.resolve_dialog(incident.id, "", place)
                missing = StillFailing(incident.id, "")
            case _:
                return False
        if not await self._opened(trigger, view):
            raise missing
        return True

    async def _opened(self, trigger: str, view: Json) -> bool:
        if not trigger:
            return False
        try:
            with translated():
                await self._client.views_open(trigger_id=trigger, view=view)
        except SlackTrouble as trouble:
            logger.info("dialog_not_opened", code=trouble.code, details=trouble.details)
            return False
        return True


class _Plainly:
    """An incident service as one that takes any command; it gets none of others."""

    def __init__(self, source: IncidentSource) -> None:
        self._source = source

    async def run(self, asker: Asker, command: Command) -> Answer:
        return await self._source.run(asker, _about_incidents(command))


def _about_incidents(command: Command) -> IncidentCommand:
    if not isinstance(command, IncidentRequest):
        raise TypeError(f"{type(command).__name__} is nothing about incidents")
    return command


def _shows_by_itself(press: Press, answer: Answer) -> bool:
    """Whether a press is answered by the change of the message that it was made in."""
    if press.replaces or press.audience is not Audience.ASKER:
        return False
    if isinstance(answer, SilenceChanged):
        return answer.incident is not None or answer.change is SilenceChange.ENDED
    return isinstance(answer, Acted)
