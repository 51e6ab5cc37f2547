"""How word tables are written: as text, one entry or several a line."""

from __future__ import annotations


def words(table: str) -> frozenset[str]:
    """Return the blank-separated words of `table`."""
    return frozenset(table.split())


def pairs(table: str) -> dict[str, str]:
    """Return `{variant: canonical}` from lines of `canonical: variant variant …`.

    A canonical form of several words is written with blanks ("tidak bisa: gabisa gbs").
    """
    found: dict[str, str] = {}
    for line in table.strip().splitlines():
        canonical, _, variants = line.partition(":")
        for variant in variants.split():
            found[variant] = canonical.strip()
    return found
