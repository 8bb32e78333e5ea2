"""What podbot can be told by variables: one frozen class for all, and one for each part read alone."""

from __future__ import annotations

from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from bot.logs import LogFormat
from bot.settings.shapes import (
    ApiBase,
    AppToken,
    BotToken,
    ClusterLabel,
    DatabaseUrl,
    HostAndPort,
    HttpUrl,
    Listed,
    Lowered,
    Namespaces,
    ObjectName,
    Retention,
    SecretUrl,
    SlackChannel,
)


class LogLevel(Enum):
    """How much is logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Sources(BaseModel):
    """Which cluster and which policy file: the settings that are checked before anything runs."""

    model_config = ConfigDict(frozen=True, extra="ignore", validate_by_name=True, hide_input_in_errors=True)

    kubeconfig: str | None = Field(
        default=None, alias="KUBECONFIG", description="The kubeconfig file; default `~/.kube/config`."
    )
    kube_contexts: Listed = Field(
        default=(),
        alias="PODBOT_KUBE_CONTEXTS",
        description="The kube contexts to serve, the default first; default: in-cluster, else the current.",
    )
    kube_api_url: HttpUrl | None = Field(
        default=None,
        alias="PODBOT_KUBE_API_URL",
        description="An API server reached without credentials, as `kubectl proxy` gives.",
    )
    cluster_name: ClusterLabel | None = Field(
        default=None,
        alias="PODBOT_CLUSTER_NAME",
        description="What the cluster is called, where there is one; default: by its context or address.",
    )
    policy: Path | None = Field(
        default=None,
        alias="PODBOT_POLICY",
        description="The YAML policy file, hot-reloaded; without it only `help`, `whoami` and `can-i` work.",
    )
    config: Path | None = Field(
        default=None,
        alias="PODBOT_CONFIG",
        description="The YAML file of routes, escalations, working hours, times and limits, hot-reloaded.",
    )


class Storage(BaseModel):
    """Where podbot keeps what it knows; all that the commands about the store need."""

    model_config = ConfigDict(frozen=True, extra="ignore", validate_by_name=True, hide_input_in_errors=True)

    database_url: DatabaseUrl = Field(
        default=SecretStr("sqlite+aiosqlite:///podbot.db"),
        alias="PODBOT_DATABASE_URL",
        description="The store: `sqlite+aiosqlite:///FILE` or `postgresql://USER:PASSWORD@HOST/DATABASE`.",
    )
    retention: Retention = Field(
        default=timedelta(days=30),
        alias="PODBOT_RETENTION",
        description="How long what is over is kept (`30d`, `72h`).",
    )


class Settings(Sources, Storage):
    """Everything that `podbot run` can be told; the README's table is tested against it."""

    slack_bot_token: BotToken = Field(
        alias="SLACK_BOT_TOKEN", description="Bot token of the Slack app (`xoxb-…`)."
    )
    slack_app_token: AppToken | None = Field(
        default=None,
        alias="SLACK_APP_TOKEN",
        description="App-level token (`xapp-…`) with `connections:write`; with it, podbot uses Socket Mode.",
    )
    slack_signing_secret: SecretStr | None = Field(
        default=None,
        alias="SLACK_SIGNING_SECRET",
        description="Without an app token: HTTP mode. Slack posts to `/slack/events`, signatures required.",
    )
    slack_api_url: ApiBase = Field(
        default="https://slack.com/api/",
        alias="SLACK_API_URL",
        description="Base of Slack's Web API; ends in `/`.",
    )
    namespaces: Namespaces = Field(
        default=(), alias="PODBOT_NAMESPACES", description="Namespaces to watch and serve; default all."
    )
    alert_channel: SlackChannel = Field(
        alias="PODBOT_ALERT_CHANNEL", description="Id of the channel that is told when pods die."
    )
    fallback_webhook: SecretUrl | None = Field(
        default=None,
        alias="PODBOT_FALLBACK_WEBHOOK",
        description="A Slack-compatible incoming webhook that is told where Slack refuses podbot itself.",
    )
    delete_at_once: Annotated[int, Field(ge=1, le=50)] = Field(
        default=10,
        alias="PODBOT_DELETE_AT_ONCE",
        description="The most pods that one `delete` may take; 50 at most, as a dialog has no room for more.",
    )
    delete_per_person: Annotated[int, Field(ge=1)] = Field(
        default=30,
        alias="PODBOT_DELETE_PER_PERSON",
        description="The most pods that one person may delete within 10 minutes.",
    )
    lease_seconds: Annotated[int, Field(ge=5, le=300)] = Field(
        default=10,
        alias="PODBOT_LEASE_SECONDS",
        description="With several replicas: how long after a leader's last sign of life another takes over.",
    )
    lease_namespace: ObjectName | None = Field(
        default=None,
        alias="PODBOT_LEASE_NAMESPACE",
        description="Where the lease is, in each cluster; default: podbot's own, else the kube context's.",
    )
    lease_name: ObjectName = Field(
        default="podbot",
        alias="PODBOT_LEASE_NAME",
        description="What it is called: the same for replicas of one store, another for another store.",
    )
    http_addr: HostAndPort = Field(
        default="127.0.0.1:8080",
        alias="PODBOT_HTTP_ADDR",
        description="Where health and, in HTTP mode, Slack's requests are served.",
    )
    log_level: Annotated[LogLevel, Lowered] = Field(
        default=LogLevel.INFO,
        alias="PODBOT_LOG_LEVEL",
        description="`debug`, `info`, `warning` or `error`.",
    )
    log_format: Annotated[LogFormat, Lowered] = Field(
        default=LogFormat.JSON, alias="PODBOT_LOG_FORMAT", description="`json` or `console`."
    )

    @property
    def http_host(self) -> str:
        """The host to listen on."""
        return self.http_addr.rpartition(":")[0].strip("[]")

    @property
    def http_port(self) -> int:
        """The port to listen on; 0 lets the system choose."""
        return int(self.http_addr.rpartition(":")[2])
