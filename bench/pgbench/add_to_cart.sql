-- POST /api/cart/add/: caller; cart locked, product and line looked at, line written.
\set user_id :client_id + 1
\set product_id random(1, 50)
SELECT id, password, last_login, is_superuser, first_name, last_name, is_staff, is_active, date_joined, username, email,
    username_key, email_key, token_version,
    EXISTS(SELECT 1 FROM token_blacklist_blacklistedtoken b JOIN token_blacklist_outstandingtoken o ON b.token_id = o.id
        WHERE o.jti = '0d7d7a0ce0d342d4ab59156be568c06b' LIMIT 1)
FROM accounts_user WHERE id = :user_id;
BEGIN;
INSERT INTO cart_cart (user_id, status) VALUES (:user_id, 'open') ON CONFLICT DO NOTHING;
SELECT id AS cart_id FROM cart_cart WHERE status = 'open' AND user_id = :user_id FOR NO KEY UPDATE \gset
SELECT stock,
    (SELECT quantity FROM cart_cartitem WHERE cart_id = :cart_id AND product_id = :product_id),
    (SELECT count(id) FROM cart_cartitem WHERE cart_id = :cart_id GROUP BY cart_id)
FROM catalog_product WHERE archived_at IS NULL AND is_published AND id = :product_id ORDER BY id;
INSERT INTO cart_cartitem (cart_id, product_id, quantity) VALUES (:cart_id, :product_id, 1)
    ON CONFLICT (cart_id, product_id) DO UPDATE SET quantity = 1 RETURNING id;
COMMIT;
