-- The statements of two adds, an order and its payment, with idempotency keys.
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
SELECT id FROM accounts_user WHERE id = :user_id FOR NO KEY UPDATE;
SELECT stock, backorder, has_variants,
    coalesce((SELECT id FROM cart_cart WHERE status = 'open' AND user_id = :user_id), 0) AS cart_id,
    coalesce((SELECT i.quantity FROM cart_cartitem i JOIN cart_cart c ON i.cart_id = c.id
        WHERE c.status = 'open' AND c.user_id = :user_id AND i.product_id = :one), 0) AS in_cart,
    (SELECT count(i.id) FROM cart_cartitem i JOIN cart_cart c ON i.cart_id = c.id
        WHERE c.status = 'open' AND c.user_id = :user_id GROUP BY i.cart_id)
FROM catalog_product
WHERE (publish_at IS NULL OR publish_at <= statement_timestamp()) AND is_published AND archived_at IS NULL AND id = :one
ORDER BY id \gset
\if :cart_id = 0
INSERT INTO cart_cart (user_id, status) VALUES (:user_id, 'open') RETURNING id AS cart_id \gset
\else
-- Items of another script.
DELETE FROM cart_cartitem WHERE cart_id = :cart_id;
\endif
INSERT INTO cart_cartitem (cart_id, product_id, quantity) VALUES (:cart_id, :one, 1);
COMMIT;
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
        WHERE c.status = 'open' AND c.user_id = :user_id AND i.product_id = :two), 0) AS in_cart,
    (SELECT count(i.id) FROM cart_cartitem i JOIN cart_cart c ON i.cart_id = c.id
        WHERE c.status = 'open' AND c.user_id = :user_id GROUP BY i.cart_id)
FROM catalog_product
WHERE (publish_at IS NULL OR publish_at <= statement_timestamp()) AND is_published AND archived_at IS NULL AND id = :two
ORDER BY id \gset
INSERT INTO cart_cartitem (cart_id, product_id, quantity) VALUES (:cart_id, :two, 1);
COMMIT;
SELECT id, password, last_login, is_superuser, first_name, last_name, is_staff, is_active, date_joined, username, email,
    username_key, email_key, token_version,
    EXISTS(SELECT 1 FROM token_blacklist_blacklistedtoken b JOIN token_blacklist_outstandingtoken o ON b.token_id = o.id
        WHERE o.jti = '0d7d7a0ce0d342d4ab59156be568c06b' LIMIT 1)
FROM accounts_user WHERE id = :user_id;
BEGIN;
INSERT INTO core_idempotencykey (user_id, scope, key, fingerprint, body, status_code, content_type, location)
    VALUES (:user_id, 'POST /api/orders/', 'b-:nonce', repeat('0', 64), '', 0, '', '');
SELECT id FROM accounts_user WHERE id = :user_id FOR NO KEY UPDATE;
SELECT i.quantity, p.name, p.price, EXISTS(SELECT 1 FROM catalog_sale s WHERE s.starts_at <= statement_timestamp()
        AND (s.ends_at IS NULL OR s.ends_at > statement_timestamp()) LIMIT 1), i.product_id, p.stock, p.backorder,
    (p.publish_at IS NULL OR p.publish_at <= statement_timestamp()) AND p.is_published AND p.archived_at IS NULL
        AND NOT p.has_variants
FROM cart_cartitem i JOIN cart_cart c ON i.cart_id = c.id JOIN catalog_product p ON i.product_id = p.id
WHERE c.status = 'open' AND c.user_id = :user_id AND i.cart_id = :cart_id ORDER BY i.product_id FOR NO KEY UPDATE;
UPDATE cart_cart SET status = 'ordered' WHERE status = 'open' AND user_id = :user_id AND id = :cart_id;
INSERT INTO orders_order (user_id, cart_id, status, total, amount_paid, currency)
    VALUES (:user_id, :cart_id, 'pending', 200, 0, 'USD') RETURNING id AS order_id \gset
INSERT INTO orders_orderitem (order_id, product_id, name, unit_price, quantity, line_total)
    VALUES (:order_id, :one, 'One', 100, 1, 100);
INSERT INTO orders_orderitem (order_id, product_id, name, unit_price, quantity, line_total)
    VALUES (:order_id, :two, 'Two', 100, 1, 100);
INSERT INTO orders_orderevent (order_id, status, note, actor_id)
    VALUES (:order_id, 'pending', 'Order placed', :user_id);
UPDATE catalog_product SET stock = stock - CASE WHEN id = :one THEN 1 WHEN id = :two THEN 1 ELSE 0 END
    WHERE archived_at IS NULL AND is_published AND id IN (:one, :two) AND stock >= CASE WHEN id = :one THEN 1 WHEN id = :two THEN 1 ELSE 0 END;
INSERT INTO catalog_stockmovement (product_id, kind, delta, reason, actor_id)
    VALUES (:one, 'sale', -1, 'Order', :user_id);
INSERT INTO catalog_stockmovement (product_id, kind, delta, reason, actor_id)
    VALUES (:two, 'sale', -1, 'Order', :user_id);
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
    VALUES (:user_id, 'POST /api/payments/', 'b-:nonce', repeat('0', 64), '', 0, '', '');
SELECT status, total, currency, created_at < statement_timestamp() - interval '30 minutes' FROM orders_order
    WHERE id = :order_id AND user_id = :user_id FOR NO KEY UPDATE;
INSERT INTO payments_payment (order_id, method, status, amount, currency, provider_key, provider_reference)
    VALUES (:order_id, 'card', 'pending', 200, 'USD', gen_random_uuid(), '') ON CONFLICT DO NOTHING
    RETURNING id AS payment_id, provider_key \gset
UPDATE core_idempotencykey SET resource_id = :payment_id
    WHERE key = 'b-:nonce' AND scope = 'POST /api/payments/' AND user_id = :user_id;
COMMIT;
INSERT INTO payments_democharge (key, amount, currency, status, refund_key, refunded)
    VALUES (':provider_key', 200, 'USD', 'succeeded', '', 0) ON CONFLICT DO NOTHING RETURNING id;
BEGIN;
SELECT status FROM orders_order WHERE id = :order_id FOR NO KEY UPDATE;
UPDATE payments_payment SET status = 'succeeded', provider_reference = 'demo', amount_captured = 200,
        settled_at = statement_timestamp()
    WHERE status IN ('pending', 'requires_action', 'authorised') AND id = :payment_id;
INSERT INTO payments_ledgerentry (payment_id, refund_id, kind, amount, reference, actor_id)
    VALUES (:payment_id, NULL, 'captured', 200, 'demo', NULL);
UPDATE orders_order SET status = 'paid', amount_paid = 200, paid_at = statement_timestamp()
    WHERE id = :order_id AND status IN ('confirmed', 'pending') AND total = 200;
INSERT INTO orders_orderevent (order_id, status, note, actor_id)
    VALUES (:order_id, 'paid', 'Payment received', NULL);
COMMIT;
