"""YAML, read more strictly than YAML asks for.

What YAML lets pass in silence and a policy or a route must not: a key that is there twice (the last one would
win), aliases, by which a few lines can stand for billions, and numbers to the base of 60, by which YAML 1.1
takes the time 18:00 for 1080.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml
from yaml.reader import ReaderError

from bot.errors import PodbotError

MAX_CHARACTERS = 200_000
"""A longer file is none that people write; reading it would hold the bot up for seconds."""


class FileMistakes(PodbotError):
    """The text is not what it should be; `mistakes` has one line each, beginning with `line N:`."""

    def __init__(self, mistakes: tuple[str, ...]) -> None:
        super().__init__("; ".join(mistakes))
        self.mistakes = mistakes


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader without aliases, whose every error knows its line."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]  # the stubs leave it out
            raise _mistake(event, f"*{event.anchor} is an alias: write out here what it stands for")
        return super().compose_node(parent, index)

    def construct_object(self, node: yaml.Node, deep: bool = False) -> object:
        try:
            return super().construct_object(node, deep=deep)
        except ValueError as error:  # a date or number that looks like one and is none
            raise _mistake(node, str(error)) from error


_Loader.yaml_implicit_resolvers = {
    letter: [
        # The pattern of YAML 1.1 without the base of 60.
        (tag, re.compile(r"[-+]?(?:0b[01_]+|0x[0-9a-fA-F_]+|0[0-7_]*|[1-9][0-9_]*)$"))
        if tag == "tag:yaml.org,2002:int"
        else (tag, pattern)
        for tag, pattern in resolvers
    ]
    for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read(text: str) -> tuple[yaml.Node | None, object]:
    """The tree, which knows lines, and its values; an empty text is an empty mapping.

    Raises `FileMistakes`.
    """
    if len(text) > MAX_CHARACTERS:
        raise FileMistakes((f"line 1: the file has more than {MAX_CHARACTERS} characters",))
    try:
        loader = _Loader(text)
        tree: yaml.Node | None = loader.get_single_node()
        if tree is None:
            return None, {}
        twice = sorted(_said_twice(tree))
        if twice:
            raise FileMistakes(tuple(f"line {line}: {problem}" for line, problem in twice))
        return tree, loader.construct_document(tree)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise FileMistakes((f"line {line}: {error.problem or 'not YAML'}",)) from error
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise FileMistakes((f"line {line}: not text: it has the character {error.character!r}",)) from error
    except RecursionError as error:
        raise FileMistakes(("line 1: nested too deeply",)) from error


def line_of(node: yaml.Node | None, path: tuple[str | int, ...]) -> int:
    """The line of the deepest part of the path that the text really has."""
    if node is None:
        return 1
    line = node.start_mark.line + 1
    for part in path:
        step = _step(node, part)
        if step is None:
            break
        key, node = step
        line = key.start_mark.line + 1
    return line


def _mistake(place: yaml.Node | yaml.Event, problem: str) -> FileMistakes:
    line = place.start_mark.line + 1 if place.start_mark else 1
    return FileMistakes((f"line {line}: {problem}",))


def _step(node: yaml.Node, part: str | int) -> tuple[yaml.Node, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        return next(((key, value) for key, value in node.value if key.value == str(part)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        child = node.value[part]
        return child, child
    return None


def _said_twice(tree: yaml.Node) -> Iterator[tuple[int, str]]:
    """The line of each key that its mapping has already, and what is wrong with it."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, yaml.SequenceNode):
            waiting += node.value
        if not isinstance(node, yaml.MappingNode):
            continue
        seen: dict[str, yaml.Node] = {}
        for key, _ in node.value:
            first = seen.setdefault(key.value, key) if isinstance(key, yaml.ScalarNode) else key
            if first is not key:
                earlier = first.start_mark.line + 1
                yield key.start_mark.line + 1, f"{key.value} is there twice, first in line {earlier}"
        waiting += [value for _, value in node.value]
