"""What the outbox adds to messages, and says of its own accord. Pure."""

from __future__ import annotations

from datetime import datetime

from msgspec import structs

from bot.model.letters import Letter, LetterKey, Urgency
from bot.model.messages import Context, Message, Paragraph, plain
from bot.model.people import ChannelId
from bot.model.pods import ClusterName

OWN = ClusterName("")
"""Of no cluster: what podbot says about itself."""


def redirected(message: Message, meant_for: ChannelId, why: str) -> Message:
    """The message as it is said in another channel than the one it was meant for."""
    remark = f"Meant for the channel {meant_for}, which does not take it{f' ({why})' if why else ''}."
    if not message.blocks:
        return structs.replace(message, text=f"{message.text}\n{remark}")
    return structs.replace(message, blocks=(*message.blocks, Context(line=plain(remark))))


def as_last_resort(message: Message, why: str) -> str:
    """The message as the webhook tells it."""
    return f"{message.text}\n(By the webhook: podbot cannot say it in Slack itself: {why})"


def about_itself(subject: str, words: str, channel: ChannelId, revision: int, now: datetime) -> Letter:
    """A letter to the operator; one message for each subject, kept up to date."""
    return Letter(
        key=LetterKey(f"podbot/{subject}"),
        cluster=OWN,
        channel=channel,
        message=Message(text=words, blocks=(Paragraph(lines=(plain(words),)),)),
        revision=revision,
        urgency=Urgency.NORMAL,
        created_at=now,
    )
