// What the types of the two documents promise. It is compiled, not run: `make client`.
import type { components as ofStaff } from "./build/admin.js";
import type { components, operations, paths } from "./build/store.js";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2
  ? true
  : false;
type Schemas = components["schemas"];

/** Does not compile unless both types are the same. */
function same<A, B>(..._: Equal<A, B> extends true ? [] : ["the types differ"]): void {}

same<Schemas["Product"]["price"], string>();
same<Schemas["ListedProduct"]["compare_at_price"], string | null>();
same<Schemas["OutOfStockProblem"]["code"], "out_of_stock">();
same<Schemas["OutOfStockProblem"]["product_ids"], number[]>();
same<Schemas["TotalChangedProblem"]["total"], string>();

// Each operation has the problems that it can answer with.
type OfOrder =
  operations["orders_create"]["responses"][409]["content"]["application/problem+json"];
same<
  OfOrder["code"],
  | "address_incomplete"
  | "cart_empty"
  | "cart_not_open"
  | "email_missing"
  | "held_units_limit"
  | "open_order_limit"
  | "out_of_stock"
  | "product_unavailable"
  | "request_in_progress"
  | "shipping_method_unavailable"
  | "stock_limit"
  | "total_changed"
  | "total_limit"
  | "voucher_not_applicable"
>();

export function available(problem: OfOrder): number | undefined {
  // @ts-expect-error: this operation has no such code.
  if (problem.code === "sku_taken") return undefined;
  // @ts-expect-error: which facts a problem has is known after its code was compared.
  void problem.available;
  return problem.code === "out_of_stock" ? problem.available : undefined;
}

export function refundable(problem: ofStaff["schemas"]["Problem"]): string | undefined {
  // @ts-expect-error: no operation has this code.
  if (problem.code === "out_of_stok") return undefined;
  return problem.code === "refund_limit" ? problem.refundable : undefined;
}

// Parameters with any name.
type Query = NonNullable<paths["/api/products/"]["get"]["parameters"]["query"]>;
export const filters: Query = { attributes: { "attr.material": "Clay" }, brand: ["Hearth"] };
// @ts-expect-error: only for staff.
export const hidden: Query = { metadata: { "metadata.erp-id": "17" } };

// What only staff see is in their document only.
type Product = ofStaff["schemas"]["Product"];
same<Product["stock"], number | null | undefined>();
same<Extract<keyof Schemas["Product"], "stock" | "is_published" | "private_metadata">, never>();
same<Extract<keyof Schemas["CategoryNode"], "is_published" | "position">, never>();
// @ts-expect-error: an operation for staff.
export type Sales = paths["/api/sales/"];
