"""POST /api/cart/add/."""

from cart.models import Cart, CartItem


def test_adding_again_adds_up(ada, tea):
    for quantity in (1, 2):
        answer = ada.post("/api/cart/add/", {"product_id": tea.pk, "quantity": quantity})
        assert answer.status_code == 200
    assert CartItem.objects.get().quantity == 3
    assert answer.json() == {"message": "Added to your cart.", "cart_id": Cart.objects.get().pk}
