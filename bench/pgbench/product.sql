-- GET /api/products/{id}/ of a customer: read the user and the product.
\set user_id :client_id + 1
\set product_id random(1, 1000)
SELECT id, password, last_login, is_superuser, first_name, last_name, is_staff, is_active, date_joined, username, email,
    username_key, email_key, token_version,
    EXISTS(SELECT 1 FROM token_blacklist_blacklistedtoken b JOIN token_blacklist_outstandingtoken o ON b.token_id = o.id
        WHERE o.jti = '0d7d7a0ce0d342d4ab59156be568c06b' LIMIT 1)
FROM accounts_user WHERE id = :user_id;
SELECT id, name, description, price, stock, is_published, archived_at, created_at FROM catalog_product
WHERE archived_at IS NULL AND is_published AND id = :product_id LIMIT 21;
