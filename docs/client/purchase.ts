// Buys something, with types made from docs/openapi-store.yaml: `make client`.
import createClient from "openapi-fetch";

import type { components, paths } from "./build/store.js";

type Problem = components["schemas"]["Problem"];

const baseUrl = process.env.SHOP_URL ?? "http://127.0.0.1:8000";
const shop = createClient<paths>({
  baseUrl,
  // `attributes` and `metadata` are parameters of their own: attr.litres=2, not attributes[…]=2.
  querySerializer: { object: { style: "form", explode: true } },
});

/** What the shop answered, or an error that says why it refused. */
function answered<T>(result: { data?: T; error?: Problem }): T {
  if (result.data === undefined) {
    throw new Error(result.error ? explained(result.error) : "an empty response");
  }
  return result.data;
}

/** A sentence for each code that this client knows; the facts depend on the code. */
function explained(problem: Problem): string {
  switch (problem.code) {
    case "out_of_stock":
      return `only ${problem.available.toFixed()} units of product ${problem.product_id} are left`;
    case "total_changed":
      return `the total is now ${problem.total}`;
    case "invalid":
    case "unknown_field":
      return (problem.errors ?? []).map((error) => `${error.field}: ${error.detail}`).join("; ");
    default:
      return `${problem.code}: ${problem.detail}`; // also codes of later releases
  }
}

/** What a storefront does about a payment. `next_action` has this shape for every gateway. */
function nextStep(action: components["schemas"]["NextAction"]): string {
  switch (action.type) {
    case "redirect":
      return `open ${action.url ?? ""}; back on ${action.return_url ?? ""}, confirm the payment`;
    case "client":
      return "continue in the provider's form, then confirm the payment";
    case "display":
      return `show ${JSON.stringify(action.data)}`;
    case "wait":
      return `ask again after ${action.poll_after ?? 5} seconds`;
    default:
      return "nothing"; // also types of later releases
  }
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

const attribute = answered(await shop.GET("/api/attributes/")).attributes.find(
  (candidate) => candidate.choices.length > 0,
);
const choice = attribute?.choices[0];
if (attribute !== undefined && choice !== undefined) {
  const attributes = { [`attr.${attribute.slug}`]: choice };
  const query = { attributes, brand: ["no such brand", "nor this"] };
  const none = answered(await shop.GET("/api/products/", { params: { query } }));
  if (none.count !== 0) {
    throw new Error("the filters were not applied");
  }
}

const tooMany = await shop.POST("/api/cart/add/", {
  body: { product_id: product.id, quantity: 999 },
});
if (tooMany.error?.code !== "out_of_stock" || tooMany.error.available >= 999) {
  throw new Error(`999 units: ${tooMany.error?.code ?? "were added to the cart"}`);
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
  const why = payment.failure_detail ?? nextStep(payment.next_action);
  throw new Error(`payment ${payment.status}, order ${paid.status}: ${why}`);
}
console.log(`${paid.items[0]?.quantity} × ${paid.items[0]?.name}: ${paid.total} ${paid.currency}, paid`);
