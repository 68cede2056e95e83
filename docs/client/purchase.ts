// Buys something, with types made from docs/openapi.yaml: `make client`.
import createClient from "openapi-fetch";

import type { paths } from "./build/shop.js";

const baseUrl = process.env.SHOP_URL ?? "http://127.0.0.1:8000";
const shop = createClient<paths>({ baseUrl });

/** What the shop answered, or an error that says why it refused. */
function answered<T>(result: { data?: T; error?: { code: string; detail: string } }): T {
  if (result.data === undefined) {
    throw new Error(`${result.error?.code}: ${result.error?.detail}`);
  }
  return result.data;
}

const username = `ada-${crypto.randomUUID()}`;
const password = "corr3ct-horse";
const email = `${username}@example.com`;
answered(await shop.POST("/api/users/", { body: { username, email, password } }));
const { token } = answered(await shop.POST("/api/login/", { body: { username, password } }));
shop.use({
  onRequest({ request }) {
    request.headers.set("Authorization", `Bearer ${token}`);
  },
});

const page = answered(await shop.GET("/api/products/", { params: { query: { page_size: 50 } } }));
const product = page.products.find(
  (candidate) => candidate.in_stock && !candidate.has_variants,
);
if (product === undefined) {
  throw new Error("nothing is in stock");
}

const { cart_id } = answered(
  await shop.POST("/api/cart/add/", { body: { product_id: product.id, quantity: 2 } }),
);
const cart = answered(await shop.GET("/api/cart/"));
const order = answered(
  await shop.POST("/api/orders/", {
    // One key a purchase: repeated after a lost answer, it orders nothing twice.
    params: { header: { "Idempotency-Key": crypto.randomUUID() } },
    body: { cart_id, expected_total: cart.total },
  }),
);
const payment = answered(
  await shop.POST("/api/payments/", {
    params: { header: { "Idempotency-Key": crypto.randomUUID() } },
    body: { order_id: order.order_id, payment_method: "card" },
  }),
);
const paid = answered(
  await shop.GET("/api/orders/{id}/", { params: { path: { id: order.order_id } } }),
);
if (payment.status !== "succeeded" || paid.status !== "paid") {
  throw new Error(`payment ${payment.status}, order ${paid.status}`);
}
console.log(`${paid.items[0]?.quantity} × ${paid.items[0]?.name}: ${paid.total} ${paid.currency}, paid`);
