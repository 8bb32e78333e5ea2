"""Fixtures of the tests of `bot.kube`."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.unit.kube.kubeconfigs import Config, Write


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a kubeconfig."""
    path = tmp_path / "config"

    def write(config: Config | str) -> str:
        path.write_text(config if isinstance(config, str) else yaml.safe_dump(config))
        return str(path)

    return write
