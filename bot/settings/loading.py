"""Reading the settings out of a mapping, with every mistake told at once."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from bot.errors import PodbotError
from bot.settings.variables import Settings, Sources, Storage


class SettingsWrong(PodbotError):
    """`problems` has one line for each thing that is wrong, beginning with the variable's name."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def load(environment: Mapping[str, str]) -> Settings:
    """The settings of an environment; empty variables count as not set. Raises `SettingsWrong`."""
    given = _given(environment)
    problems = _contradictions(given)
    try:
        settings = Settings.model_validate(given)
    except ValidationError as error:
        problems = [*map(_problem, error.errors()), *problems]
    if problems:
        raise SettingsWrong(tuple(problems)) from None
    return settings


def load_sources(environment: Mapping[str, str]) -> Sources | None:
    """The sources alone, whatever is wrong with the rest; None where it is they that are wrong."""
    try:
        return Sources.model_validate(_given(environment))
    except ValidationError:
        return None


def load_storage(environment: Mapping[str, str]) -> Storage:
    """Where the store is, whatever is wrong with the rest. Raises `SettingsWrong`."""
    try:
        return Storage.model_validate(_given(environment))
    except ValidationError as error:
        raise SettingsWrong(tuple(map(_problem, error.errors()))) from None


def _given(environment: Mapping[str, str]) -> dict[str, str]:
    known = {field.alias for field in Settings.model_fields.values()}
    return {name: value.strip() for name, value in environment.items() if name in known and value.strip()}


def _contradictions(given: Mapping[str, str]) -> list[str]:
    """What is wrong with the variables together, whatever else is wrong with each."""
    found = []
    if "SLACK_APP_TOKEN" not in given and "SLACK_SIGNING_SECRET" not in given:
        found.append("SLACK_APP_TOKEN: set it (Socket Mode), or set SLACK_SIGNING_SECRET (HTTP mode)")
    if "PODBOT_KUBE_API_URL" in given and "PODBOT_KUBE_CONTEXTS" in given:
        found.append("PODBOT_KUBE_API_URL: set it or PODBOT_KUBE_CONTEXTS, not both")
    contexts = {each.strip() for each in given.get("PODBOT_KUBE_CONTEXTS", "").split(",")} - {""}
    if "PODBOT_CLUSTER_NAME" in given and len(contexts) > 1:
        found.append(
            "PODBOT_CLUSTER_NAME: it names one cluster; several are called as PODBOT_KUBE_CONTEXTS has them"
        )
    return found


def _problem(error: ErrorDetails) -> str:
    name = ".".join(str(part) for part in error["loc"][:1])
    match error["type"]:
        case "missing":
            return f"{name}: is not set, and podbot cannot run without it"
        case "string_pattern_mismatch":
            return f"{name}: must be a channel's id (C0123ABCD), not its name"
        case "int_parsing":
            return f"{name}: must be a whole number"
        case "greater_than_equal":
            return f"{name}: must be {error['ctx']['ge']} at least"
        case "less_than_equal":
            return f"{name}: must be {error['ctx']['le']} at most"
        case "enum":
            words = error["ctx"]["expected"].replace("'", "")
            return f"{name}: must be {words}"
    return f"{name}: {error['msg'].removeprefix('Value error, ')}"
