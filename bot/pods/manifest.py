"""Pods as JSON and YAML, without what nobody reads and without secrets. Pure.

Dropped: `managedFields`, which is half of a pod, and the last applied configuration, which says the spec once
more. Masked: values of environment variables that are named or look like secrets, and whatever looks like one
in any other text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec
import yaml

from bot.model.commands import Form
from bot.pods import redact

_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_SECRET_NAME = re.compile(
    r"(?i)pass|pwd|secret|token|credential|private|signature|auth|dsn|cookie|salt|certificate|(?:api|access)[-_]?key|[-_]key$|^key$"
)
"""What a variable, an option, a header or a text is called whose value is masked."""

_SECRET_FIELD = re.compile(
    r"(?i)(?:passw(?:or)?d|passphrase|pwd|secret|token|credential|(?:api|access|private|secret)[-_]?key)s?$"
)
"""The same of a field, by the end of its name: what a `secretName` says is no secret."""

_NAMED_TEXTS = frozenset({"annotations", "binaryData", "data"})
_NOT_READ = frozenset({"managedFields", _LAST_APPLIED})
_OPTION = re.compile(r"--?[A-Za-z][\w.-]{0,100}")


def written(objects: Sequence[bytes], form: Form, *, alone: bool) -> tuple[bytes, int]:
    """The pods in JSON or YAML, and how many secrets were masked.

    `alone`: one pod was asked for by its name, so it stands for itself, not in a list, as kubectl has it.
    """
    mask = _Mask()
    pods = [mask.pod(msgspec.json.decode(each)) for each in objects]
    whole: Any = pods[0] if alone and len(pods) == 1 else _as_list(pods)
    if form is Form.YAML:
        text = yaml.dump(whole, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=4096)
        return text.encode(errors="replace"), mask.count
    return msgspec.json.format(msgspec.json.encode(whole), indent=4) + b"\n", mask.count


def readable(answer: bytes) -> tuple[bytes, Any, int]:
    """Any answer of the API in JSON: as text to be read, as a value, and how many secrets were masked.

    Raises `msgspec.DecodeError` for what is no JSON.
    """
    mask = _Mask()
    whole = mask.anything(msgspec.json.decode(answer))
    return msgspec.json.format(msgspec.json.encode(whole), indent=2) + b"\n", whole, mask.count


class _Dumper(yaml.SafeDumper):
    """Writes equal values out each time: anchors and aliases are not what kubectl prints."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the library's signature
        return True


def _as_list(pods: Sequence[Any]) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": ""}, "items": list(pods)}


class _Mask:
    """Goes through objects and counts what it masks."""

    def __init__(self) -> None:
        self.count = 0

    def pod(self, pod: dict[str, Any]) -> dict[str, Any]:
        """One pod; kind and version, which the items of a list go without, are put before the rest."""
        masked = self.anything({key: each for key, each in pod.items() if key not in {"apiVersion", "kind"}})
        metadata: dict[str, Any] = masked.pop("metadata", {})
        annotations = metadata.pop("annotations", {})
        if annotations:
            metadata["annotations"] = annotations
        return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, **masked}

    def anything(self, value: Any) -> Any:
        """Any value, without what nobody reads."""
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, list):
            return [self.anything(each) for each in value]
        if isinstance(value, dict):
            return {key: self._field(value, key) for key in value if key not in _NOT_READ}
        return value

    def _field(self, whole: dict[str, Any], key: str) -> Any:
        """A field of an object; its own name, or the one beside it, may be what tells that it is a secret."""
        value, name = whole[key], whole.get("name")
        if key in {"args", "command"} and isinstance(value, list):
            return self._words(value)
        if key in _NAMED_TEXTS and isinstance(value, dict):
            return {each: self._known_as(each, text) for each, text in value.items() if each not in _NOT_READ}
        if key == "value" and isinstance(name, str):
            return self._known_as(name, value)
        if _SECRET_FIELD.search(key):
            several = isinstance(value, list)
            return [self._known_as(key, each) for each in value] if several else self._known_as(key, value)
        return self.anything(value)

    def _known_as(self, name: str, value: Any) -> Any:
        return self._named(name, value) if isinstance(value, str) else self.anything(value)

    def _words(self, words: list[Any]) -> list[Any]:
        """The words of a command, of which one may name the secret that the next one is."""
        masked: list[Any] = []
        option = ""
        for word in map(self.anything, words):
            follows = option and isinstance(word, str) and not word.startswith("-")
            masked.append(self._named(option, word) if follows else word)
            option = word if isinstance(word, str) and _OPTION.fullmatch(word) else ""
        return masked

    def _named(self, name: str, value: str) -> str:
        """A value with a name, which may be what tells that it is a secret."""
        if value and value != redact.MASK and _SECRET_NAME.search(name):
            self.count += 1
            return redact.MASK
        return self._text(value)

    def _text(self, text: str) -> str:
        lines, found = redact.mask_lines(text.split("\n"))
        self.count += found
        return "\n".join(lines) if found else text
