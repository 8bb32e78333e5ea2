"""Files that go with a message: into a thread, or, as ephemeral messages hold none, to the asker alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.model.messages import Attachment
from bot.model.people import ChannelId, MessageTs, UserId
from bot.slack import channels
from bot.slack.client import translated


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedFile:
    """A file as it stands in Slack; `url` is empty where Slack did not say."""

    name: str
    url: str


class Files:
    """Uploads, through Slack's external upload flow. Every call raises `SlackTrouble` where Slack refuses."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client

    async def send_to(self, user: UserId, files: Sequence[Attachment]) -> tuple[SharedFile, ...]:
        """Into the direct messages between the bot and this person."""
        return await self.add_to(await channels.direct(self._client, user), files)

    async def add_to(
        self, channel: ChannelId, files: Sequence[Attachment], thread: MessageTs | None = None
    ) -> tuple[SharedFile, ...]:
        """Into a channel or a thread of it."""
        uploads = [
            {"filename": each.filename, "title": each.title, "content": each.content}
            | ({"alt_txt": each.alt} if each.alt else {})
            for each in files
        ]
        with translated():
            answer = await self._client.files_upload_v2(
                file_uploads=uploads, channel=channel, thread_ts=thread
            )
        uploaded: list[dict[str, Any]] = answer.get("files") or []
        urls = [str(each.get("permalink") or "") for each in uploaded]
        urls += [""] * (len(files) - len(urls))
        return tuple(SharedFile(name=each.filename, url=url) for each, url in zip(files, urls, strict=False))
