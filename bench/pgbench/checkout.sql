-- Two adds, the order and its payment, with keys: what the shop sends for one journey.
\set user_id :client_id + 1
\set one random(1, 500)
\set two random(501, 1000)
\set nonce random(1, 9000000000000000000)
SELECT id, password, last_login, is_superuser, first_name, last_name, is_staff, is_active, date_joined, username, email,
    username_key, email_key, token_version,
    EXISTS(SELECT 1 FROM token_blacklist_blacklistedtoken b JOIN token_blacklist_outstandingtoken o ON b.token_id = o.id
        WHERE o.jti = '0d7d7a0ce0d342d4ab59156be568c06b' LIMIT 1)
FROM accounts_user WHERE id = :user_id;
BEGIN;
INSERT INTO cart_cart (user_id, status) VALUES (:user_id, 'open') ON CONFLICT DO NOTHING;
SELECT id AS cart_id FROM cart_cart WHERE status = 'open' AND user_id = :user_id FOR NO KEY UPDATE \gset
DELETE FROM cart_cartitem WHERE cart_id = :cart_id;
SELECT stock,
    (SELECT quantity FROM cart_cartitem WHERE cart_id = :cart_id AND product_id = :one),
    (SELECT count(id) FROM cart_cartitem WHERE cart_id = :cart_id GROUP BY cart_id)
FROM catalog_product WHERE archived_at IS NULL AND is_published AND id = :one ORDER BY id;
INSERT INTO cart_cartitem (cart_id, product_id, quantity) VALUES (:cart_id, :one, 1)
    ON CONFLICT (cart_id, product_id) DO UPDATE SET quantity = 1 RETURNING id;
COMMIT;
SELECT id, password, last_login, is_superuser, first_name, last_name, is_staff, is_active, date_joined, username, email,
    username_key, email_key, token_version,
    EXISTS(SELECT 1 FROM token_blacklist_blacklistedtoken b JOIN token_blacklist_outstandingtoken o ON b.token_id = o.id
        WHERE o.jti = '0d7d7a0ce0d342d4ab59156be568c06b' LIMIT 1)
FROM accounts_user WHERE id = :user_id;
BEGIN;
SELECT id AS cart_id FROM cart_cart WHERE status = 'open' AND user_id = :user_id FOR NO KEY UPDATE \gset
SELECT stock,
    (SELECT quantity FROM cart_cartitem WHERE cart_id = :cart_id AND product_id = :two),
    (SELECT count(id) FROM cart_cartitem WHERE cart_id = :cart_id GROUP BY cart_id)
FROM catalog_product WHERE archived_at IS NULL AND is_published AND id = :two ORDER BY id;
INSERT INTO cart_cartitem (cart_id, product_id, quantity) VALUES (:cart_id, :two, 1)
    ON CONFLICT (cart_id, product_id) DO UPDATE SET quantity = 1 RETURNING id;
COMMIT;
SELECT id, password, last_login, is_superuser, first_name, last_name, is_staff, is_active, date_joined, username, email,
    username_key, email_key, token_version,
    EXISTS(SELECT 1 FROM token_blacklist_blacklistedtoken b JOIN token_blacklist_outstandingtoken o ON b.token_id = o.id
        WHERE o.jti = '0d7d7a0ce0d342d4ab59156be568c06b' LIMIT 1)
FROM accounts_user WHERE id = :user_id;
BEGIN;
INSERT INTO core_idempotencykey (user_id, scope, key, fingerprint, body, status_code, content_type, location)
    VALUES (:user_id, 'POST /api/orders/', 'b-:nonce', repeat('0', 64), '', 0, '', '') ON CONFLICT DO NOTHING;
UPDATE cart_cart SET status = 'ordered' WHERE status = 'open' AND user_id = :user_id AND id = :cart_id;
SELECT i.quantity, p.* FROM cart_cartitem i JOIN catalog_product p ON i.product_id = p.id
    WHERE i.cart_id = :cart_id ORDER BY i.product_id FOR NO KEY UPDATE;
INSERT INTO orders_order (user_id, cart_id, status, total, amount_paid, currency)
    VALUES (:user_id, :cart_id, 'pending', 200, 0, 'USD') RETURNING id AS order_id \gset
INSERT INTO orders_orderitem (order_id, product_id, name, unit_price, quantity, line_total)
    VALUES (:order_id, :one, 'One', 100, 1, 100), (:order_id, :two, 'Two', 100, 1, 100) RETURNING id;
INSERT INTO orders_orderevent (order_id, status, note, actor_id)
    VALUES (:order_id, 'pending', 'Order placed', :user_id) RETURNING id, created_at;
UPDATE catalog_product SET stock = stock - CASE WHEN id = :one THEN 1 WHEN id = :two THEN 1 ELSE 0 END
    WHERE archived_at IS NULL AND is_published AND id IN (:one, :two) AND stock >= CASE WHEN id = :one THEN 1 WHEN id = :two THEN 1 ELSE 0 END;
INSERT INTO catalog_stockmovement (product_id, kind, delta, reason, actor_id)
    VALUES (:one, 'sale', -1, 'Order', :user_id), (:two, 'sale', -1, 'Order', :user_id) RETURNING id, created_at;
UPDATE core_idempotencykey SET status_code = 201, content_type = 'application/json', location = '/api/orders/1/',
    body = convert_to(repeat('x', 110), 'UTF8')
    WHERE user_id = :user_id AND scope = 'POST /api/orders/' AND key = 'b-:nonce';
COMMIT;
SELECT id, password, last_login, is_superuser, first_name, last_name, is_staff, is_active, date_joined, username, email,
    username_key, email_key, token_version,
    EXISTS(SELECT 1 FROM token_blacklist_blacklistedtoken b JOIN token_blacklist_outstandingtoken o ON b.token_id = o.id
        WHERE o.jti = '0d7d7a0ce0d342d4ab59156be568c06b' LIMIT 1)
FROM accounts_user WHERE id = :user_id;
BEGIN;
INSERT INTO core_idempotencykey (user_id, scope, key, fingerprint, body, status_code, content_type, location)
    VALUES (:user_id, 'POST /api/payments/', 'b-:nonce', repeat('0', 64), '', 0, '', '') ON CONFLICT DO NOTHING;
SELECT o.*, created_at < statement_timestamp() - interval '30 minutes' FROM orders_order o
    WHERE id = :order_id AND user_id = :user_id FOR NO KEY UPDATE;
INSERT INTO payments_payment (order_id, method, status, amount, currency, provider_key, provider_reference)
    VALUES (:order_id, 'card', 'pending', 200, 'USD', gen_random_uuid(), '') ON CONFLICT DO NOTHING
    RETURNING id AS payment_id, provider_key \gset
UPDATE core_idempotencykey SET resource_id = :payment_id
    WHERE key = 'b-:nonce' AND scope = 'POST /api/payments/' AND user_id = :user_id;
COMMIT;
SELECT * FROM payments_payment WHERE id = :payment_id;
INSERT INTO payments_democharge (key, amount, currency, status, refund_key, refunded)
    VALUES (':provider_key', 200, 'USD', 'succeeded', '', 0) ON CONFLICT DO NOTHING RETURNING id;
BEGIN;
SELECT status FROM orders_order WHERE id = :order_id FOR NO KEY UPDATE;
UPDATE payments_payment SET status = 'succeeded', provider_reference = 'demo', settled_at = statement_timestamp()
    WHERE status IN ('pending', 'requires_action') AND id = :payment_id;
UPDATE orders_order SET status = 'paid', amount_paid = 200, paid_at = statement_timestamp()
    WHERE id = :order_id AND status IN ('confirmed', 'pending');
INSERT INTO orders_orderevent (order_id, status, note, actor_id)
    VALUES (:order_id, 'paid', 'Payment received', NULL) RETURNING id, created_at;
COMMIT;
