"""The policy file: YAML text to `Policy`, with every mistake named by its line.

Text becomes YAML in `bot.files`; here it becomes a policy. All mistakes of a kind are told at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Literal

import yaml
from pydantic import AfterValidator, BaseModel, Field, StrictBool, ValidationError
from pydantic import model_validator as validator
from pydantic_core import ErrorDetails

from bot.files import mistakes, strict_yaml
from bot.files.fields import STRICT, Channel, Cluster, Pattern, User, Usergroup
from bot.files.strict_yaml import FileMistakes
from bot.model.api_path import is_pattern
from bot.model.commands import Verb
from bot.model.people import ChannelId, UsergroupId, UserId
from bot.pods.policy import Approval, Binding, Grant, Policy

_IMAGE = re.compile(r"[A-Za-z0-9*?][A-Za-z0-9._:/@*?-]*", re.ASCII)


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


class _Strict(BaseModel):
    model_config = STRICT


class _Grant(_Strict):
    verbs: Annotated[list[Verb], Field(min_length=1)]
    namespaces: Annotated[list[Pattern], Field(min_length=1)]
    exceptions: list[Pattern] = Field(default=[], alias="except")
    paths: list[Path] = []
    clusters: Annotated[list[Cluster], Field(min_length=1)] = []  # no such field: every cluster

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
    """The policy that a file's text describes. Raises `FileMistakes` with all that is wrong with it."""
    tree, values = strict_yaml.read(text)
    try:
        file = _File.model_validate(values)
    except ValidationError as error:
        raise mistakes.told(error, tree, _no_verb) from error
    unknown = tuple(_unknown_roles(file, tree))
    if unknown:
        raise FileMistakes(unknown)
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
                    clusters=tuple(grant.clusters),
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


def _no_verb(error: ErrorDetails) -> str | None:
    if error["type"] != "enum":
        return None
    there_are = ", ".join(verb.value for verb in Verb)
    return f"no verb is called {mistakes.given(error)}; there are: {there_are}"


def _unknown_roles(file: _File, tree: yaml.Node | None) -> Iterator[str]:
    roles = ", ".join(file.roles) or "none"
    bound = [(("bindings", index, "role"), each.role) for index, each in enumerate(file.bindings)]
    approving = [(("approvals", index, "role"), each.role) for index, each in enumerate(file.approvals)]
    for path, role in bound + approving:
        if role not in file.roles:
            yield mistakes.at(tree, path, f"no role is called {role!r}; there are: {roles}")
