"""Block Kit's interactive elements: what each may hold, and in which block it may stand.

Built from `composition`; used by `blocks`. Elements for workflows and file inputs are not served by this
workspace and are refused as unsupported.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from bot.playground.workspace.rules import limits
from bot.playground.workspace.rules.composition import (
    action_id,
    choice_option,
    confirm,
    option_group,
    overflow_option,
    placeholder,
    plain_text,
    select_option,
    style,
    url,
)
from bot.playground.workspace.rules.shapes import (
    Check,
    Problem,
    anything,
    boolean,
    both,
    integer,
    items,
    needs_one,
    one_of,
    record,
    string,
    tagged,
)


def _pattern(expression: str, says: str) -> Check:
    compiled = re.compile(expression)

    def check(value: Any, at: str) -> Iterator[Problem]:
        if not compiled.fullmatch(value):
            yield Problem(says=says, pointer=at)

    return both(string(), check)


_date = _pattern(r"\d{4}-\d{2}-\d{2}", "must be a date of the form YYYY-MM-DD")
_time = _pattern(r"([01]\d|2[0-3]):[0-5]\d", "must be a time of the form HH:mm")
_decimal = _pattern(r"-?\d+(\.\d+)?", "must be a number written as text")
_many_ids = items(string(), most=None)
_select_options = items(select_option, most=limits.SELECT_OPTIONS)
_choice_options = items(choice_option, most=limits.CHOICE_OPTIONS)

_common = {"action_id": action_id, "confirm": confirm, "focus_on_load": boolean}
_menu = {**_common, "placeholder": placeholder}
_multi = {**_menu, "max_selected_items": integer(least=1)}
_dispatch = record(
    {"trigger_actions_on": items(one_of("on_enter_pressed", "on_character_entered"), most=2)},
)
_input = {
    "action_id": action_id,
    "placeholder": placeholder,
    "focus_on_load": boolean,
    "dispatch_action_config": _dispatch,
}


def _element(required: dict[str, Check], optional: dict[str, Check]) -> Check:
    return record({"type": anything, **required}, optional)


def _initially_offered(value: Any, at: str) -> Iterator[Problem]:
    """What is chosen at first must be one of the choices, as Slack insists."""
    groups = value.get("option_groups", [])
    offered = value.get("options", []) + [option for group in groups for option in group["options"]]
    values = {option["value"] for option in offered}
    chosen = value.get("initial_options", []) + (
        [value["initial_option"]] if "initial_option" in value else []
    )
    for option in chosen:
        if option["value"] not in values:
            yield Problem(says="initial option must match one of the options", pointer=at)


_static_source = {"options": _select_options, "option_groups": items(option_group, most=limits.OPTION_GROUPS)}

ELEMENTS: dict[str, Check] = {
    "button": _element(
        {"text": plain_text(limits.BUTTON_TEXT)},
        {
            "action_id": action_id,
            "value": string(most=limits.BUTTON_VALUE),
            "url": url(limits.BUTTON_URL),
            "style": style,
            "confirm": confirm,
            "accessibility_label": string(most=limits.BUTTON_LABEL),
        },
    ),
    "static_select": both(
        _element({}, {**_menu, **_static_source, "initial_option": select_option}),
        needs_one("options", "option_groups", exactly=True),
        _initially_offered,
    ),
    "multi_static_select": both(
        _element({}, {**_multi, **_static_source, "initial_options": _select_options}),
        needs_one("options", "option_groups", exactly=True),
        _initially_offered,
    ),
    "external_select": _element(
        {}, {**_menu, "initial_option": select_option, "min_query_length": integer()}
    ),
    "multi_external_select": _element(
        {}, {**_multi, "initial_options": _select_options, "min_query_length": integer()}
    ),
    "users_select": _element({}, {**_menu, "initial_user": string()}),
    "multi_users_select": _element({}, {**_multi, "initial_users": _many_ids}),
    "channels_select": _element({}, {**_menu, "initial_channel": string(), "response_url_enabled": boolean}),
    "multi_channels_select": _element({}, {**_multi, "initial_channels": _many_ids}),
    "conversations_select": _element(
        {},
        {
            **_menu,
            "initial_conversation": string(),
            "default_to_current_conversation": boolean,
            "response_url_enabled": boolean,
            "filter": anything,
        },
    ),
    "overflow": _element(
        {"options": items(overflow_option, most=limits.OVERFLOW_OPTIONS)},
        {"action_id": action_id, "confirm": confirm},
    ),
    "checkboxes": both(
        _element({"options": _choice_options}, {**_common, "initial_options": _choice_options}),
        _initially_offered,
    ),
    "radio_buttons": both(
        _element({"options": _choice_options}, {**_common, "initial_option": choice_option}),
        _initially_offered,
    ),
    "datepicker": _element({}, {**_menu, "initial_date": _date}),
    "timepicker": _element({}, {**_menu, "initial_time": _time, "timezone": string()}),
    "datetimepicker": _element({}, {**_common, "initial_date_time": integer()}),
    "plain_text_input": _element(
        {},
        {
            **_input,
            "initial_value": string(most=limits.PLAIN_TEXT_INPUT, least=0),
            "multiline": boolean,
            "min_length": integer(most=limits.PLAIN_TEXT_INPUT),
            "max_length": integer(least=1, most=limits.PLAIN_TEXT_INPUT),
        },
    ),
    "number_input": _element(
        {"is_decimal_allowed": boolean},
        {**_input, "initial_value": _decimal, "min_value": _decimal, "max_value": _decimal},
    ),
    "email_text_input": _element({}, {**_input, "initial_value": string()}),
    "url_text_input": _element({}, {**_input, "initial_value": string()}),
}

_IN_INPUTS_ONLY = {"plain_text_input", "number_input", "email_text_input", "url_text_input"}
_NEVER_IN_INPUTS = {"button", "overflow"}


def _only(kinds: set[str]) -> Check:
    return tagged({kind: check for kind, check in ELEMENTS.items() if kind in kinds})


in_actions = _only(ELEMENTS.keys() - _IN_INPUTS_ONLY)
in_input = _only(ELEMENTS.keys() - _NEVER_IN_INPUTS)
SECTION_ACCESSORIES = {
    kind: check for kind, check in ELEMENTS.items() if kind not in _IN_INPUTS_ONLY | {"datetimepicker"}
}
"""Without the image, which `blocks` adds."""
