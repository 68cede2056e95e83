"""Every length and limit of the catalog: of columns, requests and files."""

# -- Products and variants -----------------------------------------------------------------------

# As large as those of Shopify at least, so that an import does not shorten anything.
PRODUCT_NAME_LENGTH = 255
"""Characters of a product's name and slug."""
DESCRIPTION_LENGTH = 500_000
BRAND_LENGTH = 255
SKU_LENGTH = 255
BARCODE_LENGTH = 255
"""Characters of a GTIN, an ISBN or another code that scanners read; as many as in Shopify."""
SEO_TITLE_LENGTH = 255
SEO_DESCRIPTION_LENGTH = 1000
"""Characters of the title and the description of a product's page for search engines."""
MAX_OPTIONS = 3
"""Options of a product, such as size and colour."""
OPTION_LENGTH = 255
"""Characters of an option's name, and of an option value."""
OPTIONS_BYTES = 2_600
"""Bytes, in UTF-8, of the option values of a variant together; their index holds no more."""
MAX_VARIANTS = 2048
"""Variants of one product."""
MAX_POSITION = 32_767
"""The largest position of a variant, an image or a category; the columns hold no more."""

# -- Stock ---------------------------------------------------------------------------------------

MAX_STOCK = 1_000_000_000
"""Units in stock of one product, well below the column's limit of 2³¹."""
REASON_LENGTH = 200
"""Characters of a stock movement's reason."""

# -- Categories ----------------------------------------------------------------------------------

CATEGORY_NAME_LENGTH = 255
"""Characters of a category's name and slug."""
MAX_CATEGORY_DEPTH = 20
"""Levels of the category tree."""

# -- Collections ---------------------------------------------------------------------------------

COLLECTION_NAME_LENGTH = 255
"""Characters of a collection's name and slug."""
MAX_COLLECTION_PRODUCTS = 1000
"""Products that staff choose for one collection. A rule may select any number."""

# -- Tax and shipping ----------------------------------------------------------------------------

TAX_CLASS_CODE_LENGTH = 50
TAX_CLASS_NAME_LENGTH = 100
MAX_WEIGHT = 1_000_000_000
"""Grams of one unit, a thousand tonnes."""

# -- Tags and attributes -------------------------------------------------------------------------

TAG_LENGTH = 255
MAX_TAGS = 250
"""Tags of one product."""
ATTRIBUTE_NAME_LENGTH = 100
"""Characters of an attribute's name and slug."""
ATTRIBUTE_TEXT_LENGTH = 255
"""Characters of an attribute's value or choice."""
MAX_ATTRIBUTE_NUMBER = 10**9
"""Numbers must be smaller, so that a double represents them with six decimals."""
MAX_ATTRIBUTE_CHOICES = 200
"""Choices of one attribute."""
MAX_ATTRIBUTES = 100
"""Attributes of a product in one request."""
MAX_TRANSLATED_VALUES = 1000
"""Values of one attribute or option that are translated to one language."""

# -- Images --------------------------------------------------------------------------------------

MAX_IMAGES = 250
"""Images of one product or variant."""
ALT_LENGTH = 512
"""Characters of an alternative text."""
IMAGE_URL_LENGTH = 2048
"""Characters of the URL of an image on another host."""
MAX_IMAGE_BYTES = 10 * 1024 * 1024
MAX_IMAGE_PIXELS = 50_000_000
"""Cameras of phones have 48 megapixels. Processing needs about eight bytes for each pixel."""
MAX_IMAGE_SIDE = 20_000
"""Pixels of each side."""

# -- Sales ---------------------------------------------------------------------------------------

SALE_NAME_LENGTH = 100
MAX_SALE_SCOPE = 1000
"""Products of one sale, and also categories of one sale."""

# -- Search and lists ----------------------------------------------------------------------------

SEARCH_LENGTH = 200
"""Characters of a search query."""
MAX_SEARCH_WORDS = 20
"""Words of a search query. Further words are ignored."""
MAX_RANKED_RESULTS = 1000
"""Products that are ranked and returned when results are sorted by relevance."""
MAX_COUNTED_RESULTS = 10_000
"""Products that match filters up to which a list has their number, on pages before that one."""
SYNONYMS_LENGTH = 500
"""Characters of one group of synonyms."""
MAX_SYNONYM_WORDS = 3
"""Words of one of them."""
MAX_FILTER_VALUES = 50
"""Values of one filter."""
MAX_SUGGESTED = 8
"""Products that are suggested while someone types."""
MAX_SUGGESTED_NAMES = 5
"""Categories, and also brands, that are suggested."""
MAX_RELATED = 12
"""Related products of a product."""
MAX_FACET_VALUES = 100
"""Values of one facet. Those of most products are returned."""
MAX_COUNTED_PRODUCTS = 20_000
"""Products of a list that facets count. Those of a longer one are estimated."""
SAMPLED_PRODUCTS = 5_000
"""Products that are counted for an estimate, at least."""
CHANGES_PAGE_SIZE = 100
"""Products in one page of the changes feed."""

# -- Import and export ---------------------------------------------------------------------------

MAX_UPLOAD = 5 * 1024 * 1024
"""Bytes of a file that the admin imports within a request. The command imports larger files."""
MAX_EXPORTED = 10_000
"""Products that the admin exports within a request. The command exports any number."""
MAX_FILE_BYTES = 1024 * 1024 * 1024
MAX_UNPACKED = 256 * 1024 * 1024
"""Bytes of a workbook's sheets. Its other parts are held in memory and may have an eighth."""
MAX_SHEET_ROWS = 100_000
"""Rows of a sheet, also empty ones. A CSV file may have any number."""
MAX_SHEET_CELLS = 2_000_000
"""Cells of a sheet, without empty ones at the ends of rows."""
MAX_JSON_OBJECT = 8 * 1024 * 1024
"""Characters of one JSON object, a product with all its variants."""
MAX_JSON_VALUES = 250_000
"""Values of such an object. Each needs up to 64 bytes of memory, also an empty list."""
MAX_JSON_DEPTH = 20
MAX_COLUMNS = 300
MAX_LINE = 1024 * 1024
"""Characters of a line or a cell of CSV, and of a row of a workbook."""
MAX_ROW = 1_250_000
"""Characters of a row of CSV, which has several lines if a cell has."""
MAX_SHOPIFY_ROWS = 2500
"""Rows of one product. Shopify allows 2,048 variants and 250 images."""
CELL_LENGTH = 32_767
"""Characters that a cell of a workbook can hold."""
