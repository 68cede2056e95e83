-- GET /api/products/ for everyone, answered from the process: the catalogue's revision.
SELECT epoch, number FROM catalog_catalogrevision WHERE id = 1;
