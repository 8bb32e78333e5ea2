"""Uploaded files, from the upload address to their place in a channel."""

from __future__ import annotations

import mimetypes
import secrets
from dataclasses import dataclass, field, replace

from bot.playground.workspace.refusals import Refused
from bot.playground.workspace.wire import ChannelId, FileId, Json, UserId

MAX_FILE_BYTES = 64 * 1024 * 1024
MAX_FILES = 1_000
ALT_CHARACTERS = 1_000
PREVIEW_CHARACTERS = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file and where it is shared; `body` is None until its bytes have arrived."""

    id: FileId
    name: str
    title: str
    length: int
    user: UserId
    created: int
    body: bytes | None = field(default=None, repr=False)
    completed: bool = False
    alt: str = ""
    """What a picture shows, for screen readers."""
    channels: frozenset[ChannelId] = frozenset()

    @property
    def mimetype(self) -> str:
        """Guessed from the name; logs and unnamed text count as plain text."""
        if self.name.endswith(".log"):
            return "text/plain"
        return mimetypes.guess_type(self.name)[0] or "application/octet-stream"

    @property
    def preview(self) -> str | None:
        """The first characters of a text file, None for anything else."""
        if self.body is None or not self.mimetype.startswith(
            ("text/", "application/json", "application/yaml")
        ):
            return None
        return self.body.decode("utf-8", errors="replace")[:PREVIEW_CHARACTERS]

    def as_json(self, base_url: str) -> Json:
        """The file object of `files.info`."""
        shown: Json = {
            "id": self.id,
            "created": self.created,
            "timestamp": self.created,
            "name": self.name,
            "title": self.title,
            "mimetype": self.mimetype,
            "filetype": self.name.rpartition(".")[2] or "text",
            "user": self.user,
            "size": self.length,
            "mode": "snippet" if self.preview is not None else "hosted",
            "is_external": False,
            "is_public": bool(self.channels),
            "url_private": f"{base_url}files/{self.id}",
            "url_private_download": f"{base_url}files/{self.id}",
            "permalink": f"{base_url}page/files/{self.id}",
            "channels": sorted(self.channels),
        }
        if self.alt:
            shown["alt_txt"] = self.alt
        return {**shown, "preview": self.preview} if self.preview is not None else shown


class FileStore:
    """All files; the oldest are dropped when there are too many."""

    def __init__(self) -> None:
        self._files: dict[FileId, File] = {}
        self._tickets: dict[str, FileId] = {}

    def announce(
        self, *, name: str, length: int, user: UserId, now: float, alt: str = ""
    ) -> tuple[File, str]:
        """Makes room for an upload; returns the file and the secret part of its upload address."""
        file_id = FileId(f"F{len(self._tickets) + 1:03d}{secrets.token_hex(3).upper()}")
        file = File(id=file_id, name=name, title=name, length=length, user=user, created=int(now), alt=alt)
        ticket = secrets.token_urlsafe(16)
        self._files[file_id] = file
        self._tickets[ticket] = file_id
        if len(self._files) > MAX_FILES:
            del self._files[next(iter(self._files))]
        return file, ticket

    def receive(self, ticket: str, body: bytes) -> None:
        """Stores the bytes sent to an upload address.

        Raises:
            Refused: `not_found` for an unknown address, `length_mismatch` when the size is not the announced
            one.
        """
        file = self._files.get(self._tickets.get(ticket, FileId("")))
        if file is None:
            raise Refused("not_found")
        if len(body) != file.length:
            raise Refused("length_mismatch")
        self._files[file.id] = replace(file, body=body)

    def complete(self, file_id: str, *, title: str | None, channels: frozenset[ChannelId]) -> File:
        """Finishes an upload and shares it.

        Raises:
            Refused: `file_not_found` when nothing was announced or no bytes arrived.
        """
        file = self._files.get(FileId(file_id))
        if file is None or file.body is None or file.completed:
            raise Refused("file_not_found")
        done = replace(file, title=title or file.title, completed=True, channels=channels)
        self._files[file.id] = done
        return done

    def get(self, file_id: str) -> File | None:
        """A finished file."""
        file = self._files.get(FileId(file_id))
        return file if file is not None and file.completed else None
