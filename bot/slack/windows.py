"""Answers in a window: for what is pressed on the Home tab, where no message can follow.

The window opens at once, because Slack lets a trigger open one for 3 seconds only, and is filled when the
answer is there. What is pressed inside it is answered inside it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Protocol

from msgspec import structs
from slack_sdk.web.async_client import AsyncWebClient

from bot import logs
from bot.commands.clusters import of_cluster
from bot.commands.replies import reply
from bot.model.answers import Answer
from bot.model.commands import Command, DebugPod, DeletePod, DeletePods, FollowLogs
from bot.model.incident_commands import DeleteDeadPod, EditSilence
from bot.model.messages import Actions, Audience, Block, Button, Menu, Message, Preformatted, Table
from bot.model.people import Asker
from bot.slack import limits
from bot.slack.blocks import RenderedMessage, render
from bot.slack.client import SlackTrouble, translated
from bot.slack.drawing import Json, note, rich_text
from bot.slack.failures import TookTooLong, explained
from bot.slack.place import Place
from bot.slack.plaintext import aligned
from bot.slack.speaker import Speaker

logger = logs.get(__name__)

_NOT_HERE = (DebugPod, DeleteDeadPod, DeletePod, DeletePods, EditSilence, FollowLogs)
"""What asks back or goes on, for which a window has no room."""


class Runner(Protocol):
    """A service, as far as a window needs it."""

    async def run(self, asker: Asker, command: Command) -> Answer:
        """Do what was asked, if the asker may."""
        ...


class Windows:
    """Shows answers in modals. `patience` bounds the work for one, in seconds."""

    def __init__(self, *, client: AsyncWebClient, speaker: Speaker, patience: float) -> None:
        self._client = client
        self._speaker = speaker
        self._patience = patience

    async def answer(
        self, pods: Runner, asker: Asker, place: Place, command: Command, *, trigger: str, window: str
    ) -> None:
        """Run a command and show its answer: in the window that it was pressed in, else in a new one.

        Where Slack shows no window the answer goes to the person's direct messages.
        """
        shown = window or await self._open(trigger)
        try:
            async with asyncio.timeout(self._patience):
                message = reply(await pods.run(asker, command))
        except TimeoutError:
            message = explained(TookTooLong(self._patience), asker.request)
        except Exception as error:  # noqa: BLE001 - the person who waits before the window is told, whatever it is
            message = explained(error, asker.request)
        if not shown or not await self._fill(shown, place, message):
            await self._speaker.tell(place, message)

    async def _open(self, trigger: str) -> str:
        try:
            with translated():
                opened = await self._client.views_open(
                    trigger_id=trigger, view=_window([rich_text(note("Looking …"))])
                )
        except SlackTrouble as trouble:
            logger.info("window_not_opened", code=trouble.code, details=trouble.details)
            return ""
        return str(opened["view"]["id"])

    async def _fill(self, window: str, place: Place, message: Message) -> bool:
        fitting = fit_for_window(of_cluster(message, place.cluster))
        rendered = await self._speaker.with_private_files(place, render(fitting))
        view = window_view(rendered)
        try:
            with translated():
                await self._client.views_update(view_id=window, view=view)
        except SlackTrouble as trouble:
            # `not_found`: the window was closed in the meantime.
            logger.info("window_not_filled", code=trouble.code, details=trouble.details)
            return False
        return True


def fit_for_window(message: Message) -> Message:
    """The message with what a modal can show: Slack has no tables there, and nobody to share with."""
    return structs.replace(message, blocks=tuple(_fitting(message)))


def window_view(rendered: RenderedMessage) -> Json:
    """The window that shows a message which was made fit for one."""
    return _window(list(rendered.blocks) or [rich_text(note(rendered.text))])


def _fitting(message: Message) -> Iterator[Block]:
    for block in message.blocks:
        if isinstance(block, Table):
            yield Preformatted(aligned(block))
        elif isinstance(block, Actions):
            kept = tuple(each for each in map(_pressable, block.elements) if each is not None)
            if kept:
                yield Actions(kept)
        else:
            yield block


def _pressable(element: Button | Menu) -> Button | Menu | None:
    if isinstance(element, Button):
        shared = element.audience is Audience.CHANNEL
        return None if shared or isinstance(element.command, _NOT_HERE) else element
    choices = tuple(each for each in element.choices if not isinstance(each.command, _NOT_HERE))
    return structs.replace(element, choices=choices) if choices else None


def _window(blocks: list[Json]) -> Json:
    return {
        "type": "modal",
        "title": {"type": "plain_text", "text": "podbot"},
        "close": {"type": "plain_text", "text": "Close"},
        "blocks": blocks[: limits.VIEW_BLOCKS],
    }
