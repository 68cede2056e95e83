"""The steps of a price, and the example in ``docs/pricing.md``."""

import re
from decimal import Decimal
from pathlib import Path

from cart.pricing import Voucher, explain
from cart.pricing.tests.carts import BERLIN, cost, item, method, promotion, taxes, voucher
from shop.testing.marks import on_one_database

pytestmark = on_one_database

PAGE = Path(__file__).parents[3] / "docs" / "pricing.md"


def test_the_example_of_the_documentation_prints_its_steps(capsys):
    code, output = re.search(
        r"<!-- example -->\n```python\n(.*?)```.*?```text\n(.*?)```", PAGE.read_text(), re.DOTALL
    ).groups()
    exec(code, {})  # noqa: S102 - our own documentation
    assert capsys.readouterr().out == output


def test_every_amount_is_a_step_with_what_it_was_computed_from():
    totals = cost(
        [item(2, "10.00", 2, regular_unit_price=Decimal("12.00"))],
        promotions=[promotion("percent", "10", name="Summer"), promotion("free_shipping", pk=2)],
        methods=[method("post", "4.90")],
        table=taxes("DE 19"),
        context={
            "destination": BERLIN,
            "fee": Decimal("1.00"),
            "vouchers": (Voucher("NOPE", None), voucher("fixed_amount", "3.00", code="THREE")),
        },
        prices_include_tax=False,
    )
    steps = explain(totals)
    assert [(one.step, one.name, str(one.amount), str(one.total)) for one in steps] == [
        ("item", "p2", "20.00", "20.00"),
        ("discount", "Summer", "-2.00", "18.00"),
        ("discount", "promotion 100", "-3.00", "15.00"),
        ("voucher", "NOPE", "0.00", "15.00"),
        ("shipping", "Post", "4.90", "19.90"),
        ("shipping_discount", "promotion 2", "-4.90", "15.00"),
        ("fee", "", "1.00", "16.00"),
        ("tax", "VAT", "3.04", "19.04"),
    ]
    assert steps[-1].total == totals.total
    facts = [one.facts for one in steps]
    assert facts[0]["regular_unit_price"] == Decimal("12.00")
    assert facts[1]["allocations"] == [{"product_id": 2, "amount": Decimal("2.00")}]
    assert (facts[2]["code"], facts[3]["reason"]) == ("THREE", "unknown")
    assert facts[4] == {"code": "post", "preselected": True}
    assert (facts[7]["base"], facts[7]["reason"]) == (Decimal("16.00"), "home_country")
    assert not facts[7]["included"]
