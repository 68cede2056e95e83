-- POST /api/cart/add/: read the user, lock the user, read product and cart, write the item.
\set user_id :client_id + 1
\set product_id random(1, 50)
SELECT id, password, last_login, is_superuser, first_name, last_name, is_staff, is_active, date_joined, username, email,
    username_key, email_key, token_version,
    EXISTS(SELECT 1 FROM token_blacklist_blacklistedtoken b JOIN token_blacklist_outstandingtoken o ON b.token_id = o.id
        WHERE o.jti = '0d7d7a0ce0d342d4ab59156be568c06b' LIMIT 1)
FROM accounts_user WHERE id = :user_id;
BEGIN;
SELECT id FROM accounts_user WHERE id = :user_id FOR NO KEY UPDATE;
SELECT stock, backorder, has_variants,
    coalesce((SELECT id FROM cart_cart WHERE status = 'open' AND user_id = :user_id), 0) AS cart_id,
    coalesce((SELECT i.quantity FROM cart_cartitem i JOIN cart_cart c ON i.cart_id = c.id
        WHERE c.status = 'open' AND c.user_id = :user_id AND i.product_id = :product_id), 0) AS in_cart,
    (SELECT count(i.id) FROM cart_cartitem i JOIN cart_cart c ON i.cart_id = c.id
        WHERE c.status = 'open' AND c.user_id = :user_id GROUP BY i.cart_id)
FROM catalog_product
WHERE (publish_at IS NULL OR publish_at <= statement_timestamp()) AND is_published AND archived_at IS NULL AND id = :product_id
ORDER BY id \gset
\if :cart_id = 0
INSERT INTO cart_cart (user_id, status) VALUES (:user_id, 'open') RETURNING id AS cart_id \gset
\endif
\if :in_cart = 0
INSERT INTO cart_cartitem (cart_id, product_id, quantity) VALUES (:cart_id, :product_id, 1);
\else
UPDATE cart_cartitem SET quantity = 1 WHERE cart_id = :cart_id AND product_id = :product_id;
\endif
COMMIT;
