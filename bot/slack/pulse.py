"""Whether Slack really answers podbot, found out by asking; and where a message of it is in the browser."""

from __future__ import annotations

from slack_sdk.web.async_client import AsyncWebClient

from bot.model.people import ChannelId, MessageTs
from bot.slack.client import SlackTrouble, translated


class SlackPulse:
    """Implements `bot.ops.pulse.Ask` by `auth.test`, of which Slack takes hundreds a minute."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client
        self._workspace = ""

    async def ask(self) -> str:
        """Ask once; why Slack does not answer as it should, empty where it does."""
        try:
            with translated():
                answer = await self._client.auth_test()
        except SlackTrouble as trouble:
            return str(trouble)
        self._workspace = str(answer.get("url") or "")
        return ""

    def permalink(self, channel: ChannelId, ts: MessageTs) -> str:
        """The message's address, as `chat.getPermalink` gives it; empty before Slack has answered once."""
        if not self._workspace:
            return ""
        return f"{self._workspace.rstrip('/')}/archives/{channel}/p{ts.replace('.', '')}"
