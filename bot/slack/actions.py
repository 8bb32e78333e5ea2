"""Typed commands inside buttons and menus, and out of them again at the click.

No memory on the bot's side is needed: Slack keeps what a message's elements carry, and any replica can read
it.

- A button's `value` is the JSON of a `Press`, 2,000 characters at most. - A menu's options hold only 150
  characters each, while the choices of one menu mostly differ in a field or two (the pod, the container).
  What all choices share is written once into the menu's `action_id`, with the names of the fields that
  differ; an option's value is the JSON array of its own fields, so that a name of up to 146 characters
  fits. What does not fit is left out, and the caller is told how many.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from bot.errors import UserError
from bot.model.commands import Command
from bot.model.messages import Audience, Button, Choice
from bot.model.pods import ClusterName
from bot.slack import limits


class Press(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a pressed button asks for."""

    command: Command
    audience: Audience = Audience.ASKER
    replaces: bool = False
    cluster: ClusterName | None = None


class UnknownPress(UserError):
    """A click on an element that this version of podbot did not draw."""

    def __init__(self) -> None:
        super().__init__(
            "This button was made by another version of podbot and does nothing any more. "
            "Nothing was changed. Run the command again to get fresh buttons."
        )


class MenuCode(msgspec.Struct, frozen=True, kw_only=True):
    """A menu's choices in Slack's terms: the action id they share, and a value for each that fits."""

    action_id: str
    values: tuple[str | None, ...]


def action_name(command: Command, position: int) -> str:
    """A readable action id, unique in its block: `logs:0`."""
    return f"{_tag(command)}:{position}"


def button_value(button: Button) -> str | None:
    """What a button carries; None where Slack has no room for it."""
    press = Press(
        command=button.command, audience=button.audience, replaces=button.replaces, cluster=button.cluster
    )
    value = _json(press)
    return value if value is not None and len(value) <= limits.BUTTON_VALUE else None


def menu_code(choices: Sequence[Choice], position: int) -> MenuCode:
    """How the choices of one menu are written; None stands for a choice that does not fit."""
    commands = [_fields(choice) for choice in choices]
    names = sorted({name for command in commands for name in command})
    differing = [name for name in names if len({_json(command.get(name)) for command in commands}) > 1]
    shared = _json({name: commands[0][name] for name in names if name not in differing})
    action_id = f"menu:{position} {','.join(differing)} {shared}"
    if shared is None or len(action_id) > limits.ACTION_ID:
        return MenuCode(action_id=f"menu:{position}", values=(None,) * len(commands))
    values = (_json([command.get(name) for name in differing]) for command in commands)
    return MenuCode(
        action_id=action_id,
        values=tuple(value if value and len(value) <= limits.OPTION_VALUE else None for value in values),
    )


def read_press(action_id: str, value: str) -> Press:
    """The command of a clicked button or a chosen option.

    Raises `UnknownPress` where the two do not make a command.
    """
    try:
        if action_id.startswith("menu:"):
            return _read_choice(action_id, value)
        return msgspec.json.decode(value, type=Press)
    except (msgspec.MsgspecError, ValueError) as error:
        raise UnknownPress from error


_CLUSTER = "@cluster"
"""Stands among the fields of a choice's command, none of which begins with an @."""


def _fields(choice: Choice) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.to_builtins(choice.command)
    return fields if choice.cluster is None else fields | {_CLUSTER: choice.cluster}


def _read_choice(action_id: str, value: str) -> Press:
    _, differing, shared = action_id.split(" ", 2)
    fields = msgspec.json.decode(shared, type=dict[str, Any])
    own = msgspec.json.decode(value, type=list[Any])
    names = differing.split(",") if differing else []
    given = {name: field for name, field in zip(names, own, strict=True) if field is not None}
    fields |= given
    cluster = msgspec.convert(fields.pop(_CLUSTER, None), type=ClusterName | None)
    return Press(command=msgspec.convert(fields, type=Command), cluster=cluster)


def _tag(command: Command) -> str:
    return str(command.__struct_config__.tag)


def _json(value: object) -> str | None:
    """As JSON; None for text that no JSON can hold (a lone half of a surrogate pair)."""
    try:
        return msgspec.json.encode(value).decode()
    except UnicodeEncodeError:
        return None
