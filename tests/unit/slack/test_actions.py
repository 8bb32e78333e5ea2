"""Commands in buttons and menus, and back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.model.commands import Command, DeletePod, DescribePod, GetLogs, Help, ListPods, OpenPod
from bot.model.messages import Audience, Button, Choice
from bot.model.pods import PodUid
from bot.slack import limits
from bot.slack.actions import Press, UnknownPress, action_name, button_value, menu_code, read_press

COMMANDS: list[Command] = [
    ListPods(namespace="shop", selector="app in (web, cart)", wide=True, page=3),
    GetLogs(namespace="shop", pod="web-1", container="app", tail=20, since=timedelta(minutes=90)),
    DeletePod(namespace="shop", pod="web-1", uid=PodUid("b7f0c1d2-0000-4000-8000-000000000001")),
    Help(),
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: type(command).__name__)
def test_a_button_gives_its_command_back(command: Command) -> None:
    """What goes into a button comes out at the click, with its audience and its way of answering."""
    button = Button("press", command, audience=Audience.CHANNEL, replaces=True)
    value = button_value(button)
    assert value is not None
    assert len(value) <= limits.BUTTON_VALUE
    assert read_press("logs:0", value) == Press(command=command, audience=Audience.CHANNEL, replaces=True)


def test_a_command_without_room_makes_no_button() -> None:
    """A value over Slack's limit is refused rather than cut."""
    assert button_value(Button("List", ListPods(namespace="shop", selector="a" * 2_000))) is None


def test_action_ids_are_readable() -> None:
    """Whoever reads Slack's payloads sees what a click was about."""
    assert action_name(GetLogs(namespace="shop", pod="web-1"), 2) == "logs:2"


@pytest.mark.parametrize(
    "commands",
    [
        pytest.param([OpenPod(namespace="shop", pod=f"web-{n}") for n in range(3)], id="one field"),
        pytest.param([OpenPod(namespace=f"ns-{n}", pod=f"web-{n}") for n in range(3)], id="two fields"),
        pytest.param(
            [GetLogs(namespace="shop", pod="web"), GetLogs(namespace="shop", pod="web", container="app")],
            id="a field that is not always there",
        ),
        pytest.param(
            [OpenPod(namespace="shop", pod="web"), DescribePod(namespace="shop", pod="web")], id="the verb"
        ),
        pytest.param([OpenPod(namespace="shop", pod="web")], id="a single choice"),
    ],
)
def test_a_menu_gives_each_command_back(commands: list[Command]) -> None:
    """Every option of a menu, with the menu's action id, is its own command again."""
    code = menu_code([Choice(str(n), command) for n, command in enumerate(commands)], 4)
    assert len(code.action_id) <= limits.ACTION_ID
    read = [read_press(code.action_id, value or "") for value in code.values]
    assert read == [Press(command=command) for command in commands]


def test_an_option_without_room_is_left_out() -> None:
    """The longest names that Kubernetes allows do not fit an option; those that do are not harmed."""
    code = menu_code([Choice(name, OpenPod(namespace="shop", pod=name)) for name in ("a" * 253, "b")], 0)
    assert code.values[0] is None
    assert read_press(code.action_id, code.values[1] or "").command == OpenPod(namespace="shop", pod="b")


@pytest.mark.parametrize(
    ("action_id", "value"),
    [
        pytest.param("logs:0", "", id="no value"),
        pytest.param("logs:0", "{}", id="no command"),
        pytest.param("logs:0", '{"command":{"type":"reboot"}}', id="an unknown verb"),
        pytest.param("logs:0", '{"command":{"type":"logs","namespace":1,"pod":"a"}}', id="a wrong type"),
        pytest.param("menu:0", '["a"]', id="a menu without its shared part"),
        pytest.param('menu:0 pod {"type":"pod"}', '["a","b"]', id="more fields than names"),
        pytest.param('menu:0 pod {"type":"pod"}', '["a"]', id="a field is missing"),
    ],
)
def test_what_no_podbot_drew_is_refused(action_id: str, value: str) -> None:
    """A click from another version is told apart from a mistake, and says what to do."""
    with pytest.raises(UnknownPress, match="Run the command again"):
        read_press(action_id, value)
