"""What the elements of a surface hold: their keys on the wire, their state, and whether it may be submitted.
Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from bot.playground.workspace.refusals import Refused
from bot.playground.workspace.wire import Json

STATE_KEYS: dict[str, tuple[str, str]] = {
    "static_select": ("selected_option", "initial_option"),
    "external_select": ("selected_option", "initial_option"),
    "radio_buttons": ("selected_option", "initial_option"),
    "multi_static_select": ("selected_options", "initial_options"),
    "multi_external_select": ("selected_options", "initial_options"),
    "checkboxes": ("selected_options", "initial_options"),
    "users_select": ("selected_user", "initial_user"),
    "multi_users_select": ("selected_users", "initial_users"),
    "channels_select": ("selected_channel", "initial_channel"),
    "multi_channels_select": ("selected_channels", "initial_channels"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
    "plain_text_input": ("value", "initial_value"),
    "number_input": ("value", "initial_value"),
    "email_text_input": ("value", "initial_value"),
    "url_text_input": ("value", "initial_value"),
}
"""For each element that has a state: the key of its value, and of its value at first."""

REQUIRED = "Please complete this required field."


def elements(blocks: Iterable[Json]) -> Iterator[tuple[Json, Json]]:
    """Every interactive element with the block it stands in."""
    for block in blocks:
        for element in block.get("elements", []) if block["type"] == "actions" else []:
            yield block, element
        for place in ("accessory", "element"):
            if "action_id" in block.get(place, {}):
                yield block, block[place]


def find_element(blocks: Iterable[Json], block_id: str, action_id: str) -> Json:
    """The element a person acted on.

    Raises:
        Refused: `element_not_found` when the message or view has changed meanwhile.
    """
    for block, element in elements(blocks):
        if block["block_id"] == block_id and element["action_id"] == action_id:
            return element
    raise Refused("element_not_found", message="That control is no longer there.")


def state_values(blocks: Iterable[Json], entered: Json) -> Json:
    """`state.values`: for every element with a state what was entered, else its value at first, else null."""
    values: Json = {}
    for block, element in elements(blocks):
        kind = element["type"]
        if kind in STATE_KEYS:
            key, initial = STATE_KEYS[kind]
            empty: Any = [] if key.endswith("s") else None
            held = entered.get(block["block_id"], {}).get(element["action_id"])
            held = held if held is not None else {"type": kind, key: element.get(initial, empty)}
            values.setdefault(block["block_id"], {})[element["action_id"]] = held
    return values


def acted(element: Json, given: Json) -> Json:
    """The value part of an action: what the person chose, taken from the element where it holds the choices.

    Args:
        element: The element as the app posted it.
        given: What the page sent: `value`, `selected_option` (an option, or just its value), and so on.

    Raises:
        Refused: `invalid_option` when the choice is not offered.
    """
    kind = element["type"]
    if kind == "button":
        return {name: element[name] for name in ("text", "value", "style", "url") if name in element}
    key = "selected_option" if kind == "overflow" else STATE_KEYS[kind][0]
    chosen = given.get(key)
    if key == "selected_option" and chosen is not None:
        chosen = _offered(element, chosen)
    elif key == "selected_options":
        chosen = [_offered(element, each) for each in chosen or []]
    return {key: chosen}


def _offered(element: Json, chosen: Json | str) -> Json:
    value = chosen if isinstance(chosen, str) else chosen.get("value")
    if "external" in element["type"]:
        if isinstance(chosen, str):
            raise Refused("invalid_option", message="That choice is not offered.")
        return chosen
    groups = element.get("option_groups", [])
    for option in element.get("options", []) + [option for group in groups for option in group["options"]]:
        if option["value"] == value:
            found: Json = option
            return found
    raise Refused("invalid_option", message="That choice is not offered.")


def entered(blocks: Iterable[Json], given: Json) -> Json:
    """The submitted values that belong to elements of the view, in the shape of `state.values`."""
    values: Json = {}
    for block, element in elements(blocks):
        held = given.get(block["block_id"], {}).get(element["action_id"])
        if held is not None and element["type"] in STATE_KEYS:
            chosen = {"type": element["type"], **acted(element, held)}
            values.setdefault(block["block_id"], {})[element["action_id"]] = chosen
    return values


def unfinished(blocks: Iterable[Json], values: Json) -> dict[str, str]:
    """What keeps a modal from being submitted: a text for each block, none when it may go."""
    errors: dict[str, str] = {}
    for block in blocks:
        if block["type"] != "input":
            continue
        element = block["element"]
        held = values.get(block["block_id"], {}).get(element["action_id"], {})
        value = held.get(STATE_KEYS[element["type"]][0])
        if not value:
            if not block.get("optional", False):
                errors[block["block_id"]] = REQUIRED
        elif isinstance(value, str):
            least, most = element.get("min_length", 0), element.get("max_length")
            if len(value) < least:
                errors[block["block_id"]] = f"Please enter at least {least} characters."
            elif most is not None and len(value) > most:
                errors[block["block_id"]] = f"Please enter at most {most} characters."
    return errors
