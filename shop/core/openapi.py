"""OpenAPI: every operation also says how it refuses, in the one shape of ``problem+json``."""

from typing import Any, Literal

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from shop.core.handlers import PROBLEM_JSON


class FieldProblemSerializer(serializers.Serializer[Any]):
    """One fault of one field."""

    field = serializers.CharField(help_text="Path of the field, joined by dots.")
    code = serializers.CharField()
    detail = serializers.CharField()


class ProblemSerializer(serializers.Serializer[Any]):
    """RFC 9457 problem details; facts of the refusal are further members."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="What happened, and what to do.")
    code = serializers.CharField(help_text="The refusal's name, for programs.")
    errors = FieldProblemSerializer(many=True, required=False)  # type: ignore[assignment]


IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="1 to 255 visible ASCII characters; a repeated key gets the first answer again.",
)


class ShopAutoSchema(AutoSchema):
    """Adds the problem answers to what drf-spectacular finds out by itself."""

    def get_override_parameters(self) -> list[Any]:
        """Offer the Idempotency-Key on each POST of a signed-in caller."""
        parameters: list[Any] = super().get_override_parameters()
        if self.method == "POST" and self.view.authentication_classes:
            return [*parameters, IDEMPOTENCY_KEY]
        return parameters

    def _get_response_bodies(
        self, direction: Literal["request", "response"] = "response"
    ) -> dict[str, Any]:
        responses: dict[str, Any] = super()._get_response_bodies(direction)
        for status in self._refusals():
            responses.setdefault(status, self._problem(status))
        return responses

    def _refusals(self) -> list[str]:
        found = ["406", "503"]
        if self.view.authentication_classes:
            found.append("401")
        if "{" in self.path:
            found.append("404")
        if self.method in {"POST", "PATCH", "PUT"}:
            found += ["400", "411", "413", "415", "409"]
            if self.view.authentication_classes and self.method == "POST":
                found.append("422")
        elif self.method == "GET":
            found.append("400")
        if getattr(self.view, "throttle_classes", None):
            found.append("429")
        if any(getattr(p, "staff_only", False) for p in self.view.get_permissions()):
            found.append("403")
        return sorted(found)

    def _problem(self, status: str) -> dict[str, Any]:
        component = self.resolve_serializer(ProblemSerializer(), "response")
        return {
            "content": {PROBLEM_JSON: {"schema": component.ref}},
            "description": f"Refused: {status}",
        }
