"""Disputes (docs.stripe.com/disputes), early fraud warnings and reviews (docs.stripe.com/radar)."""

from payments.tests.fake_stripe.account import Account, Object, new_id
from payments.tests.fake_stripe.events import Events

_EVIDENCE_SECONDS = 7 * 24 * 3600
_FEE = 1500


class Disputes:
    """Opens and closes disputes, as banks do. Callers hold the account's lock."""

    def __init__(self, account: Account, events: Events) -> None:
        self.account = account
        self.events = events

    def open(
        self, intent: Object, *, amount: int | None, reason: str, is_inquiry: bool = False
    ) -> Object:
        """Open a dispute, which withdraws its amount, or an inquiry, which does not."""
        charge = self.account.charges[intent["latest_charge"]]
        dispute = {
            **self._about(charge, "dp", "dispute"),
            "amount": charge["amount_captured"] if amount is None else amount,
            "balance_transactions": [],
            "currency": charge["currency"],
            "evidence_details": {"due_by": self.account.now() + _EVIDENCE_SECONDS},
            "is_charge_refundable": is_inquiry,
            "metadata": {},
            "reason": reason,
            "status": "warning_needs_response" if is_inquiry else "needs_response",
        }
        self.account.disputes[dispute["id"]] = dispute
        charge["disputed"] = True
        self.events.record("charge.dispute.created", dispute)
        if not is_inquiry:
            self._withdraw(dispute)
        return dispute

    def set_status(self, dispute: Object, status: str) -> Object:
        """Give a dispute another status. A lost dispute keeps the money, a won one returns it."""
        was_inquiry = dispute["status"].startswith("warning_")
        dispute["status"] = status
        if was_inquiry and not status.startswith("warning_"):
            self._withdraw(dispute)
        if status in ("won", "lost", "warning_closed"):
            self.events.record("charge.dispute.closed", dispute)
        else:
            self.events.record("charge.dispute.updated", dispute)
        if status == "won":
            self._move(dispute, dispute["amount"], 0)
            self.events.record("charge.dispute.funds_reinstated", dispute)
        return dispute

    def warn(self, intent: Object) -> Object:
        """Report that the card's issuer suspects fraud, before there is a dispute."""
        charge = self.account.charges[intent["latest_charge"]]
        warning = {
            **self._about(charge, "issfr", "radar.early_fraud_warning"),
            "actionable": True,
            "fraud_type": "made_with_stolen_card",
        }
        self.account.warnings[warning["id"]] = warning
        self.events.record("radar.early_fraud_warning.created", warning)
        return warning

    def open_review(self, intent: Object) -> Object:
        """Put a payment into review, as a rule of Radar does."""
        charge = self.account.charges[intent["latest_charge"]]
        review = {
            **self._about(charge, "prv", "review"),
            "closed_reason": None,
            "open": True,
            "opened_reason": "rule",
            "reason": "rule",
        }
        self.account.reviews[review["id"]] = review
        self.events.record("review.opened", review)
        return review

    def close_review(self, review: Object, reason: str) -> Object:
        """End a review."""
        review |= {"closed_reason": reason, "open": False, "reason": reason}
        self.events.record("review.closed", review)
        return review

    def _about(self, charge: Object, prefix: str, kind: str) -> Object:
        return {
            "id": new_id(prefix),
            "object": kind,
            "charge": charge["id"],
            "created": self.account.now(),
            "livemode": False,
            "payment_intent": charge["payment_intent"],
        }

    def _withdraw(self, dispute: Object) -> None:
        """Take the disputed amount, and a fee, from the account's balance."""
        self._move(dispute, -dispute["amount"], _FEE)
        self.events.record("charge.dispute.funds_withdrawn", dispute)

    def _move(self, dispute: Object, amount: int, fee: int) -> None:
        dispute["balance_transactions"].append(
            {
                "id": new_id("txn"),
                "object": "balance_transaction",
                "amount": amount,
                "currency": dispute["currency"],
                "fee": fee,
                "net": amount - fee,
                "type": "adjustment",
            }
        )
