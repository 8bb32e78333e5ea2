"""Text to typed command: one grammar for `/pods`, `/kubectl` and mentions, kubectl's words and our own.

`typed` undoes what Slack did to the text, `verbs` holds the table, `flags` reads the flags, `spelling` is the
way back from a command to text.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.commands import flags
from bot.commands.misunderstood import Misunderstood, nearest
from bot.commands.typed import words
from bot.commands.verbs import BY_WORD, VERBS, VerbSpec, unknown_verb
from bot.model.commands import Command, Help

__all__ = ["Misunderstood", "help_for", "parse"]

_OURSELVES = frozenset({"/pods", "/kubectl", "kubectl", "podbot", "@podbot"})
_AUTH = ("can-i", "whoami")


def parse(text: str, *, default_namespace: str) -> Command:
    """The command that a person typed; empty text asks for help.

    `default_namespace` holds where no `-n` and no `-A` is given. Raises `Misunderstood`, and nothing else,
    for any text that is no command.
    """
    typed = words(text)
    while typed and typed[0].lower() in _OURSELVES:
        del typed[0]
    if not typed:
        return Help()
    before, verb, args = _around_verb(typed)
    if not verb:
        if {"-h", "--help"} & {*before}:
            return Help()
        raise Misunderstood("There is no verb in this. `/pods help` lists what podbot does.")
    spec, args = _spec(verb.lower(), args)
    arguments = flags.read(spec.name, [*before, *args], spec.flags, spec.refused)
    if arguments.has(flags.HELP):
        return Help(topic=spec.name)
    return spec.build(arguments, default_namespace)


def help_for(topic: str) -> tuple[VerbSpec, ...]:
    """The verbs that a help topic is about: one, or for an empty or unknown topic all."""
    spec = BY_WORD.get(topic)
    return VERBS if spec is None else (spec,)


def _around_verb(typed: Sequence[str]) -> tuple[list[str], str, list[str]]:
    """Flags before the verb (`-n shop get pods`), the verb, and what follows it."""
    before: list[str] = []
    rest = list(typed)
    while rest and rest[0].startswith("-"):
        before.append(rest.pop(0))
        if rest and _value_follows(before[-1]):
            before.append(rest.pop(0))
    return before, rest[0] if rest else "", rest[1:]


def _value_follows(arg: str) -> bool:
    """Whether a flag that stands before the verb has its value in the next word."""
    return any(
        flag.value and arg in {f"--{flag.name}", f"-{flag.short}" if flag.short else ""}
        for flag in flags.KNOWN.values()
    )


def _spec(verb: str, args: list[str]) -> tuple[VerbSpec, list[str]]:
    if verb == "auth":
        verb, args = _below_auth(args)
    spec = BY_WORD.get(verb)
    if spec is None:
        raise unknown_verb(verb)
    return spec, args


def _below_auth(args: list[str]) -> tuple[str, list[str]]:
    before, verb, after = _around_verb(args)
    if verb.lower() in _AUTH:
        return verb.lower(), [*before, *after]
    guess = nearest(verb, _AUTH) or "can-i"
    raise Misunderstood(
        f"Of kubectl's `auth`, podbot does `can-i` and `whoami`. Did you mean `auth {guess}`?", topic=guess
    )
