"""What the bot stands on, checked before anything is connected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.clock import Clock
from bot.incidents.config_keeper import ConfigKeeper
from bot.kube.targets import KubeConfigProblem, Target
from bot.pods.policy_keeper import PolicyKeeper
from bot.settings import SettingsWrong, Sources
from bot.settings.clusters import targets_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """The clusters that are meant, the default one first, and the two files that are in force."""

    targets: tuple[Target, ...]
    policy: PolicyKeeper
    config: ConfigKeeper


async def prepare(sources: Sources, environment: Mapping[str, str], clock: Clock) -> Ground:
    """Check all that can be checked before anything is connected.

    `environment` says whether this is the inside of a cluster, and holds the secrets that the configuration
    names. Raises `SettingsWrong` with every problem of the kubeconfig and of the two files.
    """
    problems: list[str] = []
    found: Sequence[Target] = ()
    try:
        found = targets_of(sources, environment)
    except KubeConfigProblem as problem:
        problems += [f"KUBECONFIG: {each}" for each in problem.problems]
    policy = PolicyKeeper(sources.policy, clock)
    await policy.load()
    problems += [f"PODBOT_POLICY: {sources.policy}: {mistake}" for mistake in policy.mistakes]
    config = ConfigKeeper(sources.config, environment, clock)
    await config.load()
    problems += [f"PODBOT_CONFIG: {sources.config}: {mistake}" for mistake in config.mistakes]
    if problems:
        raise SettingsWrong(tuple(problems))
    return Ground(targets=tuple(found), policy=policy, config=config)
