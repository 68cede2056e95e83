"""What a storefront needs before there is a cart: the shop itself, and forms for addresses."""
