"""Sparse fields, GET /api/products/?fields=."""

from shop.testing.marks import on_one_engine

pytestmark = on_one_engine

LIST = "/api/products/"


def test_sparse_fields(anyone, amy, tea):
    path = f"{LIST}{tea.pk}/"
    wanted = {"id": tea.pk, "name": "Tea", "price": "4.50"}
    assert anyone.get(f"{LIST}?fields=price,id,name").json()["products"] == [wanted]
    assert anyone.get(f"{path}?fields=price,id,name,id").json() == wanted
    assert amy.get(f"{path}?fields=stock,id").json() == {"id": tea.pk, "stock": 10}
    assert amy.get(f"{LIST}?fields=stock").json()["products"] == [{"id": tea.pk, "stock": 10}]
    some = {"id": tea.pk, "tags": [], "variants": []}
    assert anyone.get(f"{path}?fields=tags,variants").json() == some
    response = anyone.get(f"{path}?fields=stock")
    assert (response.status_code, response.json()["errors"][0]["field"]) == (400, "fields")
    assert "lowest_price_30_days" in response.json()["errors"][0]["detail"]
