"""The messages of the constraints of payments."""

import pytest
from django.apps import apps
from django.db.models import BaseConstraint

CONSTRAINTS = [
    constraint
    for model in apps.get_app_config("payments").get_models()
    for constraint in model._meta.constraints
]


@pytest.mark.parametrize("constraint", CONSTRAINTS, ids=lambda constraint: constraint.name)
def test_every_constraint_has_a_message_for_people(constraint):
    message = constraint.violation_error_message
    assert message != BaseConstraint.default_violation_error_message
    assert message[0].isupper()
    assert message.endswith(".")
    assert constraint.name not in message
