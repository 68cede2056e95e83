"""``manage.py rank_products``."""

from datetime import timedelta

from django.core.management import call_command
from django.db.models import F

from catalog.models import CatalogRevision, Product, StockMovement
from catalog.revision import current
from orders.factories import place_order
from orders.services import cancel_order
from shop.testing.assertions import assert_audit_passes
from shop.testing.marks import on_one_engine

pytestmark = on_one_engine


def rank(capsys, *options):
    call_command("rank_products", *options)
    return capsys.readouterr().out


def sold():
    return dict(Product.objects.exclude(sold=0).values_list("name", "sold"))


def test_units_of_ninety_days_count_for_the_listed_product(ada, shirt, tea, capsys):
    place_order(ada.user, tea, *shirt.variants.filter(stock__gt=0), quantity=2)
    cancel_order(order_id=place_order(ada.user, tea).pk, actor=ada.user)
    assert rank(capsys) == "2 products ranked\n"
    assert sold() == {"Tea": 2, "Shirt": 4}
    assert rank(capsys) == "0 products ranked\n"
    StockMovement.objects.update(created_at=F("created_at") - timedelta(days=91))
    assert rank(capsys) == "2 products ranked\n"
    assert sold() == {}
    assert_audit_passes()


def test_only_changed_counts_bump_the_revision(ada, tea, capsys):
    place_order(ada.user, tea)
    start = current()
    rank(capsys)
    ranked = current()
    assert ranked != start
    rank(capsys)
    assert current() == ranked


def test_the_worker_ranks_once_an_hour(ada, tea, capsys):
    place_order(ada.user, tea)
    assert rank(capsys, "--if-due") == "1 products ranked\n"
    assert rank(capsys, "--if-due") == ""
    CatalogRevision.objects.update(ranked_at=F("ranked_at") - timedelta(minutes=61))
    call_command("sweep", "--once")
    assert "0 products ranked" in capsys.readouterr().out
