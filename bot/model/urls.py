"""URLs as people write them. Pure."""

from __future__ import annotations

from urllib.parse import urlsplit


def is_http(text: str) -> bool:
    """Whether it is an http or https URL with a host."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)
