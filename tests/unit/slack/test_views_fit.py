"""The Home tab and every answer in a window are views that Slack takes, whatever the cluster says."""

from __future__ import annotations

from typing import Any

import pytest

from bot.commands.replies import reply
from bot.model.home import Home
from bot.playground.workspace.rules.blocks import Surface
from bot.playground.workspace.rules.views import check_view
from bot.slack.ask import dialog
from bot.slack.blocks import render
from bot.slack.home import drawn
from bot.slack.place import Place
from bot.slack.windows import fit_for_window, window_view
from tests.support.extremes import Filler
from tests.unit.slack.test_answers_fit import TEXTS, fillings


@pytest.mark.parametrize("switch", [True, False], ids=["everything-set", "nothing-set"])
@pytest.mark.parametrize("many", [0, 1, 50])
@pytest.mark.parametrize("text", TEXTS)
def test_the_home_tab(text: str, many: int, switch: bool) -> None:
    """Filled with hostile texts, longest names and many of everything."""
    view = drawn(Filler(text=TEXTS[text], many=many, switch=switch).fill(Home))
    check_view(view, Surface.HOME)
    assert '"type": "broadcast"' not in str(view).replace("'", '"')


@pytest.mark.parametrize("switch", [True, False], ids=["everything-set", "nothing-set"])
@pytest.mark.parametrize(("kind", "many", "text"), fillings(0, 1, 50))
def test_an_answer_in_a_window(kind: type[Any], many: int, text: str, switch: bool) -> None:
    """Without tables and shared buttons it still says something."""
    message = fit_for_window(reply(Filler(text=TEXTS[text], many=many, switch=switch).fill(kind)))
    view = window_view(render(message))
    check_view(view, Surface.MODAL)
    assert view["blocks"]


@pytest.mark.parametrize("command", ["", "logs web-1 -n shop", "x" * 3_000])
def test_the_shortcuts_dialog(command: str) -> None:
    """With a command to begin with, or none."""
    place = Filler(text="C" * 30, many=1, switch=True).fill(Place)
    check_view(dialog(place, command), Surface.MODAL)
