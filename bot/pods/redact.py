r"""Masks what looks like a secret in text from pods, before anybody sees it. Pure.

Pods write what they like, so every pattern is linear: it begins with a literal word, and what follows is
possessive (`{0,40}+`), so that a match that fails is not tried again in other ways. A line is first asked
for the words without which a pattern cannot match, which is what makes ordinary logs cheap.
"""

from __future__ import annotations

import re
from collections.abc import Callable

MASK = "[masked]"

_WORDS = r"""
    passw(?:or)?d | passphrase | passcode | \bpwd | secret | token | credentials? | signature | \bsig(?==)
    | (?: api | access | account | private | signing | encryption | auth ) [_-]?key
"""
_KEYED = re.compile(
    rf"""(?ix)
    (?P<key> (?P<word> {_WORDS} ) [\w.-]{{0,40}}+
        \\{{0,3}}+ ["']?+ \s{{0,3}}+ (?> := | => | = | :(?!:) ) \s{{0,3}}+ )
    (?! \[masked\] )
    (?P<value>
        "(?: [^"\\] | \\. ){{1,4000}}+ "?+ | '(?: [^'\\] | \\. ){{1,4000}}+ '?+    # quoted, closed or cut off
        | \\{{1,3}}+ " [^"\\]{{1,4000}}+ (?: \\{{1,3}}+ " )?+                      # quoted in quoted JSON
        | [^\s"',;&}}\])]{{1,4000}}+
    )
    """
)
"""`password=…`, `"api_key": "…"`, `DB_TOKEN: …`, `?sig=…`."""

_ARGUMENT = re.compile(
    rf"""(?ix)
    (?P<key> (?: {_WORDS} ) (?: [ ]{{1,3}}+ | ["'] ,?+ [ ]{{0,3}}+ ) ["']?+ ) (?! [-=,\[\]] )
    (?P<value> [^\s"']{{1,4000}}+ )
    """
)
_OPTION = re.compile(r"(?:^|[\s\"'\[,])--?[\w-]{0,40}$")
"""`--password …`: the word is an argument's name if an option begins before it."""

_HEADER = re.compile(
    r"""(?ix)
    (?P<key> \b (?: proxy-)? authorization \\{0,3}+ ["']?+ \s{0,3}+ [=:] \s{0,3}+ \\{0,3}+ ["']?+
        (?: (?: bearer | basic | digest | token | negotiate ) \s{1,3}+ )?+ ) (?! \[masked\] )
    (?P<value> [^\s"'\\,]{1,4000}+ )
    """
)
_COOKIE = re.compile(
    r"""(?ix)
    (?P<key> \b cookie \\{0,3}+ ["']?+ : \s{0,3}+ \\{0,3}+ ["']?+ ) (?! \[masked\] )
    (?P<value> [^"'\\]{1,4000}+ )
    """
)
_SCHEME = re.compile(
    # A digit or a capital inside tells a credential from "basic authentication".
    r"\b(?P<key>(?i:bearer|basic)\s{1,3}+)"
    r"(?P<value>(?=[A-Za-z]?[a-z._~+/-]{0,200}+[0-9A-Z=])[A-Za-z0-9._~+/=-]{8,4000}+)"
)
_URL_PASSWORD = re.compile(r"(?P<key>://[^\s:/@\"']{0,200}+:)(?!\[masked\])(?P<value>[^\s/\"']{1,400})(?=@)")
_SHAPED = re.compile(
    r"""(?x) (?<![A-Za-z0-9]) (?P<key>) (?P<value>
        eyJ[\w-]{8,4000}+\.[\w-]{8,8000}+(?:\.[\w-]{1,2000}+)?+    # a JSON Web Token, or the most of one
      | (?:AKIA|ASIA)[A-Z0-9]{16}                                   # an AWS access key id
      | gh[pousr]_[A-Za-z0-9]{30,255}+ | github_pat_\w{30,255}+     # GitHub
      | glpat-[\w-]{20,255}+                                        # GitLab
      | xox[abeoprs]-[A-Za-z0-9-]{10,250}+ | xapp-[A-Za-z0-9-]{10,250}+    # Slack
      | (?<=hooks\.slack\.com/services/)[\w/]{20,250}+
      | [rs]k_(?:live|test)_[A-Za-z0-9]{16,99}+                     # Stripe
      | sk-(?:ant-|proj-)?[\w-]{32,250}+                            # model providers
      | SG\.[\w-]{16,64}+\.[\w-]{16,64}+                            # SendGrid
      | npm_[A-Za-z0-9]{36}
      | AIza[\w-]{35}                                               # Google
    )
    """
)

_PATTERNS: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = (
    (_HEADER, ("authorization",)),
    (_COOKIE, ("cookie",)),
    (_SCHEME, ("bearer", "basic")),
    (_URL_PASSWORD, ("://",)),
    (_KEYED, ("pass", "pwd", "secret", "token", "credential", "sig", "key")),
    (_ARGUMENT, ("--",)),
    (
        _SHAPED,
        (
            "eyj",
            "akia",
            "asia",
            "gh",
            "glpat-",
            "xox",
            "xapp-",
            "hooks.slack",
            "k_",
            "sk-",
            "sg.",
            "npm_",
            "aiza",
        ),
    ),
)
"""Each with words of which a line, in small letters, must have one for the pattern to match."""

_NO_SECRET = re.compile(r"(?i)[\"']?(?:true|false|null|none|nil|undefined|yes|no|<\w{1,20}>|\*{1,99})[\"']?")

_KEY_BEGINS = re.compile(r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----")
_KEY_ENDS = re.compile(r"-----END [A-Z ]{0,30}PRIVATE KEY-----")
_KEY_BODY = re.compile(r"(?:^|\s)[A-Za-z0-9+/=]{20,}+\s*$")
_KEY_LINES = 300
"""The longest private keys in use have some 200 lines."""


def mask_lines(lines: list[str]) -> tuple[list[str], int]:
    """The lines with secrets replaced by `[masked]`, and how many there were.

    A private key is masked over all its lines, and so is a part of one at either end of the text.
    """
    masked: list[str] = []
    count = at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        if _KEY_BEGINS.search(line):
            at = _after_key(lines, at - 1)
            masked.append(MASK)
            count += 1
        elif _KEY_ENDS.search(line):
            while masked and _KEY_BODY.search(masked[-1]):
                masked.pop()
            masked.append(MASK)
            count += 1
        else:
            clean, found = _mask_line(line)
            masked.append(clean)
            count += found
    return masked, count


class LineMask:
    """The same for lines that come one by one: what follows the beginning of a private key is held back."""

    __slots__ = ("_key_lines",)

    def __init__(self) -> None:
        self._key_lines = 0

    def mask(self, line: str) -> tuple[str | None, int]:
        """The line with its secrets masked, None where it is part of a key, and how many there were."""
        if self._key_lines:
            self._key_lines -= 1
            if _KEY_ENDS.search(line):
                self._key_lines = 0
                return None, 0
            if _KEY_BODY.search(line):
                return None, 0
            self._key_lines = 0
        (clean,), found = mask_lines([line])
        if _last(_KEY_BEGINS, line) > _last(_KEY_ENDS, line):
            self._key_lines = _KEY_LINES
        return clean, found


def mask(text: str) -> str:
    """One piece of text (an event's message, a reason) with its secrets masked."""
    return "\n".join(mask_lines(text.split("\n"))[0])


def _after_key(lines: list[str], begin: int) -> int:
    """The first line after a key that begins in line `begin`: behind its end, or where its like ends."""
    if _last(_KEY_ENDS, lines[begin]) > _last(_KEY_BEGINS, lines[begin]):
        return begin + 1
    for at in range(begin + 1, min(begin + _KEY_LINES, len(lines))):
        if _KEY_ENDS.search(lines[at]):
            return at + 1
    at = begin + 1
    while at < len(lines) and _KEY_BODY.search(lines[at]):
        at += 1
    return at


def _last(pattern: re.Pattern[str], line: str) -> int:
    return max((found.start() for found in pattern.finditer(line)), default=-1)


def _mask_line(line: str) -> tuple[str, int]:
    low = line.lower()
    total = 0
    for pattern, needs in _PATTERNS:
        if any(word in low for word in needs):
            found: list[str] = []
            line = pattern.sub(_masking(pattern, found), line)
            total += len(found)
    return line, total


def _masking(pattern: re.Pattern[str], found: list[str]) -> Callable[[re.Match[str]], str]:
    """The replacement for a match; what it masked is added to `found`."""

    def replace(match: re.Match[str]) -> str:
        key, value = match["key"], match["value"]
        if pattern is _KEYED and _harmless(match["word"], value):
            return match[0]
        if pattern is _ARGUMENT and not _OPTION.search(
            match.string[max(match.start() - 42, 0) : match.start()]
        ):
            return match[0]
        found.append(value)
        return key + MASK

    return replace


def _harmless(word: str, value: str) -> bool:
    """A yes or no, or a number, which is how many tokens there are and no token; a password may be one."""
    if value.isdecimal() and len(value) < 10:
        return not word.lower().startswith(("pass", "pwd"))
    return _NO_SECRET.fullmatch(value) is not None
