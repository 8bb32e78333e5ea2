"""The dialog that stands between a wish and deleted pods.

Slack's `trigger_id` opens a dialog only within 3 seconds, which a cluster on a bad day does not keep: the
dialog opens at once and is filled when the cluster has answered. Submitting is acknowledged at once with
"Deleting …" and the view is changed again when it is done. All that must be kept travels in the dialog; the
service authorises again, minds the age of the confirmation and binds the deletion to the pods' UIDs.

The channel is told before anything is deleted, so that there is a thread for what is saved of the pods, and
the same message says later what was done and what came of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Protocol

import msgspec
from slack_sdk.web.async_client import AsyncWebClient

from bot import logs
from bot.clock import Clock
from bot.commands.clusters import of_cluster
from bot.commands.deletion import deletion_dialog
from bot.commands.deletion_story import (
    deletion_announced,
    deletion_begun,
    deletion_ended,
    deletion_unfinished,
    not_followed,
)
from bot.commands.last_look import evidence
from bot.commands.replies import reply
from bot.errors import UserError
from bot.model.commands import DeletePod, DeletePods
from bot.model.deletions import Confirmation, Deletion, DeletionPlan, Fate
from bot.model.last_look import LastLook, Saved
from bot.model.messages import Attachment, Message
from bot.model.people import Asker
from bot.pods.deletion import Keep
from bot.slack import views
from bot.slack.announcement import INSISTS_FOR, Announcement
from bot.slack.client import SlackTrouble, translated
from bot.slack.drawing import Json
from bot.slack.failures import TookTooLong, explained
from bot.slack.files import Files
from bot.slack.followups import Follower, FollowUps
from bot.slack.intake import Intake
from bot.slack.place import Place
from bot.slack.speaker import Speaker

logger = logs.get(__name__)

_REMEMBERED = 1_000
_SETTLE_SECONDS = 0.5
"""Between the acknowledgement that changes a view and a call that changes it again: they travel separately,
and the second must not be overtaken by the first."""

_STEPS = 3
"""A deletion looks at its pods, saves what vanishes with them and deletes them: each within the patience."""

_NOT_HERE = "podbot is not in this channel: what comes of it is told to whoever deleted."
_TAKEN_ELSEWHERE = (
    "This was confirmed already, and another replica of podbot is at it. The message in the channel says "
    "what comes of it."
)
_UNTOLD = "The channel could not be told of this deletion: podbot may not be in it. Please tell them."


class TooLongForOneDialog(UserError):
    """The names of the pods find no room in what Slack lets a dialog carry."""

    def __init__(self, pods: int) -> None:
        super().__init__(
            f"The names of these {pods} pods are too long to be confirmed together. Nothing was deleted. "
            "Delete fewer at once."
        )


class Deleter(Follower, Protocol):
    """The part of the pod service that the dialog needs."""

    async def plan_deletion(self, asker: Asker, command: DeletePod | DeletePods) -> DeletionPlan:
        """What deleting these pods would do."""
        ...

    async def delete(self, asker: Asker, confirmation: Confirmation, keep: Keep) -> Deletion:
        """Carry out a deletion that its asker confirmed; before it, `keep` gets a last look at the pods."""
        ...

    async def note(self, deletion: Deletion) -> None:
        """Have the incidents of the pods that were deleted say so in their stories; takes seconds at most."""
        ...


class DeletionDialog:
    """Asks, and does what was confirmed. One instance serves all dialogs."""

    def __init__(
        self,
        *,
        client: AsyncWebClient,
        speaker: Speaker,
        follow_ups: FollowUps,
        intake: Intake,
        clock: Clock,
        patience: float,
    ) -> None:
        self._client = client
        self._intake = intake
        self._speaker = speaker
        self._follow_ups = follow_ups
        self._clock = clock
        self._patience = patience
        self._submitted: dict[str, Json] = {}

    async def ask(
        self, pods: Deleter, asker: Asker, place: Place, command: DeletePod | DeletePods, trigger: str
    ) -> None:
        """Show what the deletion will do and ask for the word.

        Without a trigger, or with one that has expired, the plan comes as a message whose button opens the
        dialog.
        """
        view_id = await self._open(trigger, views.looking(command)) if trigger else None
        if view_id is None:
            async with asyncio.timeout(self._patience):
                plan = await pods.plan_deletion(asker, command)
            await self._speaker.tell(place, reply(plan))
            return
        try:
            async with asyncio.timeout(self._patience):
                plan = await pods.plan_deletion(asker, command)
            waiting = views.pending(plan, asker=asker.person.id, asked_at=self._clock.now(), place=place)
            if not waiting.fits:
                raise TooLongForOneDialog(len(plan.pods))
        except TimeoutError:
            await self._end(view_id, place, explained(TookTooLong(self._patience), asker.request))
        except Exception as error:  # noqa: BLE001 - the person who waits before the dialog is told, whatever it is
            await self._end(view_id, place, explained(error, asker.request))
        else:
            asking = views.confirmation(deletion_dialog(plan), waiting, reason=plan.manner.reason)
            if not await self._show(view_id, asking):
                await self._speaker.tell(place, reply(plan))

    async def taken(self, view_id: str, view: Json) -> Json | None:
        """Take a submission (None); for one that was taken already, what the dialog shows by now.

        Of one that another replica has taken that is not known here: it says so, until the other changes it.
        """
        if view_id in self._submitted:
            return self._submitted[view_id]
        self._submitted[view_id] = view
        if len(self._submitted) > _REMEMBERED:
            del self._submitted[next(iter(self._submitted))]
        if await self._intake.is_new(f"view {view_id}"):
            return None
        self._submitted[view_id] = elsewhere = views.ending(Message(text=_TAKEN_ELSEWHERE))
        return elsewhere

    async def carry_out(
        self, pods: Deleter, asker: Asker, view_id: str, waiting: views.Pending, reason: str
    ) -> None:
        """Delete what was confirmed, tell the channel, and say in the dialog how it ended."""
        confirmation = Confirmation(
            asked_by=waiting.asker,
            namespace=waiting.namespace,
            pods=waiting.pods,
            manner=msgspec.structs.replace(waiting.manner, reason=reason),
            asked_at=waiting.asked_at,
        )
        story = _Story(
            Announcement(
                client=self._client,
                files=Files(self._client),
                speaker=self._speaker,
                clock=self._clock,
                place=waiting.place,
            )
        )
        patience = _STEPS * self._patience
        try:
            async with asyncio.timeout(patience):
                deletion = await pods.delete(asker, confirmation, story.keep)
        except TimeoutError:
            await story.break_off()
            ending = explained(TookTooLong(patience), asker.request)
        except asyncio.CancelledError:
            await story.break_off(insists_for=0)
            raise
        except Exception as error:  # noqa: BLE001 - the person who waits before the dialog is told, whatever it is
            await story.break_off()
            ending = explained(error, asker.request)
        else:
            ending = deletion_ended(deletion)
            # Side by side: the dialog waits neither for a channel that takes nothing just now nor for others.
            telling = self._tell(pods, deletion, story)
            ended = self._end_soon(view_id, waiting.place, ending)
            await asyncio.gather(telling, ended, pods.note(deletion))
            return
        await self._end_soon(view_id, waiting.place, ending)

    async def _tell(self, pods: Follower, deletion: Deletion, story: _Story) -> None:
        announcement = story.announcement
        told = deletion_announced(deletion, None, announcement.saved)
        elsewhere = not_followed(deletion, None, announcement.saved, _NOT_HERE)
        if not await announcement.say(told, elsewhere=elsewhere):
            await announcement.tell(Message(text=_UNTOLD))
        if deletion.of(Fate.DELETED):
            late = story.evidence if announcement.saved is Saved.WAITING else ()
            await self._follow_ups.begin(pods, deletion, announcement, late)

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

    async def _end_soon(self, view_id: str, place: Place, message: Message) -> None:
        await self._clock.sleep(_SETTLE_SECONDS)
        await self._end(view_id, place, message)

    async def _end(self, view_id: str, place: Place, message: Message) -> None:
        view = views.ending(of_cluster(message, place.cluster))
        if view_id in self._submitted:
            self._submitted[view_id] = view
        if not await self._show(view_id, view):
            await self._speaker.tell(place, message)


class _Story:
    """What the channel is told of one deletion, from the moment before it."""

    def __init__(self, announcement: Announcement) -> None:
        self.announcement = announcement
        self.evidence: Sequence[Attachment] = ()
        self._begun: Deletion | None = None

    async def keep(self, begun: Deletion, looks: Sequence[LastLook]) -> None:
        """Announce the deletion, and put a last look at its pods into the thread."""
        self._begun = begun
        self.evidence = evidence(looks)
        await self.announcement.begin(deletion_begun(begun))
        await self.announcement.keep(self.evidence)

    async def break_off(self, *, insists_for: float = INSISTS_FOR) -> None:
        """Where it was announced already, say that it did not come to a known end."""
        if self._begun is not None and self.announcement.changeable:
            await self.announcement.say(deletion_unfinished(self._begun), insists_for=insists_for)
