"""Keeps the configuration that is in force, and takes a changed file up without a restart.

A file with mistakes changes nothing (`files.followed`). Without a file, or before a good one was read,
everything goes to the alert channel.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from bot import logs
from bot.clock import Clock
from bot.files.followed import LOOK_EVERY, FollowedFile
from bot.incidents.route_config import Config
from bot.incidents.route_file import parse
from bot.model import tuning

log = logs.get(__name__)


class ConfigKeeper:
    """`config` is what holds now; `problem` says in words what is wrong with the file, if anything."""

    def __init__(self, path: Path | None, environment: Mapping[str, str], clock: Clock) -> None:
        """`environment` holds the secrets that the file only names."""
        self._path = path
        self._clock = clock
        self._file = FollowedFile(
            path,
            partial(parse, environment=environment),
            name="configuration",
            otherwise="all alerts go to PODBOT_ALERT_CHANNEL",
        )
        self.config = Config()
        self.problem = ""
        self.mistakes: tuple[str, ...] = ()
        """Of the file as it is now, each beginning with its line where it has one."""

    async def load(self) -> None:
        """Look at the file now, and take it up where it has changed and is right."""
        if await self._file.load():
            self.config = self._file.value or Config()
            log.info(
                "configuration in force",
                path=str(self._path),
                routes=[each.name for each in self.config.rules],
                escalations=sorted(self.config.escalations),
                webhooks=sorted(self.config.webhooks),
                tuned=list(tuning.changed(self.config.timings, self.config.limits)),
            )
        self.problem, self.mistakes = self._file.problem, self._file.mistakes

    async def run(self) -> None:
        """Follow the file until cancelled."""
        while True:
            await self._clock.sleep(LOOK_EVERY)
            await self.load()
