"""Settings are right as a whole, or every problem is told at once, and no secret with it."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from dotenv import dotenv_values

from bot.logs import LogFormat
from bot.settings import LogLevel, Settings, SettingsWrong, load, load_sources

LEAST = {
    "SLACK_BOT_TOKEN": "xoxb-1-secret",
    "SLACK_APP_TOKEN": "xapp-1-secret",
    "PODBOT_ALERT_CHANNEL": "C01INCIDENTS",
}
VARIABLES = {field.alias or "" for field in Settings.model_fields.values()}
EXAMPLE = Path(__file__).parents[2] / ".env.example"


def problems(**variables: str) -> list[str]:
    with pytest.raises(SettingsWrong) as caught:
        load(LEAST | variables)
    return list(caught.value.problems)


def test_the_least_that_is_needed_and_its_defaults() -> None:
    """The design's table, column by column."""
    settings = load(LEAST)
    assert settings.slack_bot_token.get_secret_value() == "xoxb-1-secret"
    assert settings.slack_signing_secret is None
    assert settings.slack_api_url == "https://slack.com/api/"
    assert (settings.kubeconfig, settings.kube_contexts, settings.kube_api_url) == (None, (), None)
    assert (settings.namespaces, settings.policy) == ((), None)
    assert (settings.delete_at_once, settings.delete_per_person) == (10, 30)
    assert (settings.http_host, settings.http_port) == ("127.0.0.1", 8080)
    assert (settings.log_level, settings.log_format) == (LogLevel.INFO, LogFormat.JSON)


def test_every_variable_is_taken() -> None:
    """Each by its name."""
    settings = load(
        LEAST
        | {
            "SLACK_SIGNING_SECRET": "8f7a6b5c",
            "SLACK_API_URL": "http://127.0.0.1:9000/api/",
            "KUBECONFIG": "/etc/kube/a:/etc/kube/b",
            "PODBOT_KUBE_CONTEXTS": "prod-eu, prod-us,prod-eu",
            "PODBOT_NAMESPACES": " shop, cart ,shop,",
            "PODBOT_POLICY": "/etc/podbot/policy.yaml",
            "PODBOT_CONFIG": "/etc/podbot/podbot.yaml",
            "PODBOT_DELETE_AT_ONCE": "3",
            "PODBOT_DELETE_PER_PERSON": "100",
            "PODBOT_LEASE_SECONDS": "15",
            "PODBOT_LEASE_NAMESPACE": "ops",
            "PODBOT_LEASE_NAME": "podbot-blue",
            "PODBOT_HTTP_ADDR": "[::1]:0",
            "PODBOT_LOG_LEVEL": "WARNING",
            "PODBOT_LOG_FORMAT": "console",
        }
    )
    assert settings.slack_signing_secret is not None
    assert settings.slack_signing_secret.get_secret_value() == "8f7a6b5c"
    assert settings.slack_api_url == "http://127.0.0.1:9000/api/"
    assert settings.kubeconfig == "/etc/kube/a:/etc/kube/b"
    assert settings.kube_contexts == ("prod-eu", "prod-us")
    assert settings.namespaces == ("shop", "cart")
    assert settings.policy == Path("/etc/podbot/policy.yaml")
    assert (settings.delete_at_once, settings.delete_per_person) == (3, 100)
    assert settings.lease_seconds == 15
    assert (settings.lease_namespace, settings.lease_name) == ("ops", "podbot-blue")
    assert (settings.http_host, settings.http_port) == ("::1", 0)
    assert (settings.log_level, settings.log_format) == (LogLevel.WARNING, LogFormat.CONSOLE)


def test_http_mode_needs_a_signing_secret_in_place_of_an_app_token() -> None:
    """One of the two ways in."""
    http = {name: value for name, value in LEAST.items() if name != "SLACK_APP_TOKEN"}
    assert load(http | {"SLACK_SIGNING_SECRET": "8f7a"}).slack_app_token is None
    with pytest.raises(
        SettingsWrong, match=r"SLACK_APP_TOKEN: set it \(Socket Mode\), or set SLACK_SIGNING_SECRET"
    ):
        load(http)


def test_an_api_server_without_credentials() -> None:
    """`kubectl proxy`."""
    settings = load(LEAST | {"PODBOT_KUBE_API_URL": "http://127.0.0.1:8001"})
    assert settings.kube_api_url == "http://127.0.0.1:8001"


def test_an_empty_variable_counts_as_not_set() -> None:
    """As a line of `.env` without a value does."""
    assert load(LEAST | dict.fromkeys(VARIABLES - LEAST.keys(), "  ")) == load(LEAST)


def test_other_variables_are_none_of_our_business() -> None:
    """Kubernetes itself sets PODBOT_PORT and the like where a Service is called podbot."""
    assert load(LEAST | {"PATH": "/bin", "PODBOT_PORT": "tcp://10.0.0.1:80"}) == load(LEAST)


def test_all_problems_are_told_at_once_one_a_line() -> None:
    """Nobody starts the bot six times to learn of six mistakes."""
    with pytest.raises(SettingsWrong) as caught:
        load(
            {
                "SLACK_BOT_TOKEN": "xapp-swapped",
                "SLACK_API_URL": "slack.com/api",
                "PODBOT_KUBE_CONTEXTS": "a,b",
                "PODBOT_KUBE_API_URL": "http://127.0.0.1:8001",
                "PODBOT_CLUSTER_NAME": "prod",
                "PODBOT_HTTP_ADDR": "8080",
                "PODBOT_LOG_LEVEL": "loud",
            }
        )
    assert list(caught.value.problems) == [
        "SLACK_BOT_TOKEN: a bot token begins with xoxb-",
        "SLACK_API_URL: it must begin with http:// or https://",
        "PODBOT_ALERT_CHANNEL: is not set, and podbot cannot run without it",
        "PODBOT_HTTP_ADDR: write it as HOST:PORT, for example 127.0.0.1:8080",
        "PODBOT_LOG_LEVEL: must be debug, info, warning or error",
        "SLACK_APP_TOKEN: set it (Socket Mode), or set SLACK_SIGNING_SECRET (HTTP mode)",
        "PODBOT_KUBE_API_URL: set it or PODBOT_KUBE_CONTEXTS, not both",
        "PODBOT_CLUSTER_NAME: it names one cluster; several are called as PODBOT_KUBE_CONTEXTS has them",
    ]
    assert str(caught.value).splitlines() == list(caught.value.problems)


def test_the_sources_are_read_though_the_rest_is_wrong() -> None:
    """So that their own mistakes can be told along with the rest's."""
    found = load_sources({"KUBECONFIG": "/etc/kube", "PODBOT_POLICY": "p.yaml", "PODBOT_LOG_LEVEL": "loud"})
    assert found is not None
    assert (found.kubeconfig, found.policy) == ("/etc/kube", Path("p.yaml"))
    assert load_sources({"PODBOT_KUBE_API_URL": "ftp://h"}) is None


WRITE_ADDRESS = "write it as HOST:PORT, for example 127.0.0.1:8080"
NO_SPACES = "no namespace can be called 'a b'; name them, separated by commas"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        pytest.param("SLACK_APP_TOKEN", "xoxb-1", "an app-level token begins with xapp-", id="swapped"),
        pytest.param("SLACK_API_URL", "https://slack.com/api", "it must end in /", id="no-slash"),
        pytest.param(
            "PODBOT_ALERT_CHANNEL",
            "#x",
            "must be a channel's id (C0123ABCD), not its name",
            id="channel-name",
        ),
        pytest.param("PODBOT_KUBE_API_URL", "http://", "it is no URL", id="no-host"),
        pytest.param(
            "PODBOT_KUBE_API_URL",
            "http://u:p@h",
            "it must hold no user or password: podbot prints it",
            id="credentials",
        ),
        pytest.param(
            "PODBOT_CLUSTER_NAME",
            "prod eu",
            "letters, digits, - . _ and : only, 63 at most, a letter or digit first",
            id="no-name-of-a-cluster",
        ),
        pytest.param("PODBOT_NAMESPACES", "a b", NO_SPACES, id="spaces"),
        pytest.param("PODBOT_NAMESPACES", ",", "it names nothing; leave it empty for the default", id="none"),
        pytest.param("PODBOT_LEASE_SECONDS", "4", "must be 5 at least", id="lease-too-short"),
        pytest.param(
            "PODBOT_LEASE_NAME",
            "My Lease",
            "nothing can be called so: lower-case letters, digits and - only",
            id="no-name-of-a-lease",
        ),
        pytest.param("PODBOT_DELETE_AT_ONCE", "51", "must be 50 at most", id="too-many-at-once"),
        pytest.param("PODBOT_DELETE_AT_ONCE", "ten", "must be a whole number", id="no-number"),
        pytest.param("PODBOT_RETENTION", "9999999d", "the longest duration is 100 years", id="for-ever"),
        pytest.param("PODBOT_HTTP_ADDR", ":8080", WRITE_ADDRESS, id="no-host-to-listen"),
        pytest.param("PODBOT_HTTP_ADDR", "h:65536", WRITE_ADDRESS, id="port"),
        pytest.param("PODBOT_HTTP_ADDR", "h:²", WRITE_ADDRESS, id="odd-digit"),
        pytest.param("PODBOT_LOG_FORMAT", "xml", "must be json or console", id="format"),
    ],
)
def test_each_problem_is_told_by_its_variable(name: str, value: str, said: str) -> None:
    """The line begins with the variable and says what to write."""
    assert problems(**{name: value}) == [f"{name}: {said}"]


def test_secrets_are_never_printed() -> None:
    """Neither with the settings nor with what is wrong with them."""
    secrets = {
        "SLACK_BOT_TOKEN": "hunter2-a",
        "SLACK_APP_TOKEN": "hunter2-b",
        "SLACK_SIGNING_SECRET": "hunter2-c",
    }
    settings = load(LEAST | {"SLACK_SIGNING_SECRET": "hunter2"})
    for shown in (repr(settings), str(settings), settings.model_dump_json()):
        assert "secret" not in shown.replace("slack_signing_secret", "")
        assert "hunter2" not in shown
    with pytest.raises(SettingsWrong) as caught:
        load(secrets | {"PODBOT_LOG_LEVEL": "loud"})
    assert "hunter2" not in str(caught.value) + repr(caught.value)
    assert caught.value.__suppress_context__


def test_settings_do_not_change() -> None:
    """Frozen once read."""
    with pytest.raises(ValueError, match="frozen"):
        load(LEAST).http_addr = "0.0.0.0:1"


def example(*, uncommented: bool) -> dict[str, str | None]:
    text = EXAMPLE.read_text(encoding="utf-8")
    if uncommented:
        text = "\n".join(
            line.removeprefix("#") if line[:1] == "#" and line[1:2].isupper() else line
            for line in text.splitlines()
        )
    return dict(dotenv_values(stream=io.StringIO(text)))


def test_the_example_names_every_variable_and_no_other() -> None:
    """`.env.example` is what a newcomer copies."""
    assert example(uncommented=True).keys() == VARIABLES


def test_the_example_explains_every_variable() -> None:
    """A comment of its own stands above each."""
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    for variable in VARIABLES:
        at = next(n for n, line in enumerate(lines) if line.removeprefix("#").startswith(f"{variable}="))
        assert lines[at - 1].startswith("# "), variable


def test_the_example_is_valid_as_soon_as_its_tokens_are_filled_in() -> None:
    """As it stands, and with every default written out."""
    filled = {name: value or "" for name, value in example(uncommented=False).items()}
    assert load(filled | LEAST) == load(LEAST | {"PODBOT_POLICY": "policy.yaml"})
    everything = {name: value or "" for name, value in example(uncommented=True).items()}
    load(everything | LEAST | {"PODBOT_KUBE_CONTEXTS": ""})
