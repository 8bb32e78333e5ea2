"""Why an image is not there, in the words that runtimes and registries really use."""

from __future__ import annotations

import pytest

from bot.model.pulls import PULL_WORDS, PullProblem, pull_problem

IMAGE = "registry.example/team/web:1.5"
UNPACK = f'failed to pull and unpack image "{IMAGE}": '
RPC = "rpc error: code = NotFound desc = "
RESOLVE = f'{UNPACK}failed to resolve reference "{IMAGE}": '

CASES = {
    "containerd-not-found": (
        f"rpc error: code = NotFound desc = {RESOLVE}{IMAGE}: not found",
        PullProblem.NOT_FOUND,
    ),
    "docker-manifest-unknown": (
        f"rpc error: code = Unknown desc = Error response from daemon: manifest for {IMAGE} not found: "
        "manifest unknown: manifest unknown",
        PullProblem.NOT_FOUND,
    ),
    "backing-off": (
        f'Back-off pulling image "{IMAGE}": ErrImagePull: {RPC}{RESOLVE}{IMAGE}: not found',
        PullProblem.NOT_FOUND,
    ),
    "hub-denied": (
        f"{RESOLVE}pull access denied, repository does not exist or may require authorization: "
        "server message: insufficient_scope: authorization failed",
        PullProblem.NOT_AUTHORISED,
    ),
    "docker-unauthorized": (
        "rpc error: code = Unknown desc = Error response from daemon: unauthorized: authentication required",
        PullProblem.NOT_AUTHORISED,
    ),
    "forbidden": (
        f"{RESOLVE}failed to authorize: failed to fetch oauth token: unexpected status: 403 Forbidden",
        PullProblem.NOT_AUTHORISED,
    ),
    "rate-limited": (
        f"{UNPACK}failed to copy: httpReadSeeker: failed open: unexpected status code "
        "https://registry-1.example/v2/team/web/manifests/sha256:8d0b404a: 429 Too Many Requests - "
        "Server message: toomanyrequests: You have reached your pull rate limit.",
        PullProblem.RATE_LIMITED,
    ),
    "timed-out": (
        f'{RESOLVE}failed to do request: Head "https://registry.example/v2/team/web/manifests/1.5": dial tcp '
        "10.0.0.1:443: i/o timeout",
        PullProblem.TIMED_OUT,
    ),
    "tls-timeout": (f"{RESOLVE}net/http: TLS handshake timeout", PullProblem.TIMED_OUT),
    "no-such-host": (
        f"{RESOLVE}failed to do request: dial tcp: lookup registry.example on 10.96.0.10:53: no such host",
        PullProblem.UNREACHABLE,
    ),
    "refused": (f"{RESOLVE}dial tcp 10.0.0.1:443: connect: connection refused", PullProblem.UNREACHABLE),
    "bad-gateway": (f"{RESOLVE}unexpected status: 502 Bad Gateway", PullProblem.UNREACHABLE),
    "unknown-authority": (
        f"{RESOLVE}tls: failed to verify certificate: x509: certificate signed by unknown authority",
        PullProblem.UNTRUSTED,
    ),
    "plain-http": (f"{RESOLVE}http: server gave HTTP response to HTTPS client", PullProblem.UNTRUSTED),
    "nothing-said": (f'Back-off pulling image "{IMAGE}"', PullProblem.UNKNOWN),
    "named-like-a-fault": (
        'Back-off pulling image "registry.example/not-found/unauthorized:404"',
        PullProblem.UNKNOWN,
    ),
    "named-like-another-fault": (
        'failed to pull "registry.example/denied:429": failed to resolve reference '
        '"registry.example/denied:429": '
        "registry.example/denied:429: not found",
        PullProblem.NOT_FOUND,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_messages_are_sorted(name: str) -> None:
    """By what the registry said, not by what the image is called."""
    message, problem = CASES[name]
    assert pull_problem("ErrImagePull", message) is problem


@pytest.mark.parametrize(
    ("reason", "problem"),
    [
        pytest.param("InvalidImageName", PullProblem.BAD_NAME, id="name"),
        pytest.param("ErrImageNeverPull", PullProblem.NEVER_PULLED, id="never"),
        pytest.param("RegistryUnavailable", PullProblem.UNREACHABLE, id="registry"),
        pytest.param("SignatureValidationFailed", PullProblem.UNTRUSTED, id="signature"),
        pytest.param("ImagePullBackOff", PullProblem.UNKNOWN, id="back-off"),
    ],
)
def test_the_kubelets_own_reasons_are_enough(reason: str, problem: PullProblem) -> None:
    """Where there is no message at all."""
    assert pull_problem(reason, "") is problem


def test_every_kind_has_words() -> None:
    """What it means, and what to look at next."""
    assert PULL_WORDS.keys() == set(PullProblem)
    assert all(words.next_step.endswith(".") for words in PULL_WORDS.values())
