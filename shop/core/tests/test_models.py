"""The models of the app ``core``."""

from django.apps import apps
from django.db.models import BaseConstraint


def test_every_constraint_has_a_sentence_for_people():
    constraints = [
        constraint
        for model in apps.get_app_config("core").get_models()
        for constraint in model._meta.constraints
    ]
    assert len(constraints) >= 6
    for constraint in constraints:
        sentence = constraint.violation_error_message
        assert sentence != BaseConstraint.default_violation_error_message, constraint.name
        assert sentence.endswith("."), constraint.name
