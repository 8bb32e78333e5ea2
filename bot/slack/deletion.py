"""The dialog that stands between a wish and a deleted pod.

Slack's `trigger_id` opens a dialog only within 3 seconds, which a cluster on a bad day does not keep: the
dialog opens at once and is filled when the cluster has answered. Submitting is acknowledged at once with
"Deleting …" and the view is changed again when it is done. All that must be kept travels in the dialog; the
service authorises again, minds the age of the confirmation and binds the deletion to the pod's UID.
"""

from __future__ import annotations

import asyncio
from typing import Any, Protocol

from slack_sdk.web.async_client import AsyncWebClient

from bot import logs
from bot.clock import Clock
from bot.commands.replies import deletion_announced, deletion_dialog, reply
from bot.model.answers import Confirmation, Deleted, DeletionPlan
from bot.model.commands import DeletePod
from bot.model.messages import Message
from bot.model.people import Asker
from bot.slack import views
from bot.slack.client import SlackTrouble, translated
from bot.slack.drawing import Json
from bot.slack.failures import TookTooLong, explained
from bot.slack.place import Place
from bot.slack.speaker import Speaker

logger = logs.get(__name__)

_REMEMBERED = 1_000
_SETTLE_SECONDS = 0.5
"""Between the acknowledgement that changes a view and a call that changes it again: they travel separately,
and the second must not be overtaken by the first."""


_UNTOLD = "The pod was deleted, but the channel could not be told: podbot may not be in it. Please tell them."


class Deleter(Protocol):
    """The part of the pod service that the dialog needs."""

    async def plan_deletion(self, asker: Asker, command: DeletePod) -> DeletionPlan:
        """What deleting this pod would do."""
        ...

    async def delete(self, asker: Asker, confirmation: Confirmation) -> Deleted:
        """Carry out a deletion that its asker confirmed."""
        ...


class DeletionDialog:
    """Asks, and does what was confirmed. One instance serves all dialogs."""

    def __init__(
        self, *, client: AsyncWebClient, pods: Deleter, speaker: Speaker, clock: Clock, patience: float
    ) -> None:
        self._client = client
        self._pods = pods
        self._speaker = speaker
        self._clock = clock
        self._patience = patience
        self._submitted: dict[str, Json] = {}

    async def ask(self, asker: Asker, place: Place, command: DeletePod, trigger: str) -> None:
        """Show what the deletion will do and ask for the word.

        Without a trigger, or with one that has expired, the plan comes as a message whose button opens the
        dialog.
        """
        view_id = (
            await self._open(trigger, views.looking(command.namespace, command.pod)) if trigger else None
        )
        if view_id is None:
            async with asyncio.timeout(self._patience):
                plan = await self._pods.plan_deletion(asker, command)
            await self._speaker.tell(place, reply(plan))
            return
        try:
            async with asyncio.timeout(self._patience):
                plan = await self._pods.plan_deletion(asker, command)
        except TimeoutError:
            await self._end(view_id, place, explained(TookTooLong(self._patience), asker.request))
        except Exception as error:  # noqa: BLE001 - the person who waits before the dialog is told, whatever it is
            await self._end(view_id, place, explained(error, asker.request))
        else:
            pending = views.Pending(
                asker=asker.person.id,
                namespace=plan.namespace,
                pod=plan.pod,
                uid=plan.uid,
                asked_at=self._clock.now(),
                place=place,
            )
            if not await self._show(view_id, views.confirmation(deletion_dialog(plan), pending)):
                await self._speaker.tell(place, reply(plan))

    def taken(self, view_id: str, view: Json) -> Json | None:
        """Take a submission (None); for one that was taken already, what the dialog shows by now."""
        if view_id in self._submitted:
            return self._submitted[view_id]
        self._submitted[view_id] = view
        if len(self._submitted) > _REMEMBERED:
            del self._submitted[next(iter(self._submitted))]
        return None

    async def carry_out(self, asker: Asker, view_id: str, pending: views.Pending, reason: str) -> None:
        """Delete what was confirmed, tell the channel, and say in the dialog how it ended."""
        confirmation = Confirmation(
            namespace=pending.namespace,
            pod=pending.pod,
            uid=pending.uid,
            reason=reason,
            asked_at=pending.asked_at,
        )
        try:
            async with asyncio.timeout(self._patience):
                deleted = await self._pods.delete(asker, confirmation)
        except TimeoutError:
            ending = explained(TookTooLong(self._patience), asker.request)
        except Exception as error:  # noqa: BLE001 - the person who waits before the dialog is told, whatever it is
            ending = explained(error, asker.request)
        else:
            ending = reply(deleted)
            if not await self._speaker.announce(pending.place, deletion_announced(deleted)):
                await self._speaker.tell(pending.place, Message(text=_UNTOLD))
        await self._clock.sleep(_SETTLE_SECONDS)
        await self._end(view_id, pending.place, ending)

    async def _open(self, trigger: str, view: Json) -> str | None:
        try:
            with translated():
                opened = await self._client.views_open(trigger_id=trigger, view=view)
        except SlackTrouble as trouble:
            logger.info("dialog_not_opened", code=trouble.code, details=trouble.details)
            return None
        shown: dict[str, Any] = opened["view"]
        return str(shown["id"])

    async def _show(self, view_id: str, view: Json) -> bool:
        try:
            with translated():
                await self._client.views_update(view_id=view_id, view=view)
        except SlackTrouble as trouble:
            # `not_found`: the dialog was closed in the meantime.
            logger.info("dialog_not_updated", code=trouble.code, details=trouble.details)
            return False
        return True

    async def _end(self, view_id: str, place: Place, message: Message) -> None:
        view = views.ending(message)
        if view_id in self._submitted:
            self._submitted[view_id] = view
        if not await self._show(view_id, view):
            await self._speaker.tell(place, message)
