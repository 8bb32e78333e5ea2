"""Secrets are masked, what is none is left as it was, and hostile lines take no longer than others."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.pods.redact import MASK, mask, mask_lines

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
BODY = "MIIEpAIBAAKCAQEA1c7PBqSomethingLongEnoughToBeAKey0123456789+/ab"

SECRET = [
    pytest.param("password=hunter2", "hunter2", id="assignment"),
    pytest.param("DB_PASSWORD: hunter2", "hunter2", id="yaml"),
    pytest.param("password=1234", "1234", id="a password may be a number"),
    pytest.param('{"password": "hunter2"}', "hunter2", id="json"),
    pytest.param('{"password": "hun ter\\" 2", "user": "bob"}', "ter", id="json-with-quote-inside"),
    pytest.param('{"msg":"{\\"password\\":\\"hunter2\\"}"}', "hunter2", id="json-in-json"),
    pytest.param("PASSWORD='correct horse battery'", "horse", id="quoted-words"),
    pytest.param('password="hunter2', "hunter2", id="quote-cut-off"),
    pytest.param('"password" => "hunter2"', "hunter2", id="ruby"),
    pytest.param("password := hunter2", "hunter2", id="go"),
    pytest.param("passwd=hunter2", "hunter2", id="passwd"),
    pytest.param("pwd=hunter2;", "hunter2", id="pwd"),
    pytest.param("api-key: 8f7a6b", "8f7a6b", id="api-key"),
    pytest.param("X-Api-Key: 8f7a6b5c", "8f7a6b5c", id="header"),
    pytest.param("client_secret=8f7a6b&grant=x", "8f7a6b", id="query"),
    pytest.param(
        "https://x.blob.core.windows.net/c?sv=1&sig=abc%2Fdef%3D&se=2", "abc%2Fdef%3D", id="azure-sig"
    ),
    pytest.param("?X-Amz-Signature=deadbeef0123", "deadbeef0123", id="aws-signed-url"),
    pytest.param("AccountKey=Zm9vYmFy==;Suffix=x", "Zm9vYmFy==", id="connection-string"),
    pytest.param("AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "wJalrXUtnFEMI", id="aws"),
    pytest.param("key AKIAIOSFODNN7EXAMPLE used", "AKIAIOSFODNN7EXAMPLE", id="aws-id"),
    pytest.param("run --password hunter2 --user bob", "hunter2", id="option"),
    pytest.param('args ["--db-password", "hunter2"]', "hunter2", id="options-in-json"),
    pytest.param("Authorization: Bearer abcdefgh", "abcdefgh", id="authorization"),
    pytest.param('"authorization":"Basic dXNlcjpwYXNz"', "dXNlcjpwYXNz", id="authorization-json"),
    pytest.param("sent bearer 0123456789abcdef", "0123456789abcdef", id="bearer"),
    pytest.param("sent Basic dXNlcjpwYXNzd29yZA==", "dXNlcjpwYXNzd29yZA==", id="basic"),
    pytest.param("Set-Cookie: sid=8f7a6b; Path=/", "8f7a6b", id="cookie"),
    pytest.param("postgres://app:hunter2@db:5432/shop", "hunter2", id="url"),
    pytest.param("redis://:hunter2@cache", "hunter2", id="url-without-user"),
    pytest.param("amqp://app:p@ss:word@mq", "ss:word", id="url-with-at"),
    pytest.param(f"got {JWT}", JWT, id="jwt"),
    pytest.param("ghp_" + "a1B2" * 9, "a1B2a1B2", id="github"),
    pytest.param("glpat-" + "a1B2" * 5, "a1B2a1B2", id="gitlab"),
    pytest.param("xoxb-123456789012-abcdefGHIJ", "abcdefGHIJ", id="slack-bot"),
    pytest.param("xapp-1-A01-123-abcdef", "abcdef", id="slack-app"),
    pytest.param(
        "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXX", "XXXXXXXX", id="webhook"
    ),
    pytest.param("sk_live_" + "a1B2" * 6, "a1B2a1B2", id="stripe"),
    pytest.param("sk-proj-" + "a1B2" * 10, "a1B2a1B2", id="model-provider"),
    pytest.param("AIza" + "a1B2_" * 7, "a1B2_a1B2_", id="google"),
    pytest.param("npm_" + "a1B2" * 9, "a1B2a1B2", id="npm"),
    pytest.param(
        "-----BEGIN RSA PRIVATE KEY-----\\nMIIEpA\\n-----END RSA PRIVATE KEY-----", "MIIEpA", id="key"
    ),
]

HARMLESS = [
    "2026-11-22T14:06:12Z INFO loading catalogue (3.1M rows)",
    "GET /api/v1/pods?limit=500 200 12ms",
    "listening on http://0.0.0.0:8080",
    "see https://example.com/a:b@c for more",
    "tokens=512 max_tokens: 4096 token_count=17",
    "password_required=true passwordless: yes",
    "secret=<none> token: null",
    "basic authentication is disabled, bearer authentication required",
    "invalid token at position 7",
    'MountVolume.SetUp failed for volume "db": secret "db-credentials" not found',
    "token expired, password rejected, secrets rotated",
    "use std::token::Token and Secret::from",
    "keyboard key=value monkey=banana",
    "commit 3f786850e387550fdab836ed7e6dc881de23001b",
    "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "uid 7d4b9c1e-1c2d-4e5f-8a9b-0c1d2e3f4a5b",
    "asking-----BEGIN CERTIFICATE-----",
    "password=***",
]


@pytest.mark.parametrize(("text", "secret"), SECRET)
def test_a_secret_is_masked_and_counted(text: str, secret: str) -> None:
    """What must not be seen is not, and the count says so."""
    lines, count = mask_lines([text])
    assert secret not in lines[0]
    assert MASK in lines[0]
    assert count >= 1


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_no_secret_is_left_as_it_was(text: str) -> None:
    """A log full of masks helps nobody."""
    assert mask_lines([text]) == ([text], 0)


def test_what_stands_around_a_secret_stays() -> None:
    """Only the value goes; its name and the rest of the line are what one reads."""
    text = "user=bob password=hunter2 host=db api_key='x' url=postgres://app:pw@db/shop"
    lines, count = mask_lines([text])
    assert lines == [f"user=bob password={MASK} host=db api_key={MASK} url=postgres://app:{MASK}@db/shop"]
    assert count == 3


def test_a_private_key_is_masked_over_its_lines() -> None:
    """From BEGIN to END, prefixes and all; what comes after is seen again."""
    key = [
        "-----BEGIN EC PRIVATE KEY-----",
        *(f"14:06 {BODY}" for _ in range(20)),
        "-----END EC PRIVATE KEY-----",
    ]
    assert mask_lines(["before", *key, "after"]) == (["before", MASK, "after"], 1)


def test_part_of_a_key_is_masked_where_the_log_is_cut() -> None:
    """A tail that begins, or a head that ends, inside a key."""
    assert mask_lines([BODY, BODY, "-----END PRIVATE KEY-----", "after"]) == ([MASK, "after"], 1)
    assert mask_lines(["before", "-----BEGIN PRIVATE KEY-----", BODY, BODY]) == (["before", MASK], 1)


def test_the_mention_of_a_key_does_not_hide_the_rest_of_the_log() -> None:
    """A pod that prints the first line of a key, and then a thousand others, hides one line."""
    rest = [f"line {n} of the story" for n in range(1000)]
    assert mask_lines(["no '-----BEGIN PRIVATE KEY-----' found", *rest]) == ([MASK, *rest], 1)


def test_text_of_several_lines_keeps_them() -> None:
    """Events' messages and reasons."""
    assert mask("one\ntoken=abc\nthree") == f"one\ntoken={MASK}\nthree"


HOSTILE = {
    "letters": "a",
    "pairs": "a.",
    "keyword": "token ",
    "assignment": "token=",
    "hyphens": "secret-",
    "quotes": "token='",
    "backslashes": 'password="\\',
    "urls": "http://",
    "url-colons": "ab://b:c",
    "schemes": "bearer ",
    "spaces": "basic      ",
    "dashes": "-----BEGIN ",
    "options": "--token ",
    "jwt": "eyJ",
    "cookies": "cookie: ",
    "authorization": "authorization: ",
    "ordinary": "2026-11-22T14:00:00Z INFO item=12 user=bob path=/a/b?x=1&key=2 ",
}


@pytest.mark.parametrize("piece", HOSTILE.values(), ids=HOSTILE)
def test_the_time_is_linear_in_the_length(piece: str) -> None:
    """A megabyte in one line takes well under a second, so ten take seconds at the very worst."""
    line = piece * (1_000_000 // len(piece))
    began = time.process_time()
    mask_lines([line])
    assert time.process_time() - began < 1.5


KEY_LINES = ["-----BEGIN PRIVATE KEY-----", BODY, "-----END PRIVATE KEY-----", "\n"]
WORDS = ["password", "token", "secret", "bearer", "basic", "authorization", "cookie", "hunter2", "x1", "true"]
SIGNS = ["=", ":", " ", '"', "'", "\\", "://", "@", "--", ",", "\u2028", "\x00", MASK, JWT]
PIECES = st.sampled_from(KEY_LINES + WORDS + SIGNS)
HOSTILE_TEXT = st.lists(PIECES, max_size=25).map("".join) | st.text(max_size=200)


@given(HOSTILE_TEXT)
def test_masking_twice_masks_no_more(text: str) -> None:
    """What is masked already is left alone, so that text may pass here more than once."""
    once = mask(text)
    assert mask(once) == once


@given(HOSTILE_TEXT)
def test_nothing_is_counted_where_nothing_was_changed(text: str) -> None:
    """The count and the masks agree."""
    lines = text.split("\n")
    masked, count = mask_lines(lines)
    assert (masked == lines) == (count == 0) or MASK in text
    assert len(masked) <= len(lines)
