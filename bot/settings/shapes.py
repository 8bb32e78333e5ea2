"""What the values of variables must look like: types for the fields of `variables`, with words for mistakes.

Each checker takes a value and returns it, or raises ValueError with what to write instead; the variable's
name is put before it by `loading`.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from bot.model import durations, urls
from bot.store import address
from bot.store.failures import StoreUnusable

_OBJECT_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")  # RFC 1123 label, as the API server asks for
_CLUSTER_NAME = re.compile(r"[A-Za-z0-9][-A-Za-z0-9._:]{0,62}")


def _lowered(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def _listed(value: object) -> object:
    if not isinstance(value, str):
        return value
    # Each once: a namespace named twice would be listed and watched twice.
    parts = dict.fromkeys(part.strip() for part in value.split(",") if part.strip())
    if not parts:
        raise ValueError("it names nothing; leave it empty for the default")
    return tuple(parts)


def _namespaces(values: tuple[str, ...]) -> tuple[str, ...]:
    wrong = [each for each in values if not _OBJECT_NAME.fullmatch(each)]
    if wrong:
        raise ValueError(f"no namespace can be called {wrong[0][:63]!r}; name them, separated by commas")
    return values


def _object_name(value: str) -> str:
    if not _OBJECT_NAME.fullmatch(value):
        raise ValueError("nothing can be called so: lower-case letters, digits and - only")
    return value


def _cluster_name(value: str) -> str:
    if not _CLUSTER_NAME.fullmatch(value):
        raise ValueError("letters, digits, - . _ and : only, 63 at most, a letter or digit first")
    return value


def _host_and_port(value: str) -> str:
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


def _ends_in_slash(value: str) -> str:
    if not value.endswith("/"):
        raise ValueError("it must end in /")
    return value


def _secret_url(value: SecretStr) -> SecretStr:
    if not urls.is_http(value.get_secret_value()):
        raise ValueError("it must be a URL that begins with https://, or http://")
    return value


def _database_url(value: SecretStr) -> SecretStr:
    try:
        address.parse(value.get_secret_value())
    except StoreUnusable as problem:
        raise ValueError(str(problem)) from None
    return value


def _starting_with(prefix: str, kind: str) -> AfterValidator:
    def check(value: SecretStr) -> SecretStr:
        if not value.get_secret_value().startswith(prefix):
            raise ValueError(f"{kind} begins with {prefix}")
        return value

    return AfterValidator(check)


def _duration(value: object) -> object:
    return durations.parse(value) if isinstance(value, str) else value


def _a_day_at_least(value: timedelta) -> timedelta:
    if value < timedelta(days=1):
        raise ValueError("keep at least a day (1d)")
    return value


Lowered = BeforeValidator(_lowered)
"""Of a word out of several, in capitals or not."""

Listed = Annotated[tuple[str, ...], BeforeValidator(_listed)]
"""Names, separated by commas."""

Namespaces = Annotated[Listed, AfterValidator(_namespaces)]
ObjectName = Annotated[str, AfterValidator(_object_name)]
"""Of a namespace or another object of Kubernetes."""

ClusterLabel = Annotated[str, AfterValidator(_cluster_name)]
"""What messages call a cluster."""

HostAndPort = Annotated[str, AfterValidator(_host_and_port)]
HttpUrl = Annotated[str, AfterValidator(_http_url)]
"""One that may be printed."""

ApiBase = Annotated[HttpUrl, AfterValidator(_ends_in_slash)]
"""A URL to which the names of methods are appended."""

SecretUrl = Annotated[SecretStr, AfterValidator(_secret_url)]
"""One that whoever knows it may post to."""

DatabaseUrl = Annotated[SecretStr, AfterValidator(_database_url)]
BotToken = Annotated[SecretStr, _starting_with("xoxb-", "a bot token")]
AppToken = Annotated[SecretStr, _starting_with("xapp-", "an app-level token")]
SlackChannel = Annotated[str, Field(pattern=r"^[CG][A-Z0-9]+$")]
Retention = Annotated[timedelta, BeforeValidator(_duration), AfterValidator(_a_day_at_least)]
