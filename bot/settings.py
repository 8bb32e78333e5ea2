"""Settings: a mapping of environment variables to one frozen value, or the list of all that is wrong.

Nothing here reads the environment; `bot.cli` does, once, and hands the mapping in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
)
from pydantic_core import ErrorDetails

from bot.errors import PodbotError
from bot.logs import LogFormat
from bot.model import durations
from bot.store import address
from bot.store.failures import StoreUnusable


class SettingsWrong(PodbotError):
    """`problems` has one line for each thing that is wrong, beginning with the variable's name."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class LogLevel(Enum):
    """How much is logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


def _listed(value: object) -> object:
    if not isinstance(value, str):
        return value
    # Each once: a namespace named twice would be listed and watched twice.
    parts = dict.fromkeys(part.strip() for part in value.split(",") if part.strip())
    if not parts:
        raise ValueError("it names nothing; leave it empty for the default")
    return tuple(parts)


def _lowered(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def _namespaces(values: tuple[str, ...]) -> tuple[str, ...]:
    wrong = [each for each in values if not _NAMESPACE.fullmatch(each)]
    if wrong:
        raise ValueError(f"no namespace can be called {wrong[0][:63]!r}; name them, separated by commas")
    return values


def _name(value: str) -> str:
    if not _NAMESPACE.fullmatch(value):
        raise ValueError("nothing can be called so: lower-case letters, digits and - only")
    return value


def _cluster_name(value: str) -> str:
    if not _CLUSTER_NAME.fullmatch(value):
        raise ValueError("letters, digits, - . _ and : only, 63 at most, a letter or digit first")
    return value


def _address(value: str) -> str:
    host, colon, port = value.rpartition(":")
    if not (colon and host and port.isdecimal() and len(port) <= 5 and int(port) < 65536):
        raise ValueError("write it as HOST:PORT, for example 127.0.0.1:8080")
    return value


def _http_url(value: str) -> str:
    if not value.startswith(("http://", "https://")):
        raise ValueError("it must begin with http:// or https://")
    parts = urlsplit(value)
    if not parts.hostname or any(letter.isspace() for letter in value):
        raise ValueError("it is no URL")
    if "@" in parts.netloc:
        raise ValueError("it must hold no user or password: podbot prints it")
    return value


def _secret_url(value: SecretStr) -> SecretStr:
    parts = urlsplit(value.get_secret_value())
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("it must be a URL that begins with https://, or http://")
    return value


def _starting_with(prefix: str, kind: str) -> AfterValidator:
    def check(value: SecretStr) -> SecretStr:
        if not value.get_secret_value().startswith(prefix):
            raise ValueError(f"{kind} begins with {prefix}")
        return value

    return AfterValidator(check)


def _ends_in_slash(value: str) -> str:
    if not value.endswith("/"):
        raise ValueError("it must end in /")
    return value


def _database_url(value: SecretStr) -> SecretStr:
    try:
        address.parse(value.get_secret_value())
    except StoreUnusable as problem:
        raise ValueError(str(problem)) from None
    return value


def _duration(value: object) -> object:
    return durations.parse(value) if isinstance(value, str) else value


def _a_day_at_least(value: timedelta) -> timedelta:
    if value < timedelta(days=1):
        raise ValueError("keep at least a day (1d)")
    return value


_NAMESPACE = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")  # RFC 1123 label, as the API server asks for
_CLUSTER_NAME = re.compile(r"[A-Za-z0-9][-A-Za-z0-9._:]{0,62}")

Listed = Annotated[tuple[str, ...], BeforeValidator(_listed)]


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
    kube_api_url: Annotated[str, AfterValidator(_http_url)] | None = Field(
        default=None,
        alias="PODBOT_KUBE_API_URL",
        description="An API server reached without credentials, as `kubectl proxy` gives.",
    )
    cluster_name: Annotated[str, AfterValidator(_cluster_name)] | None = Field(
        default=None,
        alias="PODBOT_CLUSTER_NAME",
        description="What the cluster is called, where there is one; default: by its context or address.",
    )
    policy: Path | None = Field(
        default=None,
        alias="PODBOT_POLICY",
        description="The YAML policy file, hot-reloaded; without it only `help` and `whoami` are allowed.",
    )
    config: Path | None = Field(
        default=None,
        alias="PODBOT_CONFIG",
        description="The YAML file of routes, escalations, working hours, times and limits, hot-reloaded.",
    )


class Storage(BaseModel):
    """Where podbot keeps what it knows; all that the commands about the store need."""

    model_config = ConfigDict(frozen=True, extra="ignore", validate_by_name=True, hide_input_in_errors=True)

    database_url: Annotated[SecretStr, AfterValidator(_database_url)] = Field(
        default=SecretStr("sqlite+aiosqlite:///podbot.db"),
        alias="PODBOT_DATABASE_URL",
        description="The store: `sqlite+aiosqlite:///FILE` or `postgresql://USER:PASSWORD@HOST/DATABASE`.",
    )
    retention: Annotated[timedelta, BeforeValidator(_duration), AfterValidator(_a_day_at_least)] = Field(
        default=timedelta(days=30),
        alias="PODBOT_RETENTION",
        description="How long what is over is kept (`30d`, `72h`).",
    )


class Settings(Sources, Storage):
    """Everything that `podbot run` can be told; the README's table is tested against it."""

    slack_bot_token: Annotated[SecretStr, _starting_with("xoxb-", "a bot token")] = Field(
        alias="SLACK_BOT_TOKEN", description="Bot token of the Slack app (`xoxb-…`)."
    )
    slack_app_token: Annotated[SecretStr, _starting_with("xapp-", "an app-level token")] | None = Field(
        default=None,
        alias="SLACK_APP_TOKEN",
        description="App-level token (`xapp-…`) with `connections:write`; with it, podbot uses Socket Mode.",
    )
    slack_signing_secret: SecretStr | None = Field(
        default=None,
        alias="SLACK_SIGNING_SECRET",
        description="Without an app token: HTTP mode. Slack posts to `/slack/events`, signatures required.",
    )
    slack_api_url: Annotated[str, AfterValidator(_http_url), AfterValidator(_ends_in_slash)] = Field(
        default="https://slack.com/api/",
        alias="SLACK_API_URL",
        description="Base of Slack's Web API; ends in `/`.",
    )
    namespaces: Annotated[Listed, AfterValidator(_namespaces)] = Field(
        default=(), alias="PODBOT_NAMESPACES", description="Namespaces to watch and serve; default all."
    )
    alert_channel: Annotated[str, Field(pattern=r"^[CG][A-Z0-9]+$")] = Field(
        alias="PODBOT_ALERT_CHANNEL", description="Id of the channel that is told when pods die."
    )
    fallback_webhook: Annotated[SecretStr, AfterValidator(_secret_url)] | None = Field(
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
    lease_namespace: Annotated[str, AfterValidator(_name)] | None = Field(
        default=None,
        alias="PODBOT_LEASE_NAMESPACE",
        description="Where the lease is, in each cluster; default: podbot's own, else the kube context's.",
    )
    lease_name: Annotated[str, AfterValidator(_name)] = Field(
        default="podbot",
        alias="PODBOT_LEASE_NAME",
        description="What it is called: the same for replicas of one store, another for another store.",
    )
    http_addr: Annotated[str, AfterValidator(_address)] = Field(
        default="127.0.0.1:8080",
        alias="PODBOT_HTTP_ADDR",
        description="Where health and, in HTTP mode, Slack's requests are served.",
    )
    log_level: Annotated[LogLevel, BeforeValidator(_lowered)] = Field(
        default=LogLevel.INFO,
        alias="PODBOT_LOG_LEVEL",
        description="`debug`, `info`, `warning` or `error`.",
    )
    log_format: Annotated[LogFormat, BeforeValidator(_lowered)] = Field(
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


def load(environment: Mapping[str, str]) -> Settings:
    """The settings of an environment; empty variables count as not set. Raises `SettingsWrong`."""
    given = _given(environment)
    problems = _contradictions(given)
    try:
        settings = Settings.model_validate(given)
    except ValidationError as error:
        problems = [*map(_problem, error.errors()), *problems]
    if problems:
        raise SettingsWrong(tuple(problems)) from None
    return settings


def load_sources(environment: Mapping[str, str]) -> Sources | None:
    """The sources alone, whatever is wrong with the rest; None where it is they that are wrong."""
    try:
        return Sources.model_validate(_given(environment))
    except ValidationError:
        return None


def load_storage(environment: Mapping[str, str]) -> Storage:
    """Where the store is, whatever is wrong with the rest. Raises `SettingsWrong`."""
    try:
        return Storage.model_validate(_given(environment))
    except ValidationError as error:
        raise SettingsWrong(tuple(map(_problem, error.errors()))) from None


def _given(environment: Mapping[str, str]) -> dict[str, str]:
    known = {field.alias for field in Settings.model_fields.values()}
    return {name: value.strip() for name, value in environment.items() if name in known and value.strip()}


def _contradictions(given: Mapping[str, str]) -> list[str]:
    """What is wrong with the variables together, whatever else is wrong with each."""
    found = []
    if "SLACK_APP_TOKEN" not in given and "SLACK_SIGNING_SECRET" not in given:
        found.append("SLACK_APP_TOKEN: set it (Socket Mode), or set SLACK_SIGNING_SECRET (HTTP mode)")
    if "PODBOT_KUBE_API_URL" in given and "PODBOT_KUBE_CONTEXTS" in given:
        found.append("PODBOT_KUBE_API_URL: set it or PODBOT_KUBE_CONTEXTS, not both")
    contexts = {each.strip() for each in given.get("PODBOT_KUBE_CONTEXTS", "").split(",")} - {""}
    if "PODBOT_CLUSTER_NAME" in given and len(contexts) > 1:
        found.append(
            "PODBOT_CLUSTER_NAME: it names one cluster; several are called as PODBOT_KUBE_CONTEXTS has them"
        )
    return found


def _problem(error: ErrorDetails) -> str:
    name = ".".join(str(part) for part in error["loc"][:1])
    match error["type"]:
        case "missing":
            return f"{name}: is not set, and podbot cannot run without it"
        case "string_pattern_mismatch":
            return f"{name}: must be a channel's id (C0123ABCD), not its name"
    return f"{name}: {error['msg'].removeprefix('Value error, ')}"
