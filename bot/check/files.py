"""Looks at all that can be judged without a network: variables, kubeconfig, policy, configuration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from bot.check.findings import Finding, Level
from bot.clock import Clock
from bot.incidents.config_keeper import ConfigKeeper
from bot.incidents.route_config import Config, Match
from bot.kube.targets import KubeConfigProblem, Target, cluster_name
from bot.model import tuning
from bot.pods.policy_keeper import PolicyKeeper
from bot.settings import Settings, SettingsWrong, Sources, load, load_sources
from bot.settings.clusters import targets_of

_CHOOSING = frozenset({"PODBOT_KUBE_API_URL", "PODBOT_KUBE_CONTEXTS"})
"""Where one of these is wrong, nobody knows which cluster was meant; the kubeconfig's current one was not."""

_OURS = ("PODBOT_", "SLACK_", "KUBE")
_LOOKS_LIKE = 0.85
"""How alike a slip of the pen and the right name are: a letter too many, too few, or two changed round."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetUp:
    """What podbot is set up with, as far as it is right."""

    findings: tuple[Finding, ...]
    settings: Settings | None
    targets: tuple[Target, ...]
    policy: PolicyKeeper
    config: Config


async def look(environment: Mapping[str, str], clock: Clock) -> SetUp:
    """Every problem of every file, and what is in force where there is none."""
    settings, sources, found = _settings(environment)
    chosen = _CHOOSING.isdisjoint(each.subject for each in found)
    found += _misspelt(environment)
    targets_found: Sequence[Target] = ()
    if chosen:
        targets_found, about_clusters = _clusters(sources, environment)
        found += about_clusters
    policy = PolicyKeeper(sources.policy, clock)
    await policy.load()
    config = ConfigKeeper(sources.config, environment, clock)
    await config.load()
    found += [*_policy(sources, policy), *_config(sources, config)]
    return SetUp(
        findings=tuple(found),
        settings=settings,
        targets=tuple(targets_found),
        policy=policy,
        config=config.config,
    )


def _settings(environment: Mapping[str, str]) -> tuple[Settings | None, Sources, list[Finding]]:
    try:
        settings = load(environment)
    except SettingsWrong as wrong:
        found = [Finding(Level.WRONG, *_parted(each)) for each in wrong.problems]
        # What is right is looked at all the same.
        rest = environment.keys() - {each.subject for each in found}
        return None, load_sources({name: environment[name] for name in rest}) or Sources(), found
    return settings, settings, [Finding(Level.OK, "environment", "all that podbot needs is set")]


def _clusters(sources: Sources, environment: Mapping[str, str]) -> tuple[Sequence[Target], list[Finding]]:
    try:
        there = targets_of(sources, environment)
    except KubeConfigProblem as problem:
        return (), [Finding(Level.WRONG, "KUBECONFIG", each) for each in problem.problems]
    names = ", ".join(cluster_name(each) for each in there)
    return there, [Finding(Level.OK, "KUBECONFIG", f"clusters: {names}")]


def _misspelt(environment: Mapping[str, str]) -> Iterator[Finding]:
    """Variables that are no settings and look like one.

    Others may well begin with PODBOT_: Kubernetes gives a container `PODBOT_SERVICE_HOST`,
    `PODBOT_PORT_80_TCP` and their like where a Service is called podbot.
    """
    known = {str(field.alias) for field in Settings.model_fields.values()}
    for name in sorted(environment.keys() - known):
        meant = get_close_matches(name, known, n=1, cutoff=_LOOKS_LIKE)
        if meant and name.startswith(_OURS):
            yield Finding(Level.WARN, name, f"has no effect: no setting is called so; is it {meant[0]}?")


def _parted(problem: str) -> tuple[str, str]:
    variable, _, words = problem.partition(": ")
    return variable, words


def _policy(sources: Sources, policy: PolicyKeeper) -> Iterator[Finding]:
    if sources.policy is None:
        yield Finding(
            Level.WARN, "PODBOT_POLICY", "is not set: nobody may do anything but help, whoami and can-i"
        )
    for each in policy.mistakes:
        yield Finding(Level.WRONG, "PODBOT_POLICY", f"{sources.policy}: {each}")
    if sources.policy is not None and not policy.mistakes:
        held = policy.policy
        words = f"{sources.policy}: roles {len(held.roles)}, bindings {len(held.bindings)}"
        yield Finding(Level.OK, "PODBOT_POLICY", words)
        given = {each.role for each in held.bindings}
        for role in sorted(held.roles.keys() - given):
            yield Finding(Level.WARN, "PODBOT_POLICY", f"role `{role}` is given to nobody")


def _config(sources: Sources, keeper: ConfigKeeper) -> Iterator[Finding]:
    if sources.config is None:
        yield Finding(Level.OK, "PODBOT_CONFIG", "is not set: all alerts go to PODBOT_ALERT_CHANNEL")
        return
    for each in keeper.mistakes:
        yield Finding(Level.WRONG, "PODBOT_CONFIG", f"{sources.config}: {each}")
    if not keeper.mistakes:
        config = keeper.config
        words = f"routes {len(config.rules)}, escalations {len(config.escalations)}"
        yield Finding(Level.OK, "PODBOT_CONFIG", f"{sources.config}: {words}")
        tuned = ", ".join(tuning.changed(config.timings, config.limits))
        if tuned:
            words = f"times and limits other than the defaults: {tuned}"
            yield Finding(Level.OK, "PODBOT_CONFIG", words)
        yield from _idle(config)


def _idle(config: Config) -> Iterator[Finding]:
    """What stands in the file and has no effect."""
    ends = next(
        (
            number
            for number, each in enumerate(config.rules, start=1)
            if each.match == Match() and not each.goes_on
        ),
        len(config.rules),
    )
    for number, each in enumerate(config.rules[ends:], start=ends + 1):
        words = f"route {number} `{each.name}` is never reached: route {ends} takes everything"
        yield Finding(Level.WARN, "PODBOT_CONFIG", words)
    called = {each.escalation for each in config.rules}
    for name in config.escalations.keys() - called:
        yield Finding(Level.WARN, "PODBOT_CONFIG", f"escalation `{name}` is named by no route")
    plans = config.escalations.values()
    used = {step.webhook for plan in plans for steps in plan.steps.values() for step in steps}
    for name in config.webhooks.keys() - used:
        yield Finding(Level.WARN, "PODBOT_CONFIG", f"webhook `{name}` is called by no escalation")
