-- GET /api/products/ for a cache hit: read the revision of the catalog.
SELECT epoch, number FROM catalog_catalogrevision WHERE id = 1;
