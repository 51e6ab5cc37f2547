"""How word tables are written: as text, one entry or several a line."""

from __future__ import annotations


def words(table: str) -> frozenset[str]:
    """Return the blank-separated words of `table`."""
    return frozenset(table.split())


def pairs(table: str) -> dict[str, str]:
    """Return `{variant: canonical}` from lines of `canonical: variant variant …`.

    A canonical form of several words is written with blanks ("tidak bisa: gabisa gbs"); a line
    that begins with a blank continues the one before.
    """
    found: dict[str, str] = {}
    canonical = ""
    for line in table.strip().splitlines():
        head, colon, variants = line.partition(":")
        if colon:
            canonical = head
        else:
            variants = line
        for variant in variants.split():
            found[variant] = canonical.strip()
    return found
