"""Users who are there at once."""

from __future__ import annotations

import pytest

from chalicelib.models import User
from tests.support.api import Api
from tests.support.many import Keep, items
from tests.support.tables import Tables


@pytest.fixture
def keep(tables: Tables, api: Api) -> Keep:
    """Puts users into the tables."""

    def put(*users: User) -> None:
        tables.put({key: item for user in users for key, item in items(user).items()})

    return put
