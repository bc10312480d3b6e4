"""What only a database with a server of its own can do; collected where there is one."""

import pytest
from django.db import close_old_connections, connection


@pytest.mark.django_db(transaction=True)
def test_a_request_survives_a_restart_of_the_database_before_it(client):
    connection.ensure_connection()
    connection.connection.close()
    close_old_connections()  # as each request begins
    assert client.get("/readyz").json()["database"] == "ok"
