"""A hundred thousand commands that fingers and fuzzers may type: none crashes, none goes without an answer.

Each example of hypothesis is a string of bytes from which a batch of inputs is grown, so that the time goes
into the grammar and a failing batch still shrinks.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from typing import get_args

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bot.commands.flags import Flag, NotTaken
from bot.commands.grammar import Misunderstood, help_for, parse
from bot.commands.kubectl import KINDS, PODS
from bot.commands.kubectl import VERBS as OTHER_VERBS
from bot.commands.replies import problem
from bot.commands.spelling import spell
from bot.commands.verbs import BY_WORD, VERBS
from bot.model.commands import Command
from bot.model.incident_commands import IncidentCommand
from bot.slack.blocks import render
from tests.support.examples import examples

INPUTS = examples(100_000)
BATCH = 200
_BYTES_EACH = 10
_DRAWN_EACH = 25
"""Of so many refusals one is drawn as Slack would get it."""

_KNOWN: list[Flag | NotTaken] = [flag for spec in VERBS for flag in spec.flags]
_KNOWN += [flag for spec in VERBS for flag in spec.refused]
_FLAGS = sorted({f"--{flag.name}" for flag in _KNOWN} | {f"-{flag.short}" for flag in _KNOWN if flag.short})
_EXAMPLES = (
    *(example for spec in VERBS for example in spec.examples),
    "get pods -n shop -o json",
    "get events -n shop",
    "auth can-i get pods/log -n shop",
    "logs deploy/web --all-containers --around-death",
    "delete pods web-1 web-2 --grace-period=0 --force --reason 'stuck'",
)
_WORDS = (
    *sorted(BY_WORD),
    *sorted(OTHER_VERBS),
    *sorted(PODS),
    *sorted(KINDS),
    *_FLAGS,
    *(
        "auth",
        "kubectl",
        "/pods",
        "<@U0B07|podbot>",
        "shop",
        "web-1",
        "web-",
        "pod/web-1",
        "deploy/web",
        "sts/db",
        "1F3K",
        "S1F3K",
        "OOMKilled",
        "markdown",
    ),
    *(
        "app=web",
        "app in (a,b)",
        "status.phase=Failed",
        "wide",
        "json",
        "yaml",
        "name",
        "file",
        "10m",
        "-1",
        "20",
    ),
    *(
        "true",
        "false",
        "cpu",
        ".status.startTime",
        "{.metadata.name}",
        "10.2.3.4",
        "fd00::1",
        "Warning",
        "x" * 300,
    ),
    *(
        "2026-03-01T14:02:00Z",
        "busybox:1.36",
        "/api/v1/pods",
        "0",
        "3",
        "\U0001f469\u200d\U0001f467",
        "\u00a0",
    ),
)
_SIGNS = (
    " ",
    " ",
    " ",
    " ",
    "=",
    "",
    "-",
    "--",
    "'",
    '"',
    "\u201c",
    "\u2014",
    "&amp;",
    "<",
    "|",
    "\\",
    "\n",
    "`",
    ",",
)


def grown(seed: bytes) -> Iterator[str]:
    """Inputs out of bytes: half are examples with slips of the fingers, half are words and signs by turns."""
    for at in range(0, len(seed) - _BYTES_EACH + 1, _BYTES_EACH):
        piece = seed[at : at + _BYTES_EACH]
        text = slipped(piece) if piece[0] % 2 else strung(piece)
        yield text.encode(errors="replace").decode()


def slipped(piece: bytes) -> str:
    """An example with up to three changes: a word or sign put in, letters left out, a letter swapped."""
    text = _EXAMPLES[piece[1] % len(_EXAMPLES)]
    for number in range(piece[0] // 2 % 4):
        where, what = piece[2 + 2 * number], piece[3 + 2 * number]
        at = where % (len(text) + 1)
        match what % 4:
            case 0:
                text = f"{text[:at]} {_WORDS[(what + where) % len(_WORDS)]} {text[at:]}"
            case 1:
                text = f"{text[:at]}{_SIGNS[what // 4 % len(_SIGNS)]}{text[at:]}"
            case 2:
                text = text[:at] + text[at + what // 64 + 1 :]
            case _:
                text = f"{text[:at]}{chr(33 + what // 4)}{text[at + 1 :]}"
    return text


def strung(piece: bytes) -> str:
    """Words and signs as they come, mostly behind a verb, or nearly all would end at the same refusal."""
    parts: list[str] = []
    for number in range(0, 2 + piece[0] % (_BYTES_EACH - 2), 2):
        first, second = piece[number], piece[number + 1]
        parts.append(chr(second * 97) if first == 255 else _WORDS[(first * 256 + second) % len(_WORDS)])
        parts.append(_SIGNS[(first ^ second) % len(_SIGNS)])
    verb = VERBS[piece[1] % len(VERBS)].name if piece[0] % 8 else ""
    return f"{verb} {''.join(parts)}"


def answered(text: str, *, drawn: bool) -> None:
    """A command that can be spelled, or a refusal that people can read."""
    answer = understood(text)
    if isinstance(answer, Misunderstood):
        assert 0 < len(str(answer)) < 1500, text
        assert help_for(answer.topic)
        if drawn:
            assert render(problem(answer)).blocks, text
    else:
        assert 0 < len(spell(answer)) < 5000, text


def understood(text: str) -> Command | Misunderstood:
    try:
        return parse(text, default_namespace="default")
    except Misunderstood as refusal:
        return refusal


# Shrinking is worth its time only after a failure; nothing is kept between runs.
@pytest.mark.long
@pytest.mark.timeout(examples(1_800))
@settings(
    max_examples=INPUTS // BATCH,
    database=None,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)
@given(st.binary(min_size=BATCH * _BYTES_EACH, max_size=BATCH * _BYTES_EACH))
def test_no_input_crashes_the_grammar_or_goes_without_an_answer(seed: bytes) -> None:
    """Whatever is typed is a command or gets a refusal that says how to go on."""
    for number, text in enumerate(grown(seed)):
        answered(text, drawn=number % _DRAWN_EACH == 0)


def test_the_fuzz_reaches_every_verb_and_both_ends() -> None:
    """Inputs that were all refused at the first word would prove nothing."""
    seed = hashlib.shake_128(b"podbot").digest(20_000 * _BYTES_EACH)
    answers = Counter(type(understood(text)).__name__ for text in grown(seed))
    only_pressed = {"StopFollowing"} | {kind.__name__ for kind in get_args(IncidentCommand)}
    kinds = {kind.__name__ for kind in get_args(Command)} - only_pressed
    assert answers["Misunderstood"] > 1_000
    assert kinds <= answers.keys()
