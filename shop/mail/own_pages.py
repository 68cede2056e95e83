"""Pages for the links in messages, in development and without ``STOREFRONT_URL``.

They are as small as they can be, and call the services that the API calls.
"""

from collections.abc import Callable
from functools import partial, wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from accounts import services
from orders.access import OrderAccess
from orders.tokens import order_of_token
from payments import services as payments
from shop.core import handlers, languages
from shop.core.errors import ShopError

_POLICY = (
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
_NAMES = {
    "order": "own-order",
    "payment": "own-order",
    "reset": "own-reset-password",
    "verification": "own-verify-email",
}
_View = Callable[[HttpRequest], HttpResponse]


def url_of(name: str, token: str) -> str:
    """Return the URL of the own page for a link, or "" in production or if there is none."""
    if not settings.DEBUG or name not in _NAMES:
        return ""
    host = settings.PUBLIC_URL or f"http://{settings.HOST}:{settings.PORT}"
    return f"{host}{reverse(_NAMES[name])}?token={token}"


def in_development(view: _View) -> _View:
    """Answer 404 without DEBUG, and restrict what the page may load."""
    protected = csrf_protect(view)

    @csrf_exempt  # in production a form is a 404, not a CSRF failure
    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        if not settings.DEBUG:
            return handlers.page_not_found(request)
        response = protected(request)
        response["Content-Security-Policy"] = _POLICY
        return response

    return guarded


@in_development
def reset_password(request: HttpRequest) -> HttpResponse:
    """Let the visitor choose a new password."""
    new_password = request.POST.get("new_password", "")
    return _form(
        request,
        title="Choose a new password",
        button="Save",
        done="Your new password is saved. You can log in with it.",
        work=partial(services.reset_password, new_password=new_password),
        asks_for_password=True,
    )


@in_development
def verify_email(request: HttpRequest) -> HttpResponse:
    """Let the visitor confirm the address."""
    return _form(
        request,
        title="Confirm your e-mail address",
        button="Confirm",
        done="Your address is confirmed.",
        work=services.verify_email,
    )


@in_development
def order(request: HttpRequest) -> HttpResponse:
    """Show the order of a link, which can be paid with the demo card."""
    from shop.mail.about_orders import find_order, order_context  # noqa: PLC0415 - a cycle

    token, error = request.GET.get("token", ""), ""
    try:
        order_id = order_of_token(token)
    except ShopError as refused:
        return render(request, "development/order.html", {"error": refused.detail}, status=401)
    if request.method == "POST":
        try:
            _pay(order_id)
        except ShopError as refused:
            error = str(refused.detail)
    found = find_order(order_id)
    context = {**order_context(found, languages.DEFAULT), "error": error} if found else {}
    context["has_demo_card"] = settings.DEMO_PAYMENTS
    return render(request, "development/order.html", context, status=400 if error else 200)


def _pay(order_id: int) -> None:
    access = OrderAccess(order_id=order_id)
    payment = payments.begin_payment(access=access, order_id=order_id, method="card")
    payments.charge(payment=payment)


def _form(
    request: HttpRequest,
    *,
    title: str,
    button: str,
    done: str,
    work: Callable[..., Any],
    asks_for_password: bool = False,
) -> HttpResponse:
    """Show a form, and call ``work`` with the token of the link once it is sent."""
    error, is_done = "", False
    if request.method == "POST":
        try:
            work(token=request.GET.get("token", ""))
            is_done = True
        except ShopError as refused:
            error = str(refused.detail)
    context = {
        "title": title,
        "button": button,
        "done": done if is_done else "",
        "error": error,
        "asks_for_password": asks_for_password,
    }
    return render(request, "development/form.html", context, status=400 if error else 200)
