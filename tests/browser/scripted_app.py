"""An app that does what tests want: it answers `/pods`, opens a modal, and remembers every interaction."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.workspace import Running
from tests.browser.blocks import actions, button, modal, plain

Json = dict[str, Any]

REPLY = "shop · 15 pods · 12 healthy"
WITHIN = 20.0


class ScriptedApp:
    """The app's client, and what it was told: actions, submissions and shortcuts in their order."""

    def __init__(self, running: Running) -> None:
        self.client = AsyncWebClient(token=running.workspace.app.bot_token, base_url=running.api_url)
        self.told: asyncio.Queue[Json] = asyncio.Queue()
        self.bolt = AsyncApp(
            client=self.client, signing_secret="unused-in-socket-mode", process_before_response=False
        )
        self.bolt.command("/pods")(self._answer_command)
        self.bolt.action("open-modal")(self._open_modal)
        self.bolt.action(re.compile(""))(self._remember)
        self.bolt.view("form")(self._take_form)
        self.bolt.options("pod")(self._suggest)
        self.bolt.shortcut("podbot_ask")(self._remember)
        self.bolt.event("app_home_opened")(self._show_home)
        self.bolt.event("message")(self._ignore)
        self.bolt.event("app_mention")(self._ignore)

    async def posts(self, channel: str, text: str, blocks: list[Json] | None = None, **more: Any) -> str:
        """Posts a message; returns its ts."""
        answer = await self.client.chat_postMessage(channel=channel, text=text, blocks=blocks, **more)
        return str(answer["ts"])

    async def next_told(self) -> Json:
        """What it was told next."""
        return await asyncio.wait_for(self.told.get(), WITHIN)

    async def _answer_command(self, ack: Any, respond: Any, command: Json) -> None:
        await ack()
        await respond(
            text=REPLY,
            blocks=[
                {"type": "section", "text": {"type": "mrkdwn", "text": f"*{REPLY}* for `{command['text']}`"}},
                actions(button("Details", "open-modal")),
            ],
        )

    async def _open_modal(self, ack: Any, body: Json, client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=modal())

    async def _take_form(self, ack: Any, view: Json) -> None:
        if view["state"]["values"]["reason"]["text"]["value"] == "because":
            await ack(response_action="errors", errors={"reason": "Say more than that."})
        else:
            await ack()
            self.told.put_nowait(view)

    async def _suggest(self, ack: Any, payload: Json) -> None:
        typed = payload["value"]
        await ack(options=[{"text": plain(f"{typed}-{n}"), "value": f"{typed}-{n}"} for n in range(3)])

    async def _show_home(self, event: Json, client: AsyncWebClient) -> None:
        blocks = [
            {"type": "header", "text": plain("You are on call")},
            actions(button("Silence all", "silence")),
        ]
        await client.views_publish(user_id=event["user"], view={"type": "home", "blocks": blocks})

    async def _remember(self, ack: Any, body: Json) -> None:
        await ack()
        self.told.put_nowait(body)

    async def _ignore(self) -> None:
        return


@asynccontextmanager
async def connected_app(running: Running) -> AsyncIterator[ScriptedApp]:
    """The app, in Socket Mode until the block ends."""
    app = ScriptedApp(running)
    handler = AsyncSocketModeHandler(app.bolt, running.workspace.app.app_token)
    await handler.connect_async()  # type: ignore[no-untyped-call]  # untyped in bolt
    try:
        yield app
    finally:
        await handler.close_async()  # type: ignore[no-untyped-call]  # untyped in bolt
