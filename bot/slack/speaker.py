"""Saying things in Slack: to one person where they asked, or to the channel.

Every answer arrives: where one way is closed (an address used up, a bot that is no member), the next is
taken, a message whose blocks Slack refuses is said as plain text, and where Slack has a bad minute ("too many
requests", 5xx) it is tried again.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, TypeAlias, TypeVar

from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook import WebhookResponse
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot import logs
from bot.clock import Clock, SystemClock
from bot.commands.clusters import of_cluster
from bot.model.messages import Inline, Line, Link, Message, Text
from bot.model.people import MessageTs
from bot.outbox.refusals import Meaning, codes
from bot.slack import channels
from bot.slack.blocks import RenderedMessage, as_plain, render
from bot.slack.client import CALL_SECONDS, SlackTrouble, seconds, translated
from bot.slack.files import Files, SharedFile
from bot.slack.place import Place
from bot.slack.posting import OnePost

logger = logs.get(__name__)

_REFUSED_SHAPES = codes(Meaning.SHAPE)
_T = TypeVar("_T")
_Way: TypeAlias = Callable[[RenderedMessage], Awaitable[None]]

INSISTS_FOR = 150.0
"""Seconds for which an answer is tried again: what Slack asks to wait for is mostly a minute at most."""

_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 15.0
"""Seconds before the next try, where Slack does not say how long."""


async def drawn_or_plain(
    rendered: RenderedMessage, message: Message, send: Callable[[RenderedMessage], Awaitable[_T]]
) -> _T:
    """Send what was rendered; where Slack refuses its shape, the same in plain text.

    Nothing is said twice: what is refused for its shape was not posted.
    """
    try:
        return await send(rendered)
    except SlackTrouble as trouble:
        if trouble.code not in _REFUSED_SHAPES:
            raise
        logger.exception("slack_refused_blocks", code=trouble.code, details=trouble.details)
        return await send(replace(as_plain(message), metadata=rendered.metadata))


class Speaker:
    """Answers people. Raises nothing but mistakes of our own: what cannot be said is logged."""

    def __init__(self, client: AsyncWebClient, files: Files, clock: Clock | None = None) -> None:
        self._client = client
        self._files = files
        self._clock = clock or SystemClock()

    async def tell(self, place: Place, message: Message, *, replaces: bool = False) -> None:
        """Answer the person alone, where they asked; files go to their direct messages.

        With `replaces` the answer takes the place of the message whose button was pressed.
        """
        message = of_cluster(message, place.cluster)
        rendered = await self.with_private_files(place, render(message))
        ways = [self._by_response_url(place, replaces=replaces), self._ephemeral(place), self._direct(place)]
        if place.private_thread is not None and not replaces:
            # An answer by response_url may land outside the thread.
            ways = [ways[1], ways[0], ways[2]]
        if not await self._insist(lambda: self._any(ways, rendered, message)):
            logger.error("answer_lost", user=place.user, channel=place.channel, text=rendered.text[:200])

    async def _insist(self, attempt: Callable[[], Awaitable[SlackTrouble | None]]) -> bool:
        """Try until it is said (`attempt` gives None); False where there is no hope, or no time left."""
        give_up_at, usual = self._clock.monotonic() + INSISTS_FOR, _FIRST_PAUSE
        while (trouble := await attempt()) is not None:
            pause = usual if trouble.retry_after is None else trouble.retry_after
            if not trouble.passing or self._clock.monotonic() + pause > give_up_at:
                return False
            await self._clock.sleep(pause)
            usual = min(2 * usual, _LONGEST_PAUSE)
        return True

    async def _any(
        self, ways: list[_Way], rendered: RenderedMessage, message: Message
    ) -> SlackTrouble | None:
        """Try one way after the other; the trouble that is worth waiting for, else the last one.

        What one person alone sees leaves no trace to look for. Where Slack may have shown it and could not
        say so, it is said again: rather twice than not at all. A direct message, the last of the ways, can be
        looked for: once one may be there, there is no other way.
        """
        worst: SlackTrouble | None = None
        for way in tuple(ways):
            try:
                await drawn_or_plain(rendered, message, way)
            except SlackTrouble as trouble:
                logger.info("answer_took_another_way", code=trouble.code, details=trouble.details)
                worst = trouble if worst is None or not worst.passing else worst
                if way is ways[-1] and not trouble.refused:
                    del ways[:-1]
            else:
                return None
        return worst

    async def announce(self, place: Place, message: Message) -> bool:
        """Say it in the channel (or its thread), for all to see; False where nobody was told."""
        message = of_cluster(message, place.cluster)
        rendered = render(message)
        try:
            ts = await drawn_or_plain(rendered, message, self._publicly(place))
        except SlackTrouble as trouble:
            logger.info("announcement_took_another_way", code=trouble.code, details=trouble.details)
            if trouble.passing or not place.response_url:
                return False
            return await self._announce_by_response_url(place, message, rendered)
        await self._add_files(place, rendered, ts)
        return True

    async def _announce_by_response_url(
        self, place: Place, message: Message, rendered: RenderedMessage
    ) -> bool:
        if rendered.attachments:
            rendered = rendered.ending_with(
                (Text("The file is not here: podbot is not in this channel. Invite it, then ask again."),)
            )
        try:
            await drawn_or_plain(rendered, message, self._by_response_url(place, public=True))
        except SlackTrouble as trouble:
            logger.warning("announcement_lost", code=trouble.code, channel=place.channel)
            return False
        return True

    async def _add_files(self, place: Place, rendered: RenderedMessage, ts: MessageTs) -> None:
        if not rendered.attachments:
            return
        try:
            await self._files.add_to(place.channel, rendered.attachments, place.thread or ts)
        except SlackTrouble as trouble:
            logger.warning("files_lost", code=trouble.code, details=trouble.details)
            await self.tell(place, Message(text=_no_files(trouble)))

    async def with_private_files(self, place: Place, rendered: RenderedMessage) -> RenderedMessage:
        """The same with its files sent to the person's direct messages and linked at its end."""
        if not rendered.attachments:
            return rendered
        try:
            shared = await self._files.send_to(place.user, rendered.attachments)
        except SlackTrouble as trouble:
            logger.warning("files_lost", code=trouble.code, details=trouble.details)
            return rendered.ending_with((Text(_no_files(trouble)),))
        pictures = all(each.alt for each in rendered.attachments)
        return rendered.ending_with(_links(shared, "As a picture: " if pictures else "In full: "))

    def _by_response_url(
        self, place: Place, *, replaces: bool = False, public: bool = False
    ) -> Callable[[RenderedMessage], Awaitable[None]]:
        async def send(rendered: RenderedMessage) -> None:
            if not place.response_url:
                raise SlackTrouble("no_response_url", passing=False)
            body = _said(rendered) | {
                "response_type": "in_channel" if public else "ephemeral",
                "replace_original": replaces,
            }
            thread = place.thread if public else place.private_thread
            if thread is not None:
                body["thread_ts"] = thread
            hook = AsyncWebhookClient(
                place.response_url, timeout=CALL_SECONDS, session=self._client.session, retry_handlers=[]
            )
            hook.proxy = self._client.proxy
            with translated():
                answer = await hook.send_dict(body)
            _check_response(answer)

        return send

    def _ephemeral(self, place: Place) -> Callable[[RenderedMessage], Awaitable[None]]:
        async def send(rendered: RenderedMessage) -> None:
            if not place.channel:
                raise SlackTrouble("no_channel", passing=False)
            with translated():
                await self._client.chat_postEphemeral(
                    channel=place.channel, user=place.user, thread_ts=place.private_thread, **_said(rendered)
                )

        return send

    def _direct(self, place: Place) -> Callable[[RenderedMessage], Awaitable[None]]:
        once = OnePost(self._client, self._clock)

        async def send(rendered: RenderedMessage) -> None:
            channel = await channels.direct(self._client, place.user)
            if await once.stands(channel) is None:
                await once.post(channel, rendered, _said(rendered))

        return send

    def _publicly(self, place: Place) -> Callable[[RenderedMessage], Awaitable[MessageTs]]:
        async def send(rendered: RenderedMessage) -> MessageTs:
            with translated():
                answer = await self._client.chat_postMessage(
                    channel=place.channel, thread_ts=place.thread, **_said(rendered)
                )
            return MessageTs(answer["ts"])

        return send


def _check_response(answer: WebhookResponse) -> None:
    """Slack says `ok`, or what is wrong, as JSON or as a bare code."""
    try:
        said = json.loads(answer.body)
    except ValueError:
        said = {"ok": answer.status_code == 200, "error": answer.body.strip()[:100]}
    if answer.status_code != 200 or (isinstance(said, dict) and not said.get("ok", True)):
        code = said.get("error") if isinstance(said, dict) else None
        too_fast = answer.status_code == 429
        raise SlackTrouble(
            code or f"http_{answer.status_code}",
            passing=too_fast or answer.status_code >= 500,
            refused=too_fast,
            retry_after=seconds(answer.headers.get("Retry-After")),
        )


def _said(rendered: RenderedMessage) -> dict[str, Any]:
    # Addresses in a pod's output are not for Slack to visit.
    said: dict[str, Any] = {"text": rendered.text, "unfurl_links": False, "unfurl_media": False}
    if rendered.blocks:
        said["blocks"] = list(rendered.blocks)
    return said


def _links(files: tuple[SharedFile, ...], what: str) -> Line:
    line: list[Inline] = [Text(what)]
    for number, file in enumerate(files):
        if number:
            line.append(Text(", "))
        elsewhere = Text(f"{file.name} (in your messages from podbot)")
        line.append(Link(file.url, file.name) if file.url else elsewhere)
    return tuple(line)


def _no_files(trouble: SlackTrouble) -> str:
    why = "; ".join(trouble.details) if trouble.code == "missing_scope" else trouble.code
    return f"The file with everything could not be sent: Slack says {why}. Ask whoever installed podbot."
