"""Guesses which column of the shop a column of another table is, by its name."""

import re

from django.conf import settings

from catalog.exchange.imports.decimals import currency_in
from catalog.exchange.imports.definition_records import CATEGORY_PATH
from catalog.exchange.imports.stock_words import AVAILABILITY
from shop.core.slugs import fold

IMAGES = "images"
"""A column with the addresses of several images."""
WEIGHTS = {"weight_in_kg": "kg", "weight_in_lb": "lb", "weight_in_oz": "oz"}
"""The columns with weights in other units than grams."""
COST = "private_metadata.cost"
CURRENCY = "currency"
"""A column with the code of the currency of the amounts in its row."""

PARENT = "parent"
"""A column with the product of a variant: its SKU or its slug, or what only its variants share."""
OPTION, OPTION_NAME, OPTION_VALUE = "option.", "option_name.", "option_value."
"""The beginnings of the names of columns with the options of variants."""

# In the languages of the files that shops have: English, German, French, Spanish, Italian, Dutch.
_NAMES = {
    "sku": "item number; item no; item code; article number; article no; product code; "
    "product number; part number; model number; stock keeping unit; artikelnummer; artikelnr; "
    "artikel nr; art nr; artnr; bestellnummer; produktnummer; best nr; référence; reference; ref; "
    "code article; référence produit; referencia; código; codigo; codice; codice articolo; "
    "riferimento; artikelcode; productcode; variant sku; produktcode; product code sku; "
    "product sku; item sku; seller sku",
    "name": "title; titel; product; product name; product title; item; item name; article; "
    "article name; artikel; artikelname; artikelbezeichnung; bezeichnung; produkt; produktname; "
    "produktbezeichnung; produkttitel; nom; nom du produit; produit; désignation; titre; nombre; "
    "nombre del producto; producto; título; nome; nome prodotto; prodotto; titolo; naam; "
    "productnaam; omschrijving",
    "description": "body; body html; long description; product description; details; text; "
    "beschreibung; produktbeschreibung; artikelbeschreibung; langtext; beschreibungstext; "
    "description longue; descripción; descripcion; descrizione; beschrijving; description html",
    "price": "preis; verkaufspreis; vk; vk preis; vk brutto; bruttopreis; endpreis; preis brutto; "
    "selling price; sales price; sale price; retail price; unit price; gross price; price gross; "
    "price incl vat; price incl tax; price including tax; price tax included; prix; prix ttc; "
    "prix de vente; precio; precio de venta; prezzo; "
    "prezzo di vendita; prijs; verkoopprijs; variant price",
    "compare_at_price": "uvp; rrp; msrp; list price; old price; regular price; original price; "
    "was price; price before; compare at; streichpreis; alter preis; listenpreis; "
    "statt preis; prix barré; ancien prix; precio anterior; prezzo di listino; adviesprijs",
    "stock": "bestand; lagerbestand; lagermenge; lagerstand; warenbestand; stückzahl; "
    "menge; anzahl; quantity; qty; inventory; inventory quantity; stock quantity; stock level; "
    "stock qty; on hand; available; units; verfügbar; verfügbare menge; quantité; existencias; "
    "cantidad; quantità; giacenza; voorraad; aantal; variant inventory qty; current stock; "
    "current stock level; current quantity",
    "barcode": "ean; ean13; ean 13; ean code; ean nummer; gtin; gtin13; upc; isbn; isbn13; "
    "strichcode; code barres; código de barras; codigo de barras; codice a barre; streepjescode; "
    "variant barcode; gtin ean; ean gtin; gtin upc ean or isbn; global trade item number; "
    "gps global trade item number",
    "brand": "marke; hersteller; manufacturer; vendor; maker; brand name; markenname; marque; "
    "fabricant; marca; fabricante; produttore; merk; fabrikant; label",
    CATEGORY_PATH: "categories; category path; category name; product category; product type; "
    "type; kategorie; kategorien; warengruppe; produktkategorie; produkttyp; rubrik; catégorie; "
    "catégories; categoría; categorías; categoria; categorie",
    "collections": "collection; custom collections; kollektion; kollektionen; colección; "
    "colecciones; collezione; collezioni; collectie; collecties",
    "tags": "tag; keywords; labels; schlagwörter; schlagworte; stichwörter; mots clés; étiquettes; "
    "etiquetas; etichette; trefwoorden",
    IMAGES: "image; image url; image urls; image link; image src; photo; photos; picture url; "
    "pictures; main image; bild; bilder; bild url; bildadresse; bildlink; produktbild; foto; "
    "fotos; images url; imagen; imágenes; immagine; immagini; afbeelding; afbeeldingen; thumbnail; "
    "product image; product images; product image url; featured image; images src; imageurl",
    "slug": "handle; url key; url handle; permalink; urlkey; url slug; seo url; url rewritten; "
    "product url key",
    "seo_title": "meta title; page title; search engine title; seitentitel; meta titel; titre seo; "
    "balise titre; título seo; titolo seo",
    "seo_description": "meta description; search engine description; page description; "
    "meta beschreibung; métadescription; meta descripción; meta descrizione",
    "weight": "shipping weight; weight g; weight in g; weight grams; weight in grams; grams; "
    "gramm; gewicht g; gewicht in g; gewicht in gramm; gewicht gramm; poids g; peso g; "
    "variant grams",
    "weight_in_kg": "weight kg; weight in kg; gewicht kg; gewicht in kg; poids kg; peso kg; "
    "kilograms; shipping weight kg",
    "weight_in_lb": "weight lb; weight lbs; weight in lb; weight in lbs; weight in pounds; pounds",
    "weight_in_oz": "weight oz; weight in oz; weight in ounces; ounces",
    AVAILABILITY: "availability; in stock; is in stock; stock status; verfügbarkeit; lagerstatus; "
    "disponibilité; disponibilidad; disponibilità; beschikbaarheid; availability status",
    "is_published": "published; active; enabled; online; visible; veröffentlicht; aktiv; sichtbar; "
    "product visible; publié; actif; publicado; activo; pubblicato; attivo; gepubliceerd; actief",
    COST: "cost; cost price; cost per item; purchase price; buying price; wholesale price; "
    "wholesale cost; einkaufspreis; ek; ek preis; prix d achat; coste; costo; inkoopprijs",
    "tax_code": "tax class; tax code; vat class; steuerklasse; classe de taxe; clase de impuesto; "
    "classe iva; belastingklasse",
    "requires_shipping": "shipping required; physical; versandpflichtig",
    PARENT: "parent sku; parent id; parent product; parent product sku; parent handle; "
    "parent code; parent item; item group id; variant group; variant group id; "
    "variant of; group id; group sku; group code; master sku; master id; style code; style number; "
    "vaterartikel; elternartikel; hauptartikel; variantengruppe; variante von; produit parent; "
    "référence parent; producto padre; sku padre; prodotto padre; id padre; hoofdartikel; "
    "hoofdproduct",
    CURRENCY: "currency code; price currency; währung; devise; moneda; divisa; valuta; munt",
}
_OPTION_NAMES = (
    "size; colour; color; material; pattern; style; flavour; flavor; scent; finish; capacity; "
    "größe; farbe; muster; geschmack; duft; ausführung; taille; couleur; matière; motif; parfum; "
    "talla; tamaño; sabor; taglia; colore; materiale; gusto; maat; kleur; materiaal; smaak"
)
_FURTHER_IMAGES = (
    "additional image; additional images; additional image link; additional image links; "
    "additional image url; additional image urls; further images; more images; other images; "
    "other image url; gallery; gallery images; image gallery; weitere bilder; zusatzbilder; "
    "bildergalerie; galerie; images supplémentaires; autres images; imágenes adicionales; "
    "otras imágenes; immagini aggiuntive; altre immagini; extra afbeeldingen"
)
_SIGNS = re.compile(r"[\W_]+")
_NUMBER = re.compile(r"(?<=\D)\d{1,2}(?!\d)")
"""The number of an image in the name of its column, such as 2 in ``image_url_2``."""
# What other shops add to the names of columns for people who fill them in.
_HINT = re.compile(r"\((?:x,\s*y,\s*z\W*|0/1|html|required|optional|pflichtfeld)\)", re.IGNORECASE)
_AMOUNTS = frozenset({"price", "compare_at_price", COST})


def _key(title: str) -> str:
    return _SIGNS.sub(" ", fold(_HINT.sub(" ", title))).strip()


_BY_KEY = {_key(ours): ours for ours in _NAMES}
_BY_KEY |= {_key(name): ours for ours, names in _NAMES.items() for name in names.split(";")}


_OPTIONS = frozenset(_key(name) for name in _OPTION_NAMES.split(";"))
_NUMBERED_OPTION = re.compile(r"(?:variant )?option ?([1-9]) ?(name|value)")
_FURTHER = frozenset(_key(name) for name in _FURTHER_IMAGES.split(";"))


def is_further_image(title: str) -> bool:
    """Return whether a column has more images by its name, such as ``image 2`` or ``gallery``."""
    key = _key(title)
    without = " ".join(_NUMBER.sub(" ", key).split())
    if without == key:
        return key in _FURTHER
    return without in {"picture", *_FURTHER} or _BY_KEY.get(without) == IMAGES


def guess_option(title: str) -> str:
    """Return the column of an option of variants, such as ``option.Size``, or ""."""
    key = _key(title)
    if found := _NUMBERED_OPTION.fullmatch(key):
        return (OPTION_NAME if found[2] == "name" else OPTION_VALUE) + found[1]
    return f"{OPTION}{title.strip()}" if key in _OPTIONS else ""


def guess(title: str) -> str:
    """Return the column of the shop that a column is by its name, or "".

    Case, punctuation and the shop's own currency do not matter: "Preis (EUR)" is a price. A column
    with amounts in another currency is none.
    """
    found, other = _read_title(title)
    return "" if other else found


def other_currency(title: str) -> str:
    """Return the currency of a column with amounts, such as "EUR", if it is not the shop's."""
    return _read_title(title)[1]


def _read_title(title: str) -> tuple[str, str]:
    """Return the column of a title, or "", and the currency of its amounts if it is another one."""
    currency, without = currency_in(title)
    found = _BY_KEY.get(_key(title)) or _BY_KEY.get(_key(without).removesuffix(" in"), "")
    is_other = found in _AMOUNTS and currency not in {"", settings.SHOP_CURRENCY}
    return found, currency if is_other else ""
