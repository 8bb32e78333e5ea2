"""The workspace itself: people, channels, messages and what happens to them, without a network.

Everything that changes passes through here, so that the live feed and the app's events see each change once.
The servers around it (`web_api`, `delivery`, `page_api`) translate between the wire and these methods.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from bot.playground.workspace import mrkdwn
from bot.playground.workspace.decoration import decorated
from bot.playground.workspace.feed import Feed
from bot.playground.workspace.files import FileStore
from bot.playground.workspace.messages import Message, MessageStore
from bot.playground.workspace.pace import Pace
from bot.playground.workspace.people import Channel, ChannelKind, User, UserGroup
from bot.playground.workspace.refusals import Refused
from bot.playground.workspace.response_urls import ResponseUrlBook
from bot.playground.workspace.rules.messages import Content
from bot.playground.workspace.settings import WorkspaceSettings
from bot.playground.workspace.triggers import TriggerBook
from bot.playground.workspace.views import ViewStore
from bot.playground.workspace.wire import ChannelId, Clock, FileId, Json, Ts, UserGroupId, UserId


class Workspace:
    """One Slack workspace with one app installed.

    Args:
        settings: People, channels, the app.
        clock: Seconds since the epoch; rate limits, triggers and response URLs go by it.

    Attributes:
        scopes: What the app is granted now; assign to grant or take away.
        revoked: Tokens that are no longer valid.
        on_message: Told of every message that people or the app post for all to see.
    """

    def __init__(self, settings: WorkspaceSettings, *, clock: Clock = time.time) -> None:
        self.settings = settings
        self.app = settings.app
        self.clock = clock
        self.scopes = settings.app.scopes
        self.revoked: set[str] = set()
        self.users: dict[UserId, User] = {user.id: user for user in settings.people}
        self.usergroups: dict[UserGroupId, UserGroup] = {group.id: group for group in settings.usergroups}
        self.channels: dict[ChannelId, Channel] = {channel.id: channel for channel in settings.channels}
        self.messages = MessageStore(clock)
        self.files = FileStore()
        self.views = ViewStore(clock)
        self.triggers = TriggerBook(clock)
        self.response_urls = ResponseUrlBook(clock)
        self.pace = Pace(settings.pace, clock)
        self.feed = Feed()
        self.on_message: Callable[[Message], None] = _nobody_listens
        self._ids = 0

    # People and places

    def user(self, user_id: str) -> User:
        """The user, or the refusal `user_not_found`."""
        user = self.users.get(UserId(user_id))
        if user is None:
            raise Refused("user_not_found")
        return user

    def channel(self, name_or_id: str) -> Channel:
        """A channel by id or name, or a person's direct messages with the app by user id.

        Raises:
            Refused: `channel_not_found`.
        """
        found = self.channels.get(ChannelId(name_or_id))
        if found is None:
            name = name_or_id.removeprefix("#")
            named = (c for c in self.channels.values() if c.name == name and c.kind is not ChannelKind.IM)
            found = next(named, None)
        if found is None and UserId(name_or_id) in self.users and name_or_id != self.app.user_id:
            found = self.direct_messages(UserId(name_or_id))
        if found is None:
            raise Refused("channel_not_found")
        return found

    def direct_messages(self, user_id: UserId) -> Channel:
        """The direct messages between a person and the app, opened at first use."""
        channel_id = ChannelId(f"D{user_id.removeprefix('U')}")
        if channel_id not in self.channels:
            self.channels[channel_id] = Channel(
                id=channel_id,
                name=self.user(user_id).name,
                kind=ChannelKind.IM,
                members=frozenset({user_id, self.app.user_id}),
            )
        return self.channels[channel_id]

    def join(self, channel: Channel, user_id: UserId) -> Channel:
        """Makes the user a member."""
        return self.change_channel(replace(channel, members=channel.members | {user_id}))

    def change_channel(self, channel: Channel) -> Channel:
        """Puts a channel's new state (members, archived, topic) in place of the old."""
        self.channels[channel.id] = channel
        return channel

    def readers(self, channel: Channel) -> frozenset[UserId] | None:
        """Who sees the channel: its members, or everybody (None) where it is public."""
        return None if channel.kind is ChannelKind.PUBLIC else channel.members

    def mentions(self) -> dict[str, str]:
        """What typed names stand for, sign included."""
        people = {f"@{user.name}": f"<@{user.id}>" for user in self.users.values()}
        groups = {f"@{g.handle}": f"<!subteam^{g.id}|@{g.handle}>" for g in self.usergroups.values()}
        named = (c for c in self.channels.values() if c.kind is not ChannelKind.IM)
        return {**people, **groups, **{f"#{c.name}": f"<#{c.id}|{c.name}>" for c in named}}

    # Messages

    def post_as_app(
        self,
        channel: Channel,
        content: Content,
        *,
        thread_ts: Ts | None = None,
        broadcast: bool = False,
        ephemeral_to: UserId | None = None,
        files: tuple[FileId, ...] = (),
    ) -> Message:
        """Posts what the app says, changed as Slack changes it.

        A reply to what is not there any more stands in the channel, without a word of Slack's about it
        (slack-go/slack#1571); what is for one person alone is shown nowhere where nobody has replied yet.
        """
        parent = None if thread_ts is None else self._parent(channel.id, thread_ts)
        root = None if parent is None else parent.thread_ts or parent.ts
        message = Message(
            ts=self.messages.new_ts(),
            channel=channel.id,
            user=self.app.user_id,
            bot_id=self.app.bot_id,
            text=mrkdwn.stored(content.text),
            blocks=decorated(content.blocks, self.new_id),
            metadata=content.metadata,
            thread_ts=root,
            broadcast=broadcast and root is not None,
            ephemeral_to=ephemeral_to,
            files=files,
        )
        if ephemeral_to is not None and thread_ts is not None:
            unseen = root is None or not self.messages.replies(channel.id, root)
            return message if unseen else self._post(message)
        return self._post(message)

    def post_as_person(
        self, channel: Channel, user_id: UserId, text: str, *, thread_ts: Ts | None = None
    ) -> Message:
        """Posts what a person typed, names turned into mentions.

        Raises:
            Refused: `thread_not_found`, which no page offers to reply to.
        """
        parent = None if thread_ts is None else self._parent(channel.id, thread_ts)
        if thread_ts is not None and parent is None:
            raise Refused("thread_not_found")
        return self._post(
            Message(
                ts=self.messages.new_ts(),
                channel=channel.id,
                user=user_id,
                text=mrkdwn.typed(text, self.mentions()),
                thread_ts=None if parent is None else parent.thread_ts or parent.ts,
            )
        )

    def _parent(self, channel: ChannelId, thread_ts: Ts) -> Message | None:
        """The message that would be replied to, or a reply in its thread; None where there is none."""
        found = self.messages.get(channel, thread_ts)
        return None if found is None or found.ephemeral_to is not None else found

    def _post(self, message: Message) -> Message:
        self.messages.put(message)
        self._publish("message", message)
        if message.ephemeral_to is None:
            self.on_message(message)
        self._refresh_parent(message)
        return message

    def _refresh_parent(self, message: Message) -> None:
        """The parent of a thread shows how many replies it has."""
        if not message.is_reply or message.ephemeral_to is not None or message.thread_ts is None:
            return
        parent = self.messages.get(message.channel, message.thread_ts)
        if parent is not None:
            if parent.thread_ts is None:
                parent = replace(parent, thread_ts=parent.ts)
                self.messages.put(parent)
            self._publish("message_changed", parent)

    def edit(self, message: Message, content: Content) -> Message:
        """Replaces what the app's message says, in its place."""
        edited = replace(
            message,
            text=mrkdwn.stored(content.text),
            blocks=decorated(content.blocks, self.new_id),
            metadata=content.metadata,
            edited=self.messages.new_ts(),
            edited_by=self.app.user_id,
        )
        self.change(edited)
        return edited

    def change(self, message: Message) -> None:
        """Puts a message's new state in place of the old and shows it."""
        self.messages.put(message)
        self._publish("message_changed", message)

    def delete(self, message: Message) -> None:
        """Takes a message away; one with replies leaves a tombstone, as in Slack."""
        if message.ephemeral_to is None and self.messages.replies(message.channel, message.ts):
            self.change(
                replace(
                    message,
                    text="This message was deleted.",
                    blocks=(),
                    metadata=None,
                    files=(),
                    tombstone=True,
                )
            )
            return
        self.messages.remove(message.channel, message.ts)
        event = {"type": "message_deleted", "channel": message.channel, "ts": message.ts}
        self.feed.publish(event, self._who_sees(message))
        self._refresh_parent(message)

    def notify(self, user_id: UserId, text: str) -> None:
        """Tells one person something that is not a message, such as a failed command."""
        self.feed.publish({"type": "notice", "text": text}, frozenset({user_id}))

    def _publish(self, kind: str, message: Message) -> None:
        event: Json = {"type": kind, "channel": message.channel, "message": message}
        self.feed.publish(event, self._who_sees(message))

    def _who_sees(self, message: Message) -> frozenset[UserId] | None:
        if message.ephemeral_to is not None:
            return frozenset({message.ephemeral_to})
        return self.readers(self.channels[message.channel])

    def new_id(self) -> str:
        """A short id as Slack fills in for blocks and actions."""
        self._ids += 1
        return f"b{self._ids:05d}"


def _nobody_listens(_message: Message) -> None:
    """No app is served yet."""
