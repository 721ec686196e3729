"""Requests made up from the OpenAPI description: no failure, and no reply it does not describe."""

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from corpora.home import Home
from tests.ui.server.conftest import library_of
from ui.server.app import create_app
from ui.server.service import Limits, Service

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
LOCAL = {"host": "localhost"}


# Without schemathesis's own plug-in, which this pytest does not know.
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_made_up_requests(served_home: Home) -> None:
    service = Service(library_of(served_home), Limits(per_minute=0))
    service.library.assistant()
    schema = schemathesis.openapi.from_asgi("/openapi.json", create_app(service), headers=LOCAL)
    operations = [each.ok() for each in schema.get_all_operations()]
    assert len(operations) == 12
    for operation in operations:

        @given(case=operation.as_strategy())
        @settings(
            max_examples=30,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        def conforms(case: schemathesis.Case) -> None:
            case.call_and_validate(checks=CHECKS, headers=LOCAL)

        conforms()
