"""The policy file: YAML text to `Policy`, with every mistake named by its line.

Text becomes YAML in `policy_yaml`; here it becomes a policy. All mistakes of a kind are told at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Literal

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool, ValidationError
from pydantic import model_validator as validator
from pydantic_core import ErrorDetails

from bot.model.api_path import is_pattern
from bot.model.commands import Verb
from bot.model.people import ChannelId, UsergroupId, UserId
from bot.pods import policy_yaml
from bot.pods.policy import Approval, Binding, Grant, Policy
from bot.pods.policy_yaml import PolicyMistakes

__all__ = ["PolicyMistakes", "parse"]

VERSION = 1
_IMAGE = re.compile(r"[A-Za-z0-9*?][A-Za-z0-9._:/@*?-]*", re.ASCII)

Pattern = Annotated[str, Field(max_length=253, pattern=r"^[a-z0-9*?-]+$")]
"""A namespace, where `*` and `?` may stand for anything. Nothing else could ever match one."""


def _path(value: str) -> str:
    if not is_pattern(value):
        raise ValueError("must be a path such as /api/v1/namespaces/*/configmaps; a * is one part of it")
    return value


def _image(value: str) -> str:
    if not _IMAGE.fullmatch(value):
        raise ValueError("must be an image such as busybox:1.36; * and ? may stand within one part of it")
    return value


Path = Annotated[str, Field(max_length=1_000), AfterValidator(_path)]
Image = Annotated[str, Field(max_length=1_000), AfterValidator(_image)]


def _slack_id(kind: str, initials: str) -> AfterValidator:
    def check(value: str) -> str:
        if value[:1] not in initials or not (value.isascii() and value.isalnum() and value.isupper()):
            example = f"{initials[0]}0123ABCD"
            raise ValueError(f"must be a {kind}'s Slack id, such as {example}, not a name")
        return value

    return AfterValidator(check)


User = Annotated[str, Field(min_length=2), _slack_id("user", "UW")]
Usergroup = Annotated[str, Field(min_length=2), _slack_id("user group", "S")]
Channel = Annotated[str, Field(min_length=2), _slack_id("channel", "CGD")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Grant(_Strict):
    verbs: Annotated[list[Verb], Field(min_length=1)]
    namespaces: Annotated[list[Pattern], Field(min_length=1)]
    exceptions: list[Pattern] = Field(default=[], alias="except")
    paths: list[Path] = []

    @validator(mode="after")
    def _names_paths_for_raw(self) -> _Grant:
        if (Verb.RAW in self.verbs) != bool(self.paths):
            raise ValueError("the verb raw and paths go together: paths say what raw may read")
        return self


class _Binding(_Strict):
    role: str
    everyone: StrictBool = False
    users: list[User] = []
    usergroups: list[Usergroup] = []
    channels: Annotated[list[Channel], Field(min_length=1)] = []  # no such field: anywhere

    @validator(mode="after")
    def _names_somebody(self) -> _Binding:
        if not (self.everyone or self.users or self.usergroups):
            raise ValueError("names nobody: give it users, usergroups or everyone: true")
        return self


class _Approval(_Strict):
    verbs: Annotated[list[Verb], Field(min_length=1)]
    namespaces: Annotated[list[Pattern], Field(min_length=1)]
    role: str


class _File(_Strict):
    version: Literal[1]
    roles: dict[str, list[_Grant]]
    bindings: list[_Binding] = []
    approvals: list[_Approval] = []
    debug_images: list[Image] = []


def parse(text: str) -> Policy:
    """The policy that a file's text describes. Raises `PolicyMistakes` with all that is wrong with it."""
    tree, values = policy_yaml.read(text)
    try:
        file = _File.model_validate(values)
    except ValidationError as error:
        raise PolicyMistakes(tuple(_mistake(each, tree) for each in error.errors())) from error
    unknown = tuple(_unknown_roles(file, tree))
    if unknown:
        raise PolicyMistakes(unknown)
    return _policy(file)


def _policy(file: _File) -> Policy:
    return Policy(
        roles={
            role: tuple(
                Grant(
                    verbs=frozenset(grant.verbs),
                    namespaces=tuple(grant.namespaces),
                    exceptions=tuple(grant.exceptions),
                    paths=tuple(grant.paths),
                )
                for grant in grants
            )
            for role, grants in file.roles.items()
        },
        bindings=tuple(
            Binding(
                role=each.role,
                everyone=each.everyone,
                users=frozenset(map(UserId, each.users)),
                usergroups=frozenset(map(UsergroupId, each.usergroups)),
                channels=frozenset(map(ChannelId, each.channels)),
            )
            for each in file.bindings
        ),
        approvals=tuple(
            Approval(verbs=frozenset(each.verbs), namespaces=tuple(each.namespaces), role=each.role)
            for each in file.approvals
        ),
        debug_images=tuple(file.debug_images),
    )


def _mistake(error: ErrorDetails, tree: yaml.Node | None) -> str:
    where = error["loc"]
    path = ".".join(str(part) for part in where if part != "[key]") or "the file"
    return f"line {policy_yaml.line_of(tree, where)}: {path}: {_said(error)}"


def _said(error: ErrorDetails) -> str:
    """What is wrong, in the words of the file rather than of the library."""
    given = f"{error['input']!r:.60}"
    match error["type"]:
        case "extra_forbidden":
            return "there is no such field"
        case "missing":
            return "is missing"
        case "value_error":
            return str(error["ctx"]["error"])
        case "enum":
            return f"no verb is called {given}; there are: {', '.join(verb.value for verb in Verb)}"
        case "literal_error":
            return f"must be {VERSION}, and is {given}"
        case "string_pattern_mismatch":
            return (
                f"no namespace can be called {given}: lower-case letters, digits, -, and * or ? for anything"
            )
        case "too_short" | "string_too_short":
            return "is empty"
        case "dict_type" | "model_type":
            return f"must be a mapping, and is {given}"
        case "list_type":
            return f"must be a list, and is {given}"
    return f"{error['msg'][:1].lower()}{error['msg'][1:]} (it says {given})"


def _unknown_roles(file: _File, tree: yaml.Node | None) -> Iterator[str]:
    roles = ", ".join(file.roles) or "none"
    bound = [(("bindings", index, "role"), each.role) for index, each in enumerate(file.bindings)]
    approving = [(("approvals", index, "role"), each.role) for index, each in enumerate(file.approvals)]
    for path, role in bound + approving:
        if role not in file.roles:
            where = f"line {policy_yaml.line_of(tree, path)}: {'.'.join(map(str, path))}"
            yield f"{where}: no role is called {role!r}; there are: {roles}"
