"""The front desk: takes a request, has it done, and sees to it that it is answered.

Every request gets an id, a person and a place; its log lines carry them; its errors become answers. What a
handler of `app` does beyond acknowledging is one call here.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from typing import Protocol

import structlog
from msgspec import structs

from bot import logs
from bot.commands.grammar import ask
from bot.commands.replies import problem, reply
from bot.errors import UserError
from bot.model.answers import Answer, ClusterList
from bot.model.commands import Command, DeletePod, DeletePods, FollowLogs, Help, ListClusters, StopFollowing
from bot.model.debugging import DebugStarted
from bot.model.incident_answers import SilenceChanged
from bot.model.incident_commands import IncidentCommand, IncidentRequest
from bot.model.log_answers import FollowStopped
from bot.model.log_problems import FollowOver
from bot.model.messages import Actions, Audience, Block, Button, Context, Mention, Message, Text
from bot.model.people import Asker, ChannelId, UserId
from bot.pods.ports import People
from bot.slack import debugging, views
from bot.slack.actions import Press, read_press
from bot.slack.ask import AskDialog, Knowledge
from bot.slack.clusters import Clusters
from bot.slack.debugging import DebugSource
from bot.slack.deletion import Deleter, DeletionDialog
from bot.slack.directory import SlackDirectory
from bot.slack.failures import TookTooLong, explained
from bot.slack.following import Followable, LogStreams
from bot.slack.home import HomeSource, HomeTab
from bot.slack.incidents import IncidentDesk
from bot.slack.intake import Intake, Stopping
from bot.slack.payloads import Clicked, Submitted, Typed
from bot.slack.picked import Picked
from bot.slack.place import Place
from bot.slack.speaker import Speaker
from bot.slack.uncalled import mentioned, uncalled
from bot.slack.windows import Runner, Windows

logger = logs.get(__name__)

_ID_SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base32: nothing that is misread aloud at night."""


class Pods(Deleter, Followable, DebugSource, HomeSource, Knowledge, Protocol):
    """The pod service, as far as the desk needs it."""

    async def run(self, asker: Asker, command: Command) -> Answer:
        """Do what was asked, if the asker may; a deletion is only planned."""
        ...


def new_request_id() -> str:
    """A short id for one request: unique enough to be found in a day's log."""
    return "".join(secrets.choice(_ID_SIGNS) for _ in range(4))


class Desk:
    """Serves requests from acknowledged to answered. `patience` bounds each, in seconds."""

    def __init__(
        self,
        *,
        clusters: Clusters[Pods],
        people: People,
        directory: SlackDirectory,
        speaker: Speaker,
        dialog: DeletionDialog,
        streams: LogStreams,
        windows: Windows,
        home: HomeTab,
        ask: AskDialog,
        intake: Intake,
        patience: float,
        incidents: IncidentDesk | None = None,
        new_id: Callable[[], str] = new_request_id,
    ) -> None:
        """Without `incidents`, what is asked about them is refused by the pod service."""
        self._clusters = clusters
        self._incidents = incidents
        self._people = people
        self._directory = directory
        self._speaker = speaker
        self._dialog = dialog
        self._streams = streams
        self._windows = windows
        self._home = home
        self._ask = ask
        self._intake = intake
        self._patience = patience
        self._new_id = new_id

    async def typed(self, said: Typed) -> None:
        """A command in words."""

        async def work(asker: Asker) -> None:
            asked = ask(said.text, self._clusters.namespaces)
            press = Press(command=asked.command, cluster=asked.cluster)
            await self._run(asker, said.place, press, trigger=said.trigger)

        await self._serve(said.place, work)

    async def clicked(self, click: Clicked) -> None:
        """A button or a menu."""

        async def work(asker: Asker) -> None:
            press = read_press(click.action_id, click.value)
            if click.in_view and press.audience is Audience.ASKER:
                place = self._about(click.place, press)
                source = self._source(place, press.command)
                await self._windows.answer(
                    source, asker, place, press.command, trigger=click.trigger, window=click.window
                )
            else:
                await self._run(asker, click.place, press, trigger=click.trigger, pressed=True)

        await self._serve(click.place, work)

    async def entered(self, sent: Submitted, place: Place, command: IncidentCommand) -> None:
        """What was entered into a dialog about an incident; the dialog is closed by now."""

        async def work(asker: Asker) -> None:
            press = Press(command=command, cluster=place.cluster)
            await self._run(asker, structs.replace(place, user=sent.user), press, pressed=True)

        await self._serve(structs.replace(place, user=sent.user), work)

    async def at_home(self, user: UserId) -> None:
        """Somebody opened the Home tab, or asked for it anew."""
        await self._serve(Place(user=user, channel=ChannelId("")), self._home.show)

    async def picked(self, picked: Picked) -> None:
        """The shortcut was chosen for a message."""

        async def work(asker: Asker) -> None:
            await self._ask.open(asker, picked)

        await self._serve(picked.place, work)

    async def confirmed(self, sent: Submitted, pending: views.Pending) -> None:
        """A deletion that was confirmed in its dialog."""

        async def work(asker: Asker) -> None:
            reason = sent.values.get(views.REASON, "").strip()
            pods = self._clusters.of(pending.place.cluster)
            await self._dialog.carry_out(pods, asker, sent.view_id, pending, reason)

        await self._serve(structs.replace(pending.place, user=sent.user), work)

    def _source(self, place: Place, command: Command) -> Runner:
        """Who answers a command where nothing more than an answer is to be had of it."""
        if self._incidents is not None and isinstance(command, IncidentRequest):
            return self._incidents.of(place.cluster)
        return self._clusters.of(place.cluster)

    def _about(self, place: Place, press: Press) -> Place:
        """The place of a request for a cluster; what is the same everywhere is about none, unless named."""
        if isinstance(press.command, Help | ListClusters) and press.cluster is None:
            return place
        return structs.replace(place, cluster=self._clusters.meant(press.cluster))

    async def _run(
        self, asker: Asker, place: Place, press: Press, *, trigger: str = "", pressed: bool = False
    ) -> None:
        place = self._about(place, press)
        pods = self._clusters.of(place.cluster)
        refused = False
        try:
            await self._carry_out(pods, asker, place, press, trigger=trigger, pressed=pressed)
        except UserError as error:
            refused = True
            # Said here, where it is known which cluster was meant: what it offers to press goes on there.
            await self._speaker.tell(place, explained(error, asker.request))
        if self._incidents is not None and pressed and trigger:
            await self._incidents.chosen(asker, place, press.command, refused=refused)

    async def _carry_out(
        self, pods: Pods, asker: Asker, place: Place, press: Press, *, trigger: str, pressed: bool
    ) -> None:
        if isinstance(press.command, FollowLogs):
            async with asyncio.timeout(self._patience):
                await self._streams.begin(pods, asker, place, press.command)
            return
        if isinstance(press.command, DeletePod | DeletePods) and not press.command.manner.dry_run:
            await self._dialog.ask(pods, asker, place, press.command, trigger)
            return
        answer: Answer | None
        if self._incidents is not None and isinstance(press.command, IncidentRequest):
            answer = await self._incidents.answer(pods, asker, place, press, trigger=trigger, pressed=pressed)
        else:
            async with asyncio.timeout(self._patience):
                answer = await self._answer(pods, asker, place, press.command)
        if answer is None:
            return
        if isinstance(answer, DebugStarted):
            await debugging.tell(pods, self._speaker, place, answer)
            return
        message = reply(answer)
        if press.audience is Audience.CHANNEL:
            record = uncalled(message, await self._directory.names(*mentioned(message)))
            if not await self._speaker.announce(place, shared(record, asker)):
                raise NotShared
        elif isinstance(answer, SilenceChanged) and answer.is_news:
            if not await self._speaker.announce(place, message):
                await self._speaker.tell(place, message)
        else:
            await self._speaker.tell(place, message, replaces=press.replaces)

    async def _answer(self, pods: Pods, asker: Asker, place: Place, command: Command) -> Answer:
        """The answer of one cluster; of all, where it is they that were asked for."""
        if isinstance(command, StopFollowing):
            return await self._stopped(pods, asker, command)
        if not isinstance(command, ListClusters) or place.cluster is not None:
            return await pods.run(asker, command)
        answers = [await each.pods.run(asker, command) for each in self._clusters]
        return ClusterList(
            clusters=tuple(
                state for each in answers if isinstance(each, ClusterList) for state in each.clusters
            )
        )

    async def _stopped(self, pods: Pods, asker: Asker, command: StopFollowing) -> Answer:
        """A followed log is stopped wherever it is followed: here, or by another replica."""
        try:
            return await pods.run(asker, command)
        except FollowOver:
            if not await self._streams.stopped_elsewhere(asker, command):
                raise
            return FollowStopped(subject="")

    async def _serve(self, place: Place, work: Callable[[Asker], Awaitable[None]]) -> None:
        """Do the work for the one who asked; whatever becomes of it, they are told."""
        request = self._new_id()
        with structlog.contextvars.bound_contextvars(request=request, user=place.user, channel=place.channel):
            try:
                with self._intake.turn():
                    person = await self._people.person(place.user)
                    await work(Asker(person=person, channel=place.channel, request=request))
            except TimeoutError:
                await self._speaker.tell(place, problem(TookTooLong(self._patience)))
            except asyncio.CancelledError:
                await self._speaker.tell(place, problem(Stopping(begun=True)))
                raise
            except Exception as error:  # noqa: BLE001 - the last line of defence: a command is always answered
                await self._speaker.tell(place, explained(error, request))


class NotShared(UserError):
    """The answer did not get into the channel."""

    def __init__(self) -> None:
        super().__init__(
            "This could not be shown in the channel: podbot may not be in it. "
            "Invite it, then press Share again."
        )


def shared(message: Message, by: Asker) -> Message:
    """An answer made fit for all to see: who shared it, and nothing left to share."""
    blocks: list[Block] = []
    for block in message.blocks:
        if isinstance(block, Actions):
            kept = tuple(
                each
                for each in block.elements
                if not (isinstance(each, Button) and each.audience is Audience.CHANNEL)
            )
            if kept:
                blocks.append(Actions(kept))
        else:
            blocks.append(block)
    blocks.append(Context((Text("Shared by "), Mention(by.person.id))))
    return structs.replace(message, blocks=tuple(blocks))
