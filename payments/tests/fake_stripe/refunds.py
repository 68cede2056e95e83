"""Refunds, up to the captured amount (docs.stripe.com/refunds)."""

from payments.tests.fake_stripe import currencies, forms
from payments.tests.fake_stripe.account import Account, Object, new_id
from payments.tests.fake_stripe.cards import CARDS
from payments.tests.fake_stripe.errors import conflict, invalid, missing
from payments.tests.fake_stripe.events import Events
from payments.tests.fake_stripe.forms import Form

_CREATE = ("payment_intent", "charge", "amount", "reason", "metadata")
_REASONS = ("duplicate", "fraudulent", "requested_by_customer")


class Refunds:
    """The endpoints below ``/v1/refunds``. Callers hold the account's lock."""

    def __init__(self, account: Account, events: Events) -> None:
        self.account = account
        self.events = events

    def create(self, form: Form) -> Object:
        """docs.stripe.com/api/refunds/create."""
        forms.check_names(form, *_CREATE)
        amount = forms.positive(form, "amount")
        reason = forms.choice(form, "reason", _REASONS)
        charge = self._charge_of(form)
        if self._is_disputed(charge):
            message = f"Charge {charge['id']} has been charged back; cannot issue a refund."
            raise conflict(message, "charge_disputed")
        left = charge["amount_captured"] - charge["amount_refunded"]
        if left == 0:
            message = f"Charge {charge['id']} has already been refunded."
            raise conflict(message, "charge_already_refunded")
        amount = left if amount is None else amount
        if amount > left:
            wanted, rest = (currencies.show(each, charge["currency"]) for each in (amount, left))
            raise conflict(
                f"Refund amount ({wanted}) is greater than unrefunded amount on charge ({rest})",
                param="amount",
            )
        refund = self._create(charge, form, amount, reason)
        self._add_refunded(charge, amount)
        self.events.record("charge.refunded", charge)
        return refund

    def retrieve(self, pk: str) -> Object:
        """docs.stripe.com/api/refunds/retrieve."""
        if pk not in self.account.refunds:
            raise missing("refund", pk)
        return self.account.refunds[pk]

    def update(self, pk: str, form: Form) -> Object:
        """docs.stripe.com/api/refunds/update: only the metadata can be changed."""
        forms.check_names(form, "metadata")
        refund = self.retrieve(pk)
        refund["metadata"] |= forms.metadata(form)
        return refund

    def finish(self, refund: Object, *, succeed: bool) -> None:
        """End a pending refund, or fail one that had succeeded.

        docs.stripe.com/refunds#failed-refunds: the money returns to the account.
        """
        refund["status"] = "succeeded" if succeed else "failed"
        if not succeed:
            refund["failure_reason"] = "expired_or_canceled_card"
            self._add_refunded(self.account.charges[refund["charge"]], -refund["amount"])
        for kind in ["refund.updated"] if succeed else ["refund.updated", "refund.failed"]:
            self.events.record(kind, refund)

    def _charge_of(self, form: Form) -> Object:
        if "payment_intent" not in form:
            if "charge" not in form:
                message = "One of the following params should be provided: charge, payment_intent."
                raise invalid(message, code="parameter_missing")
            if form["charge"] not in self.account.charges:
                raise missing("charge", form["charge"], param="charge")
            charge = self.account.charges[form["charge"]]
        else:
            intent = self.account.intents.get(form["payment_intent"])
            if intent is None:
                raise missing("payment_intent", form["payment_intent"], param="payment_intent")
            charge = self.account.charges.get(intent["latest_charge"] or "", {})
        if not charge.get("amount_captured"):
            pk = form.get("payment_intent", form.get("charge"))
            message = f"This PaymentIntent ({pk}) does not have a successful charge to refund."
            raise conflict(message)
        return charge

    def _is_disputed(self, charge: Object) -> bool:
        """Return whether a dispute has taken the money (docs.stripe.com/disputes)."""
        return any(
            each["charge"] == charge["id"]
            and not each["is_charge_refundable"]
            and each["status"] != "won"
            for each in self.account.disputes.values()
        )

    def _add_refunded(self, charge: Object, amount: int) -> None:
        charge["amount_refunded"] += amount
        charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]

    def _create(self, charge: Object, form: Form, amount: int, reason: str | None) -> Object:
        behaviour = CARDS[self.account.cards[charge["payment_method"]]].refund
        refund = {
            "id": new_id("re"),
            "object": "refund",
            "amount": amount,
            "charge": charge["id"],
            "created": self.account.now(),
            "currency": charge["currency"],
            "failure_reason": None,
            "metadata": forms.metadata(form),
            "payment_intent": charge["payment_intent"],
            "reason": reason,
            "status": "pending" if behaviour == "pending" else "succeeded",
        }
        self.account.refunds[refund["id"]] = refund
        self.events.record("refund.created", refund)
        return refund
