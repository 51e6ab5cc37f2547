"""Argon2id, in threads and few at a time: one derivation costs 25 ms and 19 MiB (security.md).

Inline it would stall the event loop; unbounded it would eat the machine's memory.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar
from weakref import WeakKeyDictionary

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import Type, hash_secret_raw

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import SecretStr

MEMORY_KIB = 19_456
TIME_COST = 2
PARALLELISM = 1
AT_A_TIME = 2

T = TypeVar("T")

_hasher = PasswordHasher(time_cost=TIME_COST, memory_cost=MEMORY_KIB, parallelism=PARALLELISM)
_gates: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


async def _in_thread(work: Callable[[], T]) -> T:
    loop = asyncio.get_running_loop()
    async with _gates.setdefault(loop, asyncio.Semaphore(AT_A_TIME)):
        return await asyncio.to_thread(work)


async def hash_password(password: SecretStr) -> str:
    """Return the encoded argon2id hash of a password, with a salt of its own."""
    return await _in_thread(lambda: _hasher.hash(password.get_secret_value()))


async def matches(encoded: str, password: SecretStr) -> bool:
    """Tell whether `encoded` was made from `password`; a damaged hash matches nothing."""
    return await _in_thread(lambda: _verify(encoded, password))


def _verify(encoded: str, password: SecretStr) -> bool:
    try:
        return _hasher.verify(encoded, password.get_secret_value())
    except (VerificationError, InvalidHashError):
        return False


async def derive_raw(password: SecretStr, salt: bytes) -> bytes:
    """Return 32 bytes of argon2id over `password` with a given salt."""
    return await _in_thread(
        lambda: hash_secret_raw(
            password.get_secret_value().encode(),
            salt,
            time_cost=TIME_COST,
            memory_cost=MEMORY_KIB,
            parallelism=PARALLELISM,
            hash_len=32,
            type=Type.ID,
        )
    )
