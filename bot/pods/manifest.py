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
    r"(?i)pass|pwd|secret|token|credential|private|signature|auth|dsn|cookie|salt|certificate|api[-_]?key|[-_]key$|^key$"
)
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
        metadata = {key: value for key, value in pod.get("metadata", {}).items() if key != "managedFields"}
        annotations = {k: v for k, v in metadata.pop("annotations", {}).items() if k != _LAST_APPLIED}
        if annotations:
            metadata["annotations"] = {key: self._named(key, value) for key, value in annotations.items()}
        rest = {key: value for key, value in pod.items() if key not in {"apiVersion", "kind", "metadata"}}
        return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, **self._walk(rest)}

    def anything(self, value: Any) -> Any:
        """Any value; what a ConfigMap holds has names, which may tell that it is a secret."""
        if isinstance(value, list):
            return [self.anything(each) for each in value]
        if not isinstance(value, dict):
            return self._walk(value)
        found: dict[str, Any] = {}
        for key, each in value.items():
            if key == "data" and isinstance(each, dict):
                found[key] = {
                    name: self._named(name, text) if isinstance(text, str) else self.anything(text)
                    for name, text in each.items()
                }
            elif key in {"env", "args", "command"}:
                found[key] = self._field(key, each)
            elif key not in {"managedFields", _LAST_APPLIED}:
                found[key] = self.anything(each)
        return found

    def _walk(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, list):
            return [self._walk(each) for each in value]
        if isinstance(value, dict):
            masked = {key: self._field(key, each) for key, each in value.items() if key != "value"}
            return masked | ({"value": self._value(value)} if "value" in value else {})
        return value

    def _field(self, key: str, value: Any) -> Any:
        if key in {"args", "command"} and isinstance(value, list):
            return self._words(value)
        return self._walk(value)

    def _value(self, pair: dict[str, Any]) -> Any:
        """The value of a variable, a header, or whatever else has a name beside its value."""
        name, value = pair.get("name"), pair["value"]
        return (
            self._named(name, value)
            if isinstance(name, str) and isinstance(value, str)
            else self._walk(value)
        )

    def _words(self, words: list[Any]) -> list[Any]:
        """The words of a command, of which one may name the secret that the next one is."""
        masked: list[Any] = []
        option = ""
        for word in map(self._walk, words):
            masked.append(self._named(option, word) if option and isinstance(word, str) else word)
            option = word if isinstance(word, str) and _OPTION.fullmatch(word) else ""
        return masked

    def _named(self, name: str, value: str) -> str:
        """A value with a name, which may be what tells that it is a secret."""
        if value and value != redact.MASK and not value.startswith("-") and _SECRET_NAME.search(name):
            self.count += 1
            return redact.MASK
        return self._text(value)

    def _text(self, text: str) -> str:
        lines, found = redact.mask_lines(text.split("\n"))
        self.count += found
        return "\n".join(lines) if found else text
