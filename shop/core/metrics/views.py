"""``GET /metrics``, for Prometheus."""

from collections.abc import Iterator

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.csrf import csrf_exempt
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from shop.core.errors import Unauthorized
from shop.core.handlers import page_not_found, problem_for
from shop.core.metrics import readings, recorder

Family = CounterMetricFamily | GaugeMetricFamily


@csrf_exempt
def metrics(request: HttpRequest) -> HttpResponse:
    """Return the metrics of this server and the readings of the database, for METRICS_TOKEN.

    404 while METRICS_TOKEN is not set, 401 for another token.
    """
    if not settings.METRICS_TOKEN:
        return page_not_found(request)
    scheme, _, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    if scheme.lower() != "bearer" or not constant_time_compare(token, settings.METRICS_TOKEN):
        return problem_for(Unauthorized(), request)
    registry = recorder.registry() or CollectorRegistry()
    content = generate_latest(registry) + generate_latest(_registry_of_readings())
    return HttpResponse(
        content, content_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"}
    )


def _registry_of_readings() -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(_Readings())
    return registry


class _Readings(Collector):
    """The readings as Prometheus' families, which have several readings of the same name."""

    def collect(self) -> Iterator[Family]:
        """Yield the families."""
        families: dict[str, Family] = {}
        for name, text, value, labels in readings.current():
            if name not in families:
                kind = CounterMetricFamily if name.endswith("_total") else GaugeMetricFamily
                families[name] = kind(name, text, labels=[label for label, _ in labels])
            families[name].add_metric([label for _, label in labels], value)
        yield from families.values()
