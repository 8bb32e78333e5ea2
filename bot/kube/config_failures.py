"""What reading a kubeconfig, a service account or credentials may fail by, as kubernetes.aio shows it."""

from __future__ import annotations

import yaml
from kubernetes.aio.config import ConfigException

MISSHAPEN = (ConfigException, KeyError, TypeError, AttributeError, ValueError, OSError, yaml.YAMLError)
"""The library walks a kubeconfig trustingly: what is misshapen shows as whichever of these comes first."""


def in_one_line(problem: Exception) -> str:
    """What the library says of it, to be put into a sentence."""
    return (" ".join(str(problem).split()) or type(problem).__name__).rstrip(".")
