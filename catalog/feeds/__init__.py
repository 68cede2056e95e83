"""What search engines and Google Merchant Center read: the sitemap and the product feed."""
