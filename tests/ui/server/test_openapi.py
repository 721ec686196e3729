"""Requests made up from the OpenAPI description: no failure, and no reply it does not describe."""

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.ui.server.conftest import library_of
from ui.server.app import create_app
from ui.server.service import Limits, Service

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.fixture
def api(served_home):
    service = Service(library_of(served_home), Limits(per_minute=0))
    service.library.assistant()
    app = create_app(service)
    return schemathesis.openapi.from_asgi("/openapi.json", app, headers={"host": "localhost"})


schema = schemathesis.pytest.from_fixture("api")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@schema.parametrize()
@settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
def test_made_up_requests(case) -> None:
    case.call_and_validate(checks=CHECKS, headers={"host": "localhost"})
