"""Rules from a YAML or JSON document: read strictly, with every mistake told at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self, TypeVar

import yaml
from pydantic import Field, TypeAdapter, ValidationError, model_validator
from pydantic.dataclasses import dataclass
from pydantic_core import ErrorDetails

from bot.playground.faults.actions import STRICT
from bot.playground.faults.rules import Rule

_Read = TypeVar("_Read")


class RulesWrong(ValueError):
    """The document cannot be used; `problems` has one sentence for each mistake."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT)
class RulesFile:
    """A document: the rules in order, and the seed of their chances."""

    rules: tuple[Rule, ...] = ()
    seed: int = Field(default=0)

    @model_validator(mode="after")
    def _told_apart(self) -> Self:
        names = [rule.name for rule in self.rules if rule.name]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two rules have the name {', '.join(twice)}")
        return self


def parse(text: str) -> RulesFile:
    """Read a document. Raises `RulesWrong`."""
    return _checked(_FILE, _plain(text))


def parse_rule(text: str) -> Rule:
    """Read one rule. Raises `RulesWrong`."""
    return _checked(_RULE, _plain(text))


def load(path: Path) -> RulesFile:
    """Read a file. Raises `RulesWrong`, also where the file cannot be read."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RulesWrong(f"{path}: cannot be read: {error}") from error
    try:
        return parse(text)
    except RulesWrong as wrong:
        raise RulesWrong(*(f"{path}: {problem}" for problem in wrong.problems)) from None


def plain(rule: Rule) -> dict[str, Any]:
    """Write a rule as JSON values, without what it leaves at its default."""
    written: dict[str, Any] = _RULE.dump_python(rule, mode="json", exclude_defaults=True)
    written["action"]["kind"] = rule.action.kind
    return written


_FILE: TypeAdapter[RulesFile] = TypeAdapter(RulesFile)
_RULE: TypeAdapter[Rule] = TypeAdapter(Rule)


def _plain(text: str) -> object:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise RulesWrong(f"not YAML: {' '.join(str(error).split())}") from None


def _checked(adapter: TypeAdapter[_Read], document: object) -> _Read:
    try:
        return adapter.validate_python(document)
    except ValidationError as error:
        raise RulesWrong(*(_sentence(each["loc"], _said(each)) for each in error.errors())) from None


def _said(error: ErrorDetails) -> str:
    match error["type"]:
        case "unexpected_keyword_argument":
            return "there is no such field"
        case "union_tag_invalid":
            kinds = error["ctx"]["expected_tags"].replace("'", "")
            return f"there is no {error['ctx']['tag']!r}; there are: {kinds}"
    return error["msg"].removeprefix("Value error, ")


def _sentence(place: tuple[int | str, ...], said: str) -> str:
    where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).removeprefix(".")
    return f"{where}: {said}" if where else said
