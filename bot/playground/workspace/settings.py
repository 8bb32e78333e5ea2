"""The workspace's settings: the installed app, its tokens and scopes, the pace, where the app is reached."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.playground.workspace.people import Channel, User, UserGroup
from bot.playground.workspace.rules import limits
from bot.playground.workspace.wire import UserId

PODBOT = UserId("U01PODBOT")

DEFAULT_SCOPES = frozenset(
    {
        "app_mentions:read",
        "channels:history",
        "chat:write",
        "commands",
        "files:write",
        "groups:history",
        "im:history",
        "im:write",
        "usergroups:read",
        "users:read",
    }
)
"""What podbot's manifest asks for."""

DEFAULT_EVENTS = frozenset({"app_mention", "message.im", "app_home_opened"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A slash command of the app, its name with the slash."""

    command: str
    description: str
    usage_hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortcut:
    """A message shortcut of the app."""

    name: str
    callback_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AppSettings:
    """The one app installed in the workspace.

    Attributes:
        user_id: The bot user's id; the user itself is among the workspace's people.
        events: Subscribed events, such as `app_mention`, `message.im`, `message.channels`, `app_home_opened`.
        request_url: Where signed HTTP deliveries go; None means Socket Mode.
    """

    app_id: str = "A01PODBOT"
    bot_id: str = "B01PODBOT"
    user_id: UserId = PODBOT
    bot_token: str = "xoxb-playground-bot"
    app_token: str = "xapp-playground-app"
    signing_secret: str = "playground-signing-secret"
    verification_token: str = "playground-verification"
    scopes: frozenset[str] = DEFAULT_SCOPES
    events: frozenset[str] = DEFAULT_EVENTS
    commands: tuple[Command, ...] = ()
    shortcuts: tuple[Shortcut, ...] = ()
    request_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaceSettings:
    """How fast the app may call.

    Attributes:
        posts_per_second: Refill of a channel's allowance for `chat.postMessage`.
        post_burst: How many posts a channel takes at once after a rest.
        window_seconds: The span over which a method's tier counts its calls.
    """

    posts_per_second: float = 1.0
    post_burst: int = 4
    window_seconds: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverySettings:
    """How long the workspace waits for the app, in seconds.

    Attributes:
        ack_seconds: For each envelope or request.
        event_retry_seconds: The pause before each redelivery of an event that was not acknowledged.
        heartbeat_seconds: Between pings on a Socket Mode connection.
    """

    ack_seconds: float = limits.ACK_SECONDS
    event_retry_seconds: tuple[float, ...] = (0.0, 60.0, 300.0)
    heartbeat_seconds: float = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceSettings:
    """Everything a workspace starts with.

    Attributes:
        panel_url: Base address of the cluster's panel, handed to the page as it is.
    """

    team_id: str = "T01PODBOT"
    name: str = "Podbot Playground"
    domain: str = "podbot-playground"
    app: AppSettings = field(default_factory=AppSettings)
    people: tuple[User, ...] = ()
    channels: tuple[Channel, ...] = ()
    usergroups: tuple[UserGroup, ...] = ()
    panel_url: str | None = None
    pace: PaceSettings = field(default_factory=PaceSettings)
    delivery: DeliverySettings = field(default_factory=DeliverySettings)
