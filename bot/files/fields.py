"""The fields that the policy and the configuration have in common: names of places and Slack's ids.

Each says in the file's own words what is wrong with a value (`mistakes` tells the line).
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, ConfigDict, Field

STRICT = ConfigDict(extra="forbid", frozen=True)
"""A mapping that has its own fields and no other."""


def _cluster(value: str) -> str:
    if not value.strip() or "[" in value:
        raise ValueError("must be a cluster's name, as its kube context is called; * and ? may stand in it")
    return value


def _slack_id(kind: str, initials: str) -> AfterValidator:
    def check(value: str) -> str:
        if value[:1] not in initials or not (value.isascii() and value.isalnum() and value.isupper()):
            example = f"{initials[0]}0123ABCD"
            raise ValueError(f"must be a {kind}'s Slack id, such as {example}, not a name")
        return value

    return AfterValidator(check)


Pattern = Annotated[str, Field(max_length=253, pattern=r"^[a-z0-9*?-]+$")]
"""A namespace, where `*` and `?` may stand for anything. Nothing else could ever match one."""

Cluster = Annotated[str, Field(max_length=1_000), AfterValidator(_cluster)]
"""A cluster's name, where `*` and `?` may stand for anything."""

User = Annotated[str, Field(min_length=2), _slack_id("user", "UW")]
Usergroup = Annotated[str, Field(min_length=2), _slack_id("user group", "S")]
Channel = Annotated[str, Field(min_length=2), _slack_id("channel", "CGD")]
