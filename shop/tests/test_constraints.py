"""Each constraint of the shop has an error message for people."""

import pytest
from django.apps import apps
from django.db.models import BaseConstraint

from shop.testing.marks import on_one_database

pytestmark = on_one_database

OWN = ("core", "accounts", "catalog", "cart", "orders", "payments")
CONSTRAINTS = [
    constraint
    for app in OWN
    for model in apps.get_app_config(app).get_models()
    for constraint in model._meta.constraints
]


def test_every_app_has_constraints():
    for app in OWN:
        models = apps.get_app_config(app).get_models()
        assert any(model._meta.constraints for model in models), app
    core = apps.get_app_config("core").get_models()
    assert sum(len(model._meta.constraints) for model in core) >= 6


@pytest.mark.parametrize("constraint", CONSTRAINTS, ids=lambda constraint: constraint.name)
def test_each_constraint_has_an_error_message(constraint):
    message = constraint.violation_error_message
    assert message != BaseConstraint.default_violation_error_message
    assert message[0].isupper()
    assert message.endswith(".")
    assert constraint.name not in message
