"""Routing of requests to endpoints, and authentication."""

import base64
from collections.abc import Callable
from dataclasses import dataclass, field

from payments.tests.fake_stripe import forms, pages
from payments.tests.fake_stripe.account import Account, Object, new_id
from payments.tests.fake_stripe.errors import ApiError, invalid, missing
from payments.tests.fake_stripe.forms import Form
from payments.tests.fake_stripe.intents import Intents
from payments.tests.fake_stripe.parameters import problems_of
from payments.tests.fake_stripe.refunds import Refunds

SECRET, PUBLISHABLE = "sk_test_shop", "pk_test_shop"


@dataclass
class Request:
    """A request. ``form`` is its parsed body, or the query of a GET."""

    method: str
    path: str
    form: Form
    headers: dict[str, str]
    id: str = field(default_factory=lambda: new_id("req"))

    @property
    def key(self) -> str:
        """The idempotency key of a POST. Other methods ignore it."""
        return self.headers.get("idempotency-key", "") if self.method == "POST" else ""

    def api_key(self) -> str:
        """Return the API key of Bearer or Basic (docs.stripe.com/api/authentication)."""
        scheme, _, value = self.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "basic":
            return base64.b64decode(value).decode().partition(":")[0]
        return value


def check_key(request: Request) -> None:
    """Raise the 401 for a wrong API key.

    A publishable key can only confirm and read an intent whose secret is given
    (docs.stripe.com/keys).
    """
    key = request.api_key()
    if not key:
        message = "You did not provide an API key. You need to provide your API key…"
        raise ApiError(401, message)
    is_about_one_intent = (
        request.path.startswith("/v1/payment_intents/pi_")
        and "client_secret" in request.form
        and not request.path.endswith(("/capture", "/cancel"))
    )
    if key != SECRET and not (key == PUBLISHABLE and is_about_one_intent):
        shown = f"{key[:8]}{'*' * 8}{key[-4:]}"
        raise ApiError(401, f"Invalid API Key provided: {shown}")


Endpoint = Callable[[Request, list[str]], Object]


class Routes:
    """Finds and executes the endpoint of a request. Callers hold the account's lock."""

    def __init__(self, account: Account, intents: Intents, refunds: Refunds) -> None:
        self.account = account
        self.intents = intents
        self.refunds = refunds
        self._endpoints: dict[tuple[str, str], Endpoint] = {
            ("GET", "payment_intents"): self._read_intents,
            ("POST", "payment_intents"): self._write_intent,
            ("GET", "refunds"): self._read_refunds,
            ("POST", "refunds"): self._write_refund,
            ("GET", "charges"): self._read_charges,
            ("GET", "events"): self._read_events,
            ("GET", "disputes"): self._read_disputes,
            ("GET", "reviews"): self._read_reviews,
            ("GET", "radar/early_fraud_warnings"): self._read_warnings,
        }

    def execute(self, request: Request) -> Object:
        """Execute the endpoint of a request and return its result. Raises ApiError."""
        _, kind, *rest = request.path.strip("/").split("/")
        if kind == "radar" and rest:
            kind, *rest = f"radar/{rest[0]}", *rest[1:]
        endpoint = self._endpoints.get((request.method, kind))
        if endpoint is None:
            raise no_such_url(request)
        # Stripe's script in the buyer's browser has parameters of its own.
        wrong = problems_of(request.method, kind, rest, request.form)
        if not wrong or request.api_key() != SECRET:
            return endpoint(request, rest)
        self.account.wrong_parameters.append([request.method, request.path, wrong])
        endpoint(request, rest)  # may have an error that is more exact
        raise invalid(f"Received unknown parameter: {wrong[0]}", wrong[0], "parameter_unknown")

    def _read_intents(self, request: Request, rest: list[str]) -> Object:
        """docs.stripe.com/api/payment_intents/list."""
        form = request.form
        if not rest:
            forms.check_names(form, "customer", *pages.PARAMETERS)
            intents = self.account.intents
            return pages.page(intents, form, request.path, customer=form.get("customer"))
        forms.check_names(form, "client_secret")
        intent = self.intents.retrieve(rest[0])
        is_secret_right = form.get("client_secret") == intent["client_secret"]
        if request.api_key() == PUBLISHABLE and not is_secret_right:
            raise missing("payment_intent", intent["id"])
        return intent

    def _write_intent(self, request: Request, rest: list[str]) -> Object:
        form = request.form
        match rest:
            case []:
                return self.intents.create(form)
            case [pk]:
                return self.intents.update(pk, form)
            case [pk, "confirm"]:
                by_customer = request.api_key() == PUBLISHABLE
                return self.intents.confirm(pk, form, by_customer=by_customer)
            case [pk, "capture"]:
                return self.intents.capture(pk, form)
            case [pk, "cancel"]:
                return self.intents.cancel(pk, form)
        raise no_such_url(request)

    def _read_refunds(self, request: Request, rest: list[str]) -> Object:
        """docs.stripe.com/api/refunds/list."""
        form = request.form
        if rest:
            return self.refunds.retrieve(rest[0])
        forms.check_names(form, "payment_intent", "charge", *pages.PARAMETERS)
        equal = {name: form.get(name) for name in ("payment_intent", "charge")}
        return pages.page(self.account.refunds, form, request.path, **equal)

    def _write_refund(self, request: Request, rest: list[str]) -> Object:
        if len(rest) > 1:
            raise no_such_url(request)
        if rest:
            return self.refunds.update(rest[0], request.form)
        return self.refunds.create(request.form)

    def _read_charges(self, request: Request, rest: list[str]) -> Object:
        """docs.stripe.com/api/charges/list."""
        form = request.form
        if rest:
            return _found("charge", self.account.charges, rest[0])
        forms.check_names(form, "payment_intent", *pages.PARAMETERS)
        wanted = form.get("payment_intent")
        return pages.page(self.account.charges, form, request.path, payment_intent=wanted)

    def _read_events(self, request: Request, rest: list[str]) -> Object:
        """docs.stripe.com/api/events/list: those of the last thirty days."""
        form = request.form
        oldest = self.account.now() - 30 * 24 * 3600
        events = {pk: each for pk, each in self.account.events.items() if each["created"] >= oldest}
        if rest:
            return _found("event", events, rest[0])
        forms.check_names(form, "type", "types", *pages.PARAMETERS)
        if "types" in form:
            events = {pk: each for pk, each in events.items() if each["type"] in form["types"]}
        return pages.page(events, form, request.path, type=form.get("type"))

    def _read_disputes(self, request: Request, rest: list[str]) -> Object:
        """docs.stripe.com/api/disputes/list."""
        form = request.form
        if rest:
            return _found("dispute", self.account.disputes, rest[0])
        equal = {name: form.get(name) for name in ("payment_intent", "charge")}
        return pages.page(self.account.disputes, form, request.path, **equal)

    def _read_warnings(self, request: Request, rest: list[str]) -> Object:
        """docs.stripe.com/api/radar/early_fraud_warnings/list."""
        form = request.form
        if rest:
            return _found("early_fraud_warning", self.account.warnings, rest[0])
        equal = {name: form.get(name) for name in ("payment_intent", "charge")}
        return pages.page(self.account.warnings, form, request.path, **equal)

    def _read_reviews(self, request: Request, rest: list[str]) -> Object:
        """docs.stripe.com/api/radar/reviews/list: those that are open."""
        if rest:
            return _found("review", self.account.reviews, rest[0])
        return pages.page(self.account.reviews, request.form, request.path, open=True)


def _found(what: str, objects: dict[str, Object], pk: str) -> Object:
    if pk not in objects:
        raise missing(what, pk)
    return objects[pk]


def no_such_url(request: Request) -> ApiError:
    """Return the 404 for an unknown path."""
    message = f"Unrecognized request URL ({request.method}: {request.path})."
    return ApiError(404, message)
