"""Each constraint has an error message for people."""

import pytest
from django.apps import apps

CONSTRAINTS = [
    constraint
    for model in apps.get_app_config("catalog").get_models()
    for constraint in model._meta.constraints
]


@pytest.mark.parametrize("constraint", CONSTRAINTS, ids=lambda constraint: constraint.name)
def test_each_constraint_has_an_error_message(constraint):
    message = constraint.violation_error_message
    assert message != constraint.default_violation_error_message
    assert message[0].isupper()
    assert message.endswith(".")
