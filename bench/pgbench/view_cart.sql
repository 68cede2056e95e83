-- GET /api/cart/: read the user, and the cart with items and products.
\set user_id :client_id + 1
SELECT id, password, last_login, is_superuser, first_name, last_name, is_staff, is_active, date_joined, username, email,
    username_key, email_key, token_version,
    EXISTS(SELECT 1 FROM token_blacklist_blacklistedtoken b JOIN token_blacklist_outstandingtoken o ON b.token_id = o.id
        WHERE o.jti = '0d7d7a0ce0d342d4ab59156be568c06b' LIMIT 1)
FROM accounts_user WHERE id = :user_id;
SELECT c.id, i.product_id, p.name, p.price, i.quantity FROM cart_cart c
LEFT JOIN cart_cartitem i ON c.id = i.cart_id LEFT JOIN catalog_product p ON i.product_id = p.id
WHERE c.status = 'open' AND c.user_id = :user_id ORDER BY i.id;
