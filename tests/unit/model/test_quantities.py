"""Kubernetes' quantities, read and printed."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bot.model import quantities

READ = {
    "250m": "0.25",
    "2": "2",
    "1.5": "1.5",
    ".5": "0.5",
    "12345678n": "0.012345678",
    "500u": "0.0005",
    "128Mi": str(128 * 2**20),
    "182272Ki": str(182272 * 1024),
    "1e3": "1000",
    "12E": str(12 * 10**18),
    "0": "0",
    "-1": "-1",
}


@pytest.mark.parametrize(("text", "number"), READ.items(), ids=READ)
def test_a_quantity_is_read(text: str, number: str) -> None:
    """Suffixes of both kinds, and exponents."""
    assert quantities.parse(text) == Decimal(number)


@pytest.mark.parametrize("text", ["", "m", "1x", "1 Mi", "Mi1", "1MiB", "1e", "\uff11"], ids=repr)
def test_anything_else_is_none(text: str) -> None:
    """And says so."""
    with pytest.raises(ValueError, match="no quantity"):
        quantities.parse(text)


def test_they_are_printed_as_kubectl_top_prints_them() -> None:
    """CPU is rounded up to thousandths, memory down to whole mebibytes."""
    assert quantities.millicores(Decimal("0.0111")) == "12m"
    assert quantities.millicores(Decimal(2)) == "2000m"
    assert quantities.mebibytes(Decimal(191_000_000)) == "182Mi"
    assert quantities.share(Decimal(192), Decimal(256)) == "75 %"
