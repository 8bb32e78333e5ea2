"""The message shortcut "Ask podbot": a dialog with a fitting command, answered in the message's thread.

Where that has no replies yet the answer comes in the channel (`Place.unbegun`).
"""

from __future__ import annotations

from typing import Protocol

import msgspec
from slack_sdk.web.async_client import AsyncWebClient

from bot import logs
from bot.commands import grammar, suggestion
from bot.commands.grammar import Asked, Misunderstood
from bot.model.commands import GetLogs
from bot.model.messages import Message
from bot.model.people import Asker
from bot.slack.actions import UnknownPress, read_press
from bot.slack.client import SlackTrouble, translated
from bot.slack.clusters import Clusters
from bot.slack.drawing import Json
from bot.slack.payloads import Submitted, Typed
from bot.slack.picked import Picked
from bot.slack.place import Place
from bot.slack.speaker import Speaker

logger = logs.get(__name__)

SHORTCUT = "podbot_ask"
"""The shortcut's callback id, as the app's manifest names it."""
CALLBACK = "ask"
COMMAND = "command"
_LONGEST = 3_000
"""Slack's limit for what an input begins with."""
_NOT_OPENED = (
    "Slack did not open the dialog. Write `@podbot` and a command into the message's thread instead."
)


class Knowledge(Protocol):
    """The pod service, as far as suggestions need it."""

    def logs_of_first_named(self, asker: Asker, words: tuple[str, ...]) -> GetLogs | None:
        """The logs of the first pod among the words that there is, as far as the asker may know of it."""
        ...


class AskDialog:
    """Opens the dialog, and reads what was entered."""

    def __init__(self, *, client: AsyncWebClient, clusters: Clusters[Knowledge], speaker: Speaker) -> None:
        self._client = client
        self._clusters = clusters
        self._speaker = speaker

    async def open(self, asker: Asker, picked: Picked) -> None:
        """Open the dialog for a message; the person is told where Slack does not."""
        view = dialog(picked.place, self._suggested(asker, picked))
        try:
            with translated():
                await self._client.views_open(trigger_id=picked.trigger, view=view)
        except SlackTrouble as trouble:
            logger.info("dialog_not_opened", code=trouble.code, details=trouble.details)
            await self._speaker.tell(picked.place, Message(text=_NOT_OPENED))

    def mistake(self, sent: Submitted) -> str:
        """What is wrong with the command that was entered, to be shown beside it; empty where nothing is."""
        try:
            grammar.ask(sent.values.get(COMMAND, ""), self._clusters.namespaces)
        except Misunderstood as error:
            return str(error).replace("`", "")
        return ""

    def _suggested(self, asker: Asker, picked: Picked) -> str:
        """The command to begin with; where several clusters are served, with the one that it is for."""
        asked = (
            suggestion.from_buttons(self._pressable(picked))
            or self._logs_of_first_named(asker, suggestion.words(picked.text))
            or suggestion.from_text(picked.text, self._clusters.namespaces)
        )
        return suggestion.typed(asked)[:_LONGEST] if asked else ""

    def _logs_of_first_named(self, asker: Asker, words: tuple[str, ...]) -> Asked | None:
        for each in self._clusters:
            logs_of_it = each.pods.logs_of_first_named(asker, words)
            if logs_of_it is not None:
                return Asked(command=logs_of_it, cluster=self._clusters.meant(each.name))
        return None

    def _pressable(self, picked: Picked) -> list[Asked]:
        found: list[Asked] = []
        for action_id, value in picked.buttons:
            try:
                press = read_press(action_id, value)
                found.append(Asked(command=press.command, cluster=self._clusters.meant(press.cluster)))
            except (UnknownPress, Misunderstood):
                continue  # another app's button, an older podbot's, or for a cluster that is served no more
        return found


def asked(sent: Submitted) -> Typed:
    """The command that was sent off; raises `msgspec.MsgspecError` for a dialog of another version."""
    place = msgspec.json.decode(sent.private_metadata, type=Place)
    return Typed(
        place=msgspec.structs.replace(place, user=sent.user),
        text=sent.values.get(COMMAND, ""),
        trigger=sent.trigger,
    )


def dialog(place: Place, command: str) -> Json:
    """The dialog, with a command to begin with."""
    element: Json = {
        "type": "plain_text_input",
        "action_id": COMMAND,
        "placeholder": {"type": "plain_text", "text": "list --broken"},
        "focus_on_load": True,
    }
    if command:
        element["initial_value"] = command
    return {
        "type": "modal",
        "callback_id": CALLBACK,
        "private_metadata": msgspec.json.encode(place).decode(),
        "title": {"type": "plain_text", "text": "Ask podbot"},
        "submit": {"type": "plain_text", "text": "Ask"},
        "close": {"type": "plain_text", "text": "Cancel"},
        "blocks": [
            {
                "type": "input",
                "block_id": COMMAND,
                "label": {"type": "plain_text", "text": "Command"},
                "hint": {
                    "type": "plain_text",
                    "text": "As behind /pods: logs, describe, list, events … The answer comes to you alone, "
                    + ("in this channel." if place.unbegun else "in this message's thread."),
                },
                "element": element,
            }
        ],
    }
