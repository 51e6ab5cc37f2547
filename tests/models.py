"""The trained understanding, made once for all test processes and kept between runs."""

import fcntl
from pathlib import Path

from nlu.embedded import load_or_train, model_path

CACHE = Path(__file__).resolve().parents[1] / "var" / "tests"


def trained_model() -> Path:
    """Return the path of a current model; one process trains, the others wait for it."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        load_or_train(CACHE)
    return model_path(CACHE)
