"""A policy file is either wholly right, or every mistake in it is named by its line."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.files.strict_yaml import MAX_CHARACTERS, FileMistakes
from bot.model.commands import Verb
from bot.pods.policy import Policy
from bot.pods.policy_file import parse
from tests.support.policies import DESIGN

HEAD = "version: 1\nroles:\n  viewer:\n    - {verbs: [list], namespaces: [shop]}\n"


def mistakes(text: str) -> tuple[str, ...]:
    with pytest.raises(FileMistakes) as caught:
        parse(text)
    return caught.value.mistakes


def test_the_designs_example_is_read_whole() -> None:
    """Every part of it has its effect; approvals too, which are not passed over in silence."""
    policy = parse(DESIGN)
    assert set(policy.roles) == {"viewer", "on-call"}
    assert policy.roles["on-call"][0].verbs == frozenset(Verb) - {Verb.DEBUG, Verb.RAW}
    assert policy.roles["on-call"][0].exceptions == ("kube-system",)
    assert [binding.role for binding in policy.bindings] == ["viewer", "on-call", "on-call"]
    assert policy.bindings[2].channels == {"C01INCIDENTS"}
    assert [(each.namespaces, each.role) for each in policy.approvals] == [(("prod-*",), "on-call")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("", ["line 1: version: is missing", "line 1: roles: is missing"], id="empty"),
        pytest.param(
            "# nothing\n", ["line 1: version: is missing", "line 1: roles: is missing"], id="comment"
        ),
        pytest.param("[]", ["line 1: the file: must be a mapping, and is []"], id="list"),
        pytest.param("false", ["line 1: the file: must be a mapping, and is False"], id="scalar"),
        pytest.param("just words", ["line 1: the file: must be a mapping, and is 'just words'"], id="words"),
        pytest.param("version: 2\nroles: {}\n", ["line 1: version: must be 1, and is 2"], id="version"),
        pytest.param(
            "roles: {}\nversion: '1'\n", ["line 2: version: must be 1, and is '1'"], id="version-text"
        ),
        pytest.param(HEAD + "rules: []\n", ["line 5: rules: there is no such field"], id="unknown-field"),
        pytest.param(
            "version: 1\nroles:\n  viewer:\n    - verbs: [list]\n      namespace: shop\n",
            [
                "line 4: roles.viewer.0.namespaces: is missing",
                "line 5: roles.viewer.0.namespace: there is no such field",
            ],
            id="field-mistyped",
        ),
        pytest.param(
            "version: 1\nroles:\n  viewer:\n    - verbs: [list, lgos]\n      namespaces: [shop]\n",
            [
                "line 4: roles.viewer.0.verbs.1: no verb is called 'lgos'; "
                "there are: list, get, events, logs, delete, debug, raw, incidents"
            ],
            id="unknown-verb",
        ),
        pytest.param(
            "version: 1\nroles:\n  viewer:\n    - verbs: list\n      namespaces: '*'\n",
            [
                "line 4: roles.viewer.0.verbs: must be a list, and is 'list'",
                "line 5: roles.viewer.0.namespaces: must be a list, and is '*'",
            ],
            id="not-lists",
        ),
        pytest.param(
            "version: 1\nroles:\n  viewer:\n    - {verbs: [], namespaces: []}\n",
            ["line 4: roles.viewer.0.verbs: is empty", "line 4: roles.viewer.0.namespaces: is empty"],
            id="empty-lists",
        ),
        pytest.param(
            "version: 1\nroles:\n  viewer:\n    - verbs: [list]\n      namespaces: ['*']\n"
            "      except:\n        - Kube-System\n",
            [
                "line 7: roles.viewer.0.except.0: no namespace can be called 'Kube-System': "
                "lower-case letters, digits, -, and * or ? for anything"
            ],
            id="exception-that-protects-nothing",
        ),
        pytest.param(
            HEAD + "bindings:\n  - {role: viewer, everyone: true}\n  - {role: on-cal, users: [U1]}\n",
            ["line 7: bindings.1.role: no role is called 'on-cal'; there are: viewer"],
            id="unknown-role",
        ),
        pytest.param(
            HEAD + "approvals:\n  - {verbs: [delete], namespaces: [shop], role: boss}\n",
            ["line 6: approvals.0.role: no role is called 'boss'; there are: viewer"],
            id="approvals-unknown-role",
        ),
        pytest.param(
            HEAD + "approvals: yes\n",
            ["line 5: approvals: must be a list, and is True"],
            id="approvals-no-list",
        ),
        pytest.param(
            HEAD + "bindings:\n  - role: viewer\n",
            ["line 6: bindings.0: names nobody: give it users, usergroups or everyone: true"],
            id="names-nobody",
        ),
        pytest.param(
            HEAD
            + "bindings:\n  - {role: viewer, users: [alice, '@bob'], usergroups: [U1], channels: ['#inc']}\n",
            [
                "line 6: bindings.0.users.0: must be a user's Slack id, such as U0123ABCD, not a name",
                "line 6: bindings.0.users.1: must be a user's Slack id, such as U0123ABCD, not a name",
                "line 6: bindings.0.usergroups.0: must be a user group's Slack id, "
                "such as S0123ABCD, not a name",
                "line 6: bindings.0.channels.0: must be a channel's Slack id, such as C0123ABCD, not a name",
            ],
            id="names-for-ids",
        ),
        pytest.param(
            HEAD + "bindings:\n  - {role: viewer, everyone: true, channels: []}\n",
            ["line 6: bindings.0.channels: is empty"],
            id="no-channel-is-not-any-channel",
        ),
        pytest.param(
            HEAD + "bindings:\n  - {role: viewer, everyone: 'no'}\n",
            ["line 6: bindings.0.everyone: input should be a valid boolean (it says 'no')"],
            id="quoted-boolean",
        ),
        pytest.param(
            HEAD + "  viewer: []\n", ["line 5: viewer is there twice, first in line 3"], id="role-twice"
        ),
        pytest.param(
            "version: 1\nroles: {}\nbindings: [{role: a, role: b}]\nversion: 1\n",
            [
                "line 3: role is there twice, first in line 3",
                "line 4: version is there twice, first in line 1",
            ],
            id="keys-twice",
        ),
        pytest.param(
            "version: 1\nroles:\n\tviewer: []\n",
            ["line 3: found character '\\t' that cannot start any token"],
            id="tab",
        ),
        pytest.param(
            "version: 1\nroles: [\n",
            ["line 3: expected the node content, but found '<stream end>'"],
            id="open",
        ),
        pytest.param(
            "version: 1\nroles: {}\nbindings: *all\n",
            ["line 3: *all is an alias: write out here what it stands for"],
            id="alias",
        ),
        pytest.param(
            "version: 1\n---\nversion: 1\n", ["line 2: but found another document"], id="two-documents"
        ),
        pytest.param(
            "version: 1\nroles: !!python/object:os.system {}\n",
            [
                "line 2: could not determine a constructor for the tag "
                "'tag:yaml.org,2002:python/object:os.system'"
            ],
            id="tag",
        ),
        pytest.param(
            "version: 1\nroles: {}\nbindings: 2026-99-99\n", ["line 3: month must be in 1..12"], id="no-date"
        ),
        pytest.param("version: 1\nroles: \x00\n", ["line 2: not text: it has the character 0"], id="binary"),
        pytest.param("version: 1\n? [a]\n: b\n", ["line 2: found unhashable key"], id="list-as-key"),
        pytest.param(
            "a" * (MAX_CHARACTERS + 1), ["line 1: the file has more than 200000 characters"], id="long"
        ),
        pytest.param("[" * 5000, ["line 1: nested too deeply"], id="deep"),
    ],
)
def test_each_mistake_is_named_by_its_line(text: str, said: list[str]) -> None:
    """All of them at once, in words that need no knowledge of the program."""
    assert list(mistakes(text)) == said


def test_a_few_lines_cannot_stand_for_billions() -> None:
    """The bomb of nested aliases is refused before anything is built from it."""
    bomb = 'a0: &a0 ["x"]\n' + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)
    )
    began = time.perf_counter()
    assert mistakes(bomb)[0].startswith("line 2: *a0 is an alias")
    assert time.perf_counter() - began < 1


def test_windows_line_ends_and_a_byte_order_mark_are_no_mistakes() -> None:
    """Files written on other systems are read alike."""
    assert parse("\ufeff" + DESIGN.replace("\n", "\r\n")) == parse(DESIGN)


@given(st.text(max_size=200) | st.lists(st.sampled_from(DESIGN.split(" ")), max_size=30).map(" ".join))
def test_any_text_is_a_policy_or_a_list_of_mistakes(text: str) -> None:
    """Nothing else ever comes out."""
    found: Policy | tuple[str, ...]
    try:
        found = parse(text)
    except FileMistakes as error:
        found = error.mistakes
    assert isinstance(found, Policy) or (found and all(each.startswith("line ") for each in found))
