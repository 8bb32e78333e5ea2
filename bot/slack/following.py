"""Followed logs: each is one message in the asker's direct messages, updated at Slack's pace until it ends.

Replies that one person alone sees cannot be updated for ten minutes (an address for them is good for five
uses), and logs are not for a whole channel: so a follow is shown where podbot and its asker are alone.
"""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from slack_sdk.web.async_client import AsyncWebClient

from bot import logs
from bot.clock import Clock
from bot.commands.clusters import of_cluster
from bot.commands.followed_logs import follow_begun, followed_logs, transcript
from bot.errors import UserError
from bot.model.commands import FollowLogs, StopFollowing
from bot.model.log_answers import FollowEnd
from bot.model.messages import Line, Link, Message, Text
from bot.model.people import Asker, ChannelId, MessageTs, UserId
from bot.pods.log_feed import LogFeed
from bot.pods.ports import Claims
from bot.slack import channels
from bot.slack.blocks import RenderedMessage, render
from bot.slack.client import SlackTrouble, translated
from bot.slack.files import Files
from bot.slack.intake import Stopping
from bot.slack.place import Place
from bot.slack.speaker import Speaker, drawn_or_plain
from bot.slack.stops import Stops

UPDATE_EVERY = 2.0
"""Seconds between two updates of all followed logs together. Slack takes some fifty `chat.update`s a minute
of an app, and incidents need some of them."""

_FIRST_LINES_WITHIN = 0.5
"""Seconds that the first message waits for lines that are there already."""

_LAST_TRIES = 3
_LONGEST_PAUSE = 30.0

logger = logs.get(__name__)


class Followable(Protocol):
    """The pod service, as far as following needs it."""

    def follow_logs(self, asker: Asker, command: FollowLogs) -> AbstractAsyncContextManager[LogFeed]:
        """A followed log, begun and on record; whoever shows it awaits its `run`."""
        ...


class NotShown(UserError):
    """There is no place to show a followed log."""

    def __init__(self, trouble: SlackTrouble) -> None:
        super().__init__(
            f"podbot cannot write to your direct messages ({trouble.code}), where a followed log is shown. "
            "Nothing was started. Without `-f` the log is there."
        )


@dataclass(frozen=True, slots=True)
class _Shown:
    """The message of one follow."""

    channel: ChannelId
    ts: MessageTs


class LogStreams:
    """Shows followed logs, and owns the tasks that do."""

    def __init__(
        self,
        *,
        client: AsyncWebClient,
        clock: Clock,
        claims: Claims | None = None,
        update_every: float = UPDATE_EVERY,
    ) -> None:
        """With `claims` a follow can be stopped at any replica, without it at its own."""
        self._stops = Stops(claims, clock)
        self._client = client
        self._clock = clock
        self._files = Files(client)
        self._speaker = Speaker(client, self._files, clock)
        self._update_every = update_every
        self._next_update = 0.0
        self._streams: dict[asyncio.Task[None], LogFeed | None] = {}
        self._closing = False

    async def begin(self, pods: Followable, asker: Asker, place: Place, command: FollowLogs) -> None:
        """Begin a follow, and tell its asker where to look; returns once it is shown.

        Raises what the service raises, `NotShown` and `Stopping`.
        """
        if self._closing:
            raise Stopping(begun=False)
        begun: asyncio.Future[_Shown] = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(
            self._stream(pods, asker, place, command, begun),
            name=f"follow for {asker.person.id} ({asker.request})",
        )
        self._streams[task] = None
        task.add_done_callback(self._streams.pop)
        try:
            shown = await begun
        except BaseException:
            task.cancel()  # whoever asked waited too long, or was told why it did not begin
            raise
        if shown.channel != place.channel:
            await self._speaker.tell(place, follow_begun(await self._link(shown)))

    async def stopped_elsewhere(self, asker: Asker, command: StopFollowing) -> bool:
        """Whether another replica has ended a follow that is not known here; takes some seconds."""
        return await self._stops.elsewhere(asker, command)

    async def close(self, seconds: float) -> None:
        """End every follow, saying so in its message; after `seconds` without saying so."""
        self._closing = True
        streams = dict(self._streams)
        for task, feed in streams.items():
            if feed is None:
                task.cancel()
            else:
                feed.finish(FollowEnd.SHUTDOWN)
        if streams:
            _, late = await asyncio.wait(streams, timeout=seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _stream(
        self,
        pods: Followable,
        asker: Asker,
        place: Place,
        command: FollowLogs,
        begun: asyncio.Future[_Shown],
    ) -> None:
        try:
            async with pods.follow_logs(asker, command) as feed:
                task = asyncio.current_task()
                if task is not None:
                    self._streams[task] = feed
                await self._read_and_show(place, feed, begun)
        except Exception as error:
            if begun.done():
                logger.exception("follow_failed", request=asker.request, user=asker.person.id)
            else:
                begun.set_exception(error)
        finally:
            if not begun.done():
                begun.set_exception(Stopping(begun=False))

    async def _read_and_show(self, place: Place, feed: LogFeed, begun: asyncio.Future[_Shown]) -> None:
        reading = asyncio.create_task(feed.run(), name=f"{feed.follow}: feed")
        heeding = asyncio.create_task(self._stops.heed(feed), name=f"{feed.follow}: stopped elsewhere")
        try:
            await _within(feed.changed, _FIRST_LINES_WITHIN)
            try:
                shown = await self._post(place.user, of_cluster(followed_logs(feed.told()), place.cluster))
            except SlackTrouble as trouble:
                raise NotShown(trouble) from trouble
            if not begun.done():
                begun.set_result(shown)
            await self._show(feed, shown, place)
            await reading
        finally:
            reading.cancel()
            heeding.cancel()
            await asyncio.gather(reading, heeding, return_exceptions=True)

    async def _show(self, feed: LogFeed, shown: _Shown, place: Place) -> None:
        """Update the message whenever there is something new and it is this one's turn, until the end."""
        failures = 0
        while True:
            await feed.changed.wait()
            await self._turn(feed)
            feed.changed.clear()
            told = feed.told()
            try:
                await self._update(shown, of_cluster(followed_logs(told), place.cluster))
            except SlackTrouble as trouble:
                if not trouble.passing:
                    # Its message was deleted, or podbot may not write there any more: nobody sees it.
                    logger.info("follow_not_shown", code=trouble.code, follow=feed.follow)
                    feed.finish(FollowEnd.STOPPED)
                    return
                failures += 1
                if told.end is None or failures < _LAST_TRIES:
                    feed.changed.set()
                    await self._pause(trouble, failures)
                    continue
                logger.warning("follow_end_not_shown", code=trouble.code, follow=feed.follow)
            failures = 0
            if told.end is not None:
                break
        if told.end is not FollowEnd.SHUTDOWN:
            await self._keep(feed, shown)

    async def _turn(self, feed: LogFeed) -> None:
        """Wait for this message's turn among all; what has ended says so at once."""
        now = self._clock.monotonic()
        turn = max(now, self._next_update)
        self._next_update = turn + self._update_every
        await _within(feed.ended, turn - now)

    async def _pause(self, trouble: SlackTrouble, failures: int) -> None:
        """Leave Slack alone for a while, with all messages: its limits are those of the app."""
        seconds = min(trouble.retry_after or 2.0**failures, _LONGEST_PAUSE)
        self._next_update = max(self._next_update, self._clock.monotonic() + seconds)
        await self._clock.sleep(seconds)

    async def _post(self, user: UserId, message: Message) -> _Shown:
        channel = await channels.direct(self._client, user)

        async def send(rendered: RenderedMessage) -> _Shown:
            with translated():
                answer = await self._client.chat_postMessage(
                    channel=channel, **rendered.content, unfurl_links=False, unfurl_media=False
                )
            return _Shown(channel, MessageTs(answer["ts"]))

        return await drawn_or_plain(render(message), message, send)

    async def _update(self, shown: _Shown, message: Message) -> None:
        async def send(rendered: RenderedMessage) -> None:
            with translated():
                await self._client.chat_update(channel=shown.channel, ts=shown.ts, **rendered.content)

        await drawn_or_plain(render(message), message, send)

    async def _keep(self, feed: LogFeed, shown: _Shown) -> None:
        """Put all lines that came into the message's thread, where the message cannot hold them."""
        whole = transcript(feed.told())
        if whole is None:
            return
        try:
            await self._files.add_to(shown.channel, (whole,), shown.ts)
        except SlackTrouble as trouble:
            logger.warning("files_lost", code=trouble.code, details=trouble.details, follow=feed.follow)

    async def _link(self, shown: _Shown) -> Line:
        try:
            with translated():
                answer = await self._client.chat_getPermalink(channel=shown.channel, message_ts=shown.ts)
            return (Link(str(answer["permalink"]), "open it"),)
        except SlackTrouble as trouble:
            logger.info("no_permalink", code=trouble.code)
            return (Text("look there"),)


async def _within(event: asyncio.Event, seconds: float) -> None:
    """Wait for an event, but no longer."""
    try:
        async with asyncio.timeout(max(seconds, 0.0)):
            await event.wait()
    except TimeoutError:
        return
