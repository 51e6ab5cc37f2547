"""Draw the two icons of the Teams app: a speech bubble with a keyhole."""

import struct
import zlib
from collections.abc import Callable
from functools import cache

Colour = tuple[int, int, int, int]
BLUE: Colour = (0x1F, 0x5F, 0xA8, 0xFF)
WHITE: Colour = (0xFF, 0xFF, 0xFF, 0xFF)
NOTHING: Colour = (0xFF, 0xFF, 0xFF, 0x00)
FINE = 3
"""Points looked at along each side of a pixel: smooth edges."""
TOP, FLOOR, POINT = 0.04, 0.78, 0.98
"""Heights of the bubble and of the point of its tail, in a square of side 1."""
CORNER, WALL = 0.2, 0.22
EYE, RADIUS, STEM = 0.33, 0.1, 0.27
"""Where the keyhole is, and how large."""


@cache
def color() -> bytes:
    """Return the full icon, 192 by 192: the symbol within the middle 120."""
    return png(192, BLUE, WHITE, lambda x, y: symbol((x - 36) / 120, (y - 36) / 120))


@cache
def outline() -> bytes:
    """Return the small one, 32 by 32: white on nothing, as Teams asks."""
    return png(32, NOTHING, WHITE, lambda x, y: symbol((x - 2) / 28, (y - 2) / 28))


def symbol(x: float, y: float) -> bool:
    """Tell whether a point of the unit square is part of the symbol."""
    return (in_bubble(x, y) or in_tail(x, y)) and not in_keyhole(x, y)


def in_bubble(x: float, y: float) -> bool:
    """A rectangle with round corners, wide as the square, down to `FLOOR`."""
    across = max(CORNER - x, x - (1 - CORNER), 0.0)
    down = max(TOP + CORNER - y, y - (FLOOR - CORNER), 0.0)
    return across**2 + down**2 <= CORNER**2


def in_tail(x: float, y: float) -> bool:
    """A wedge at the lower left, from within the bubble to its point."""
    return FLOOR - CORNER <= y <= POINT and WALL <= x <= WALL + (POINT - y)


def in_keyhole(x: float, y: float) -> bool:
    """A disc, and below it a stem that grows wider."""
    right, below = x - 0.5, y - EYE
    disc = right**2 + below**2 <= RADIUS**2
    return disc or (0 <= below <= STEM and abs(right) <= (RADIUS + below) * 0.4)


def png(size: int, ground: Colour, ink: Colour, drawn: Callable[[float, float], bool]) -> bytes:
    rows = (
        b"\0" + b"".join(pixel(x, y, ground, ink, drawn) for x in range(size)) for y in range(size)
    )
    header = struct.pack(">IIBBBBB", size, size, 8, 6, 0, 0, 0)
    body = zlib.compress(b"".join(rows), 9)
    chunks = chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def pixel(
    x: int, y: int, ground: Colour, ink: Colour, drawn: Callable[[float, float], bool]
) -> bytes:
    steps = [(number + 0.5) / FINE for number in range(FINE)]
    share = sum(drawn(x + right, y + down) for right in steps for down in steps) / FINE**2
    return bytes(round(a + (b - a) * share) for a, b in zip(ground, ink, strict=True))


def chunk(kind: bytes, content: bytes) -> bytes:
    mark = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", mark)
