"""One small catalogue for all tests that look at it."""

from __future__ import annotations

import pytest

from tests.site import small

pytest.importorskip("altair", reason="the extra site is not installed")


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> small.Small:
    return small.make(tmp_path_factory.mktemp("catalogue"))
