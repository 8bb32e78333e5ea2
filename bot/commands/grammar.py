"""Text to typed command: one grammar for `/pods`, `/kubectl` and mentions, kubectl's words and our own.

`typed` undoes what Slack did to the text, `verbs` holds the table, `flags` reads the flags, `spelling` is the
way back from a command to text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.commands import flags
from bot.commands.clusters import named
from bot.commands.misunderstood import Misunderstood, listed, nearest
from bot.commands.typed import words
from bot.commands.verbs import BY_WORD, VERBS, VerbSpec, unknown_verb
from bot.model.commands import Command, Help
from bot.model.pods import ClusterName

__all__ = ["Asked", "Misunderstood", "ask", "help_for", "parse"]

_OURSELVES = frozenset({"/pods", "/kubectl", "kubectl", "podbot", "@podbot"})
_BELOW = {
    "auth": {"can-i": "can-i", "whoami": "whoami"},
    "config": {"get-contexts": "clusters", "get-clusters": "clusters"},
}
"""kubectl's verbs that have others below them, and what podbot calls those of them that it does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a person typed: a command, and the cluster that they named for it, if any."""

    command: Command
    cluster: ClusterName | None = None


_UNNAMED = ClusterName("")
"""Stands for the only cluster, where nothing is to call it by."""


def parse(text: str, *, default_namespace: str) -> Command:
    """The command that a person typed to a podbot of one cluster, which it does not call by a name."""
    return ask(text, {_UNNAMED: default_namespace}).command


def ask(text: str, clusters: Mapping[ClusterName, str]) -> Asked:
    """The command that a person typed; empty text asks for help.

    `clusters` are those that are served, the default one first, each with the namespace that holds where no
    `-n` and no `-A` is given. Raises `Misunderstood`, and nothing else, for any text that is no command.
    """
    typed = words(text)
    while typed and typed[0].lower() in _OURSELVES:
        del typed[0]
    if not typed:
        return Asked(command=Help())
    before, verb, args = _around_verb(typed)
    if not verb:
        if {"-h", "--help"} & {*before}:
            return Asked(command=Help())
        raise Misunderstood("There is no verb in this. `/pods help` lists what podbot does.")
    spec, args = _spec(verb.lower(), args)
    arguments = flags.read(spec.name, [*before, *args], spec.flags, spec.refused)
    if arguments.has(flags.HELP):
        return Asked(command=Help(topic=spec.name))
    cluster = named(arguments, clusters, topic=spec.name)
    default_namespace = clusters[cluster or next(iter(clusters))]
    return Asked(command=spec.build(arguments, default_namespace), cluster=cluster)


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
    if verb in _BELOW:
        verb, args = _below(verb, args)
    spec = BY_WORD.get(verb)
    if spec is None:
        raise unknown_verb(verb)
    return spec, args


def _below(verb: str, args: list[str]) -> tuple[str, list[str]]:
    done = _BELOW[verb]
    before, word, after = _around_verb(args)
    if word.lower() in done:
        return done[word.lower()], [*before, *after]
    guess = nearest(word, done) or next(iter(done))
    raise Misunderstood(
        f"Of kubectl's `{verb}`, podbot does {listed(done)}. Did you mean `{verb} {guess}`?",
        topic=done[guess],
    )
