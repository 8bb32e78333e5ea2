"""How `help` is answered: generated from the table of verbs."""

from __future__ import annotations

from bot.commands.flags import Flag
from bot.commands.grammar import help_for
from bot.commands.prose import marked, message, said
from bot.commands.verbs import VERBS, VerbSpec
from bot.model.answers import Guidance
from bot.model.commands import Help, WhoAmI
from bot.model.messages import (
    Actions,
    Button,
    Choice,
    Context,
    Line,
    Menu,
    Message,
    Paragraph,
    Preformatted,
    bold,
    code,
    plain,
)


def guidance(answer: Guidance, *, command_word: str) -> Message:
    """All verbs in a line each, or one with its flags and examples, spelled as podbot was called."""
    verbs = help_for(answer.topic)
    return _verb(verbs[0], command_word) if len(verbs) == 1 else _overview(verbs, command_word)


def _overview(verbs: tuple[VerbSpec, ...], word: str) -> Message:
    lines = [said(code(f"{word} {spec.name}"), f" {spec.purpose}") for spec in verbs]
    return message(
        Paragraph((plain("podbot looks at pods, tells why they die, and deletes them when asked."),)),
        Paragraph(tuple(lines)),
        Actions((_menu(), Button("What I may do", WhoAmI()))),
        Context(marked("The same works as `/kubectl …` and, in threads too, as `@podbot …`")),
    )


def _verb(spec: VerbSpec, word: str) -> Message:
    also = f" ({', '.join(spec.also)})" if spec.also else ""
    usage = "\n".join(f"{word} {each}" for each in spec.usage)
    examples = "\n".join(f"{word} {each}" for each in spec.examples)
    return message(
        Paragraph((said(bold(spec.name), f"{also}: {spec.purpose}"),)),
        Preformatted(usage),
        *((Paragraph(tuple(map(_flag, spec.flags))),) if spec.flags else ()),
        Paragraph((plain("For example:"),)),
        Preformatted(examples),
        Actions((_menu(),)),
    )


def _flag(flag: Flag) -> Line:
    return said(code(flag.spelling), f" {flag.purpose}")


def _menu() -> Menu:
    return Menu("Help on a verb", tuple(Choice(spec.name, Help(topic=spec.name)) for spec in VERBS))
