"""The product's own model, trained once for a version of data and code."""

from __future__ import annotations

import pytest

from nlu.embedded import EmbeddedEngine, load_or_train


@pytest.fixture(scope="session")
def engine(pytestconfig: pytest.Config) -> EmbeddedEngine:
    assert pytestconfig.cache is not None
    return load_or_train(pytestconfig.cache.mkdir("nlu"))
