"""The product's own model, trained once for a version of data and code."""

from __future__ import annotations

import pytest
from models import trained_model

from nlu.embedded import EmbeddedEngine


@pytest.fixture(scope="session")
def engine() -> EmbeddedEngine:
    return EmbeddedEngine(trained_model())
