"""Every answer fits Slack's limits as the strict workspace holds them, whatever the cluster says."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import product
from typing import Any, get_args

import pytest
from _pytest.mark import ParameterSet

from bot.commands.replies import problem, reply
from bot.errors import ClusterUnreachable, UserError
from bot.model.answers import Answer, ClusterList, Health, PodList, PodRow, Trouble
from bot.model.commands import GetLogs, ListPods, OpenPod
from bot.model.deletions import DeletionPlan
from bot.model.incident_answers import Reading
from bot.model.log_answers import LogExcerpt
from bot.model.messages import Message
from bot.model.pods import ALL_NAMESPACES, ClusterName, PodUid
from bot.model.problems import AmbiguousPod, NoSuchPod
from bot.playground.workspace.rules.messages import checked_content
from bot.slack.blocks import render
from bot.slack.desk import shared
from tests.support.extremes import MOMENT, Filler
from tests.support.policies import ALICE

HOSTILE = (
    "<!channel> `x` ```y``` <@U01ALICE|a> *b* :tada: 👩‍👩‍👧‍👦 \u202egnp.exe\x1b[31m &amp; "
    "<https://evil.example|z> "
)
NAME = "x" * 253
TEXTS = {
    "empty": "",
    "one-letter": "x",
    "longest-name": NAME,
    "hostile": HOSTILE,
    "hostile-and-long": HOSTILE * 60,
    "emoji": "👩‍👩‍👧‍👦" * 400,
    "one-back-tick": "`",
    "blank": " \n\t ",
}
ANSWERS = get_args(Answer)
NEVER_EMPTY = {ClusterList, DeletionPlan, Reading}
"""These are always about something."""
ENOUGH_OF_A_THOUSAND = {"longest-name", "hostile"}
"""Texts of a few hundred letters; a thousand of the longer ones take long and tell nothing more."""


def fillings(*many: int) -> list[ParameterSet]:
    """Every kind of answer with so many of everything and each text, as far as that can be."""
    return [
        pytest.param(kind, number, text, id=f"{kind.__name__}-{number}-{text}")
        for kind, number, text in product(ANSWERS, many, TEXTS)
        if (number or kind not in NEVER_EMPTY) and (number < 1_000 or text in ENOUGH_OF_A_THOUSAND)
    ]


def fits(message: Message) -> None:
    """The workspace takes it, alone or shared, and it says something."""
    for each in (message, shared(message, ALICE)):
        drawn = render(each)
        checked_content({"text": drawn.text, "blocks": list(drawn.blocks)})
        assert drawn.text.strip()
        assert drawn.blocks
        said = json.dumps(drawn.blocks, ensure_ascii=False) + drawn.text
        assert "<!channel>" not in drawn.text
        assert '"type": "broadcast"' not in said


@pytest.mark.parametrize("switch", [True, False], ids=["everything-set", "nothing-set"])
@pytest.mark.parametrize(("kind", "many", "text"), fillings(0, 1, 50, 1_000))
def test_every_answer_fits(kind: type[Any], many: int, text: str, switch: bool) -> None:
    """Filled with hostile texts, longest names and a thousand of everything."""
    fits(reply(Filler(text=TEXTS[text], many=many, switch=switch).fill(kind)))


def row(number: int) -> PodRow:
    name = f"{number:04d}-{'x' * 248}"
    return PodRow(
        namespace="n" * 63,
        name=name,
        ready="50/50",
        status="Init:CreateContainerConfigError",
        restarts="12345 (23h ago)",
        age="3y40d",
        ip="fd00:1234:5678:9abc:def0:1234:5678:9abc",
        node="node." * 50,
        nominated_node="<none>",
        readiness_gates="2/2",
    )


@pytest.mark.parametrize("broken", [True, False])
@pytest.mark.parametrize("wide", [True, False])
def test_every_page_of_a_thousand_pods_of_longest_names_is_whole(wide: bool, broken: bool) -> None:
    """Each pod stands on exactly one page, in one uncut row, and can be chosen there or has a row to read."""
    rows = tuple(map(row, range(1_000)))
    asked = ListPods(namespace=ALL_NAMESPACES, wide=wide, broken=broken)
    trouble = Trouble(last_exit="137 OOMKilled (app)", restarts=99)
    answer = PodList(
        cluster=ClusterName("c" * 100),
        asked=asked,
        rows=rows,
        counts={Health.FAILING: 1_000},
        troubles=(trouble,) * 1_000 if broken else (),
    )
    seen: list[str] = []
    page = 0
    while len(seen) < 1_000:
        drawn = render(reply(replace(answer, asked=_on_page(asked, page))))
        checked_content({"text": drawn.text, "blocks": list(drawn.blocks)})
        (table,) = [block for block in drawn.blocks if block["type"] == "table"]
        seen += [cells[1]["text"] for cells in table["rows"][1:]]
        page += 1
        assert not drawn.attachments, "no row was cut"
    assert seen == [each.name for each in rows]


def _on_page(asked: ListPods, page: int) -> ListPods:
    from msgspec.structs import replace as changed

    return changed(asked, page=page)


@pytest.mark.parametrize(
    "line", ["x" * 10_000_000, "👩‍👩‍👧‍👦" * 500_000, "`" * 1_000_000], ids=["letters", "emoji", "ticks"]
)
def test_lines_of_ten_megabytes_come_as_a_file(line: str) -> None:
    """What is shown fits; the file has it all."""
    answer = LogExcerpt(
        asked=GetLogs(namespace="shop", pod="web"),
        pod=NAME,
        uid=PodUid("u"),
        container="app",
        other_containers=tuple(f"{number:02d}-{'c' * 60}" for number in range(50)),
        previous=False,
        previous_by_itself=False,
        has_previous=True,
        lines=("first", line, "last"),
        masked=0,
        cut=True,
        read_at=MOMENT,
    )
    message = reply(answer)
    fits(message)
    (file,) = render(message).attachments
    assert len(file.content) >= len(line)


ERRORS: dict[str, UserError] = {
    "unreachable": ClusterUnreachable(HOSTILE * 200),
    "miss": NoSuchPod(NAME, "n" * 63, (NAME, NAME[:-1] + "y", HOSTILE)),
    "ambiguous": AmbiguousPod(
        NAME,
        "n" * 63,
        tuple((f"{number}-{NAME[:240]}", OpenPod(namespace="n" * 63, pod=NAME)) for number in range(200)),
        total=200,
    ),
}


@pytest.mark.parametrize("error", ERRORS.values(), ids=ERRORS)
def test_every_problem_fits(error: UserError) -> None:
    """However long the cluster's own words are."""
    fits(problem(error))
