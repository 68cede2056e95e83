"""The columns of WooCommerce's product CSV, whose names are in the language of the shop."""

import re
from collections.abc import Sequence

from catalog.exchange.imports.conversions import metadata_key
from shop.core.slugs import fold_name

_NAMES = {
    "id": "id",
    "type": "type; typ; tipo; soort",
    "sku": "sku; artikelnummer; art.-nr.; ugs; codice prodotto; cod",
    "barcode": "gtin, upc, ean, or isbn; gtin, upc, ean oder isbn; gtin, upc, ean ou isbn; "
    "gtin, upc, ean o isbn; gtin, upc, ean of isbn; gtin; ean; barcode; meta: _global_unique_id; "
    "meta: _alg_ean; meta: _ts_gtin",
    "name": "name; nom; nombre; nome; naam",
    "published": "published; veröffentlicht; publié; publicado; pubblicato; gepubliceerd",
    "visibility": "visibility in catalog; sichtbarkeit im katalog; visibilité dans le catalogue; "
    "visibilidad en el catálogo; visibilità nel catalogo; zichtbaarheid in catalogus",
    "short_description": "short description; kurzbeschreibung; description courte; "
    "descripción corta; breve descrizione; korte beschrijving",
    "description": "description; beschreibung; descripción; descrizione; beschrijving",
    "starts": "date sale price starts; datum, an dem angebotspreis beginnt; "
    "date de début de promo; día en que empieza el precio rebajado; "
    "data di inizio del prezzo in saldo; inizio data prezzo in offerta; startdatum actieprijs",
    "ends": "date sale price ends; datum, an dem angebotspreis endet; date de fin de promo; "
    "día en que termina el precio rebajado; data di fine del prezzo in saldo; "
    "fine data prezzo in offerta; einddatum actieprijs",
    "tax_status": "tax status; steuerstatus; état de la tva; estado del impuesto; "
    "stato delle imposte; belastingstatus; btw status; belasting status",
    "tax_class": "tax class; steuerklasse; classe de tva; clase de impuesto; aliquota di imposta; "
    "belastingklasse; btw klasse",
    "in_stock": "in stock; vorrätig; en stock; en inventario; está en inventario; existencias; "
    "hay existencias; auf lager; op voorraad; in magazzino",
    "stock": "stock; bestand; lager; lagerbestand; inventario; magazzino; voorraad",
    "low_stock": "low stock amount; geringe lagermenge; montant de stock faible; "
    "cantidad de bajo inventario; cantidad de existencias bajas; ammontare di magazzino basso; "
    "importo scorte basso; lage voorraad hoeveelheid; lage voorraad",
    "backorder": "backorders allowed; lieferrückstände erlaubt; lieferrückstande erlaubt; "
    "rückstände erlaubt; lieferrückstand erlaubt; "
    "autoriser les commandes de produits en rupture; permitir reservas de productos agotados; "
    "consentire ordini arretrati; permettere gli ordini arretrati; nabestellingen toestaan",
    "sale_price": "sale price; angebotspreis; tarif promo; precio rebajado; prezzo in saldo; "
    "prezzo in offerta; actieprijs",
    "regular_price": "regular price; regulärer preis; normaler preis; tarif régulier; "
    "precio normal; prezzo di listino; reguliere prijs; price",
    "categories": "categories; kategorien; catégories; categorías; categorie; categorieën",
    "tags": "tags; schlagwörter; schlagworte; étiquettes; etiquetas; tag",
    "images": "images; bilder; imágenes; immagine; immagini; afbeeldingen",
    "parent": "parent; übergeordnetes produkt; übergeordnet; parent sku; superior; genitore; hoofd",
    "grouped": "grouped products; gruppierte produkte; produits groupés; groupes de produits; "
    "productos agrupados; prodotti raggruppati; gegroepeerde producten",
    "external_url": "external url; externe url; url externe; url externa; url esterno",
    "button_text": "button text; button-text; texte du bouton; libellé du bouton; "
    "texto del botón; testo del pulsante; testo bottone; testo del bottone; knoptekst; knop tekst",
    "position": "position; posición; posizione; positie",
    "brand": "brands; brand; marken; marke; marques; marque; marcas; marca; marchi; merken; "
    "product brands",
    "length": "length; länge; longueur; longitud; lunghezza; lengte",
    "width": "width; breite; largeur; anchura; larghezza; breedte",
    "height": "height; höhe; hauteur; altura; altezza; hoogte",
    "weight": "weight; gewicht; poids; peso",
    "seo_title": "meta: _yoast_wpseo_title; meta: rank_math_title; meta: _aioseo_title",
    "seo_description": "meta: _yoast_wpseo_metadesc; meta: rank_math_description; "
    "meta: _aioseo_description",
    "private_metadata.cost": "cost of goods; meta: _wc_cog_cost; meta: _alg_wc_cog_cost; "
    "warenkosten",
}
_SIGNS = re.compile(r"[^\w():]+")
_ATTRIBUTE = frozenset(
    {"attribute", "attribut", "attribuut", "atributo", "attributo", "eigenschap"}
)
_NAME = frozenset({"name", "nom", "nombre", "nome", "naam"})
_VALUES = frozenset({"value", "values", "wert", "werte", "valeur", "valeurs", "valor", "valores"})
_VALUES |= {"valore", "valori", "waarde", "waarden"}


def _key(title: str) -> str:
    """Return a title without case and signs, as translations of WooCommerce differ in them."""
    return " ".join(_SIGNS.sub(" ", fold_name(title)).split())


_BY_NAME = {_key(name): ours for ours, names in _NAMES.items() for name in names.split(";")}
_UNIT = re.compile(r"(.+?) \(([a-z]+)\)")
_MEASURES = frozenset({"weight", "length", "width", "height"})
_OF_WOOCOMMERCE = frozenset(
    {"regular_price", "sale_price", "visibility", "tax_status", "in_stock", "parent", "grouped"}
)
AMOUNTS = frozenset(
    {"regular_price", "sale_price", "weight", "length", "width", "height", "private_metadata.cost"}
)
WHOLE = frozenset({"stock", "low_stock"})


def canonical(title: str) -> str:
    """Return the canonical name of a column, such as ``weight``, or "" if it is not read."""
    name = _key(title)
    if name in _BY_NAME:
        return _BY_NAME[name]
    if attribute := _of_attribute(name):
        return attribute
    if found := _UNIT.fullmatch(name):
        measure = _BY_NAME.get(found[1], "")
        return measure if measure in _MEASURES else ""
    if name.startswith("meta:"):
        return _metadata(title.partition(":")[2].strip())
    return ""


def _of_attribute(name: str) -> str:
    """Return ``name.1`` or ``values.1`` for a column of the first attribute, or ""."""
    words = name.replace("(", " ").replace(")", " ").split()
    number = next(filter(str.isdecimal, words), "")
    if not number or not _ATTRIBUTE.intersection(words):
        return ""
    if _NAME.intersection(words):
        return f"name.{number}"
    return f"values.{number}" if _VALUES.intersection(words) else ""


def _metadata(key: str) -> str:
    """Return a column of metadata. WordPress hides keys that begin with an underscore."""
    return f"{'private_' if key.startswith('_') else ''}metadata.{metadata_key(key)}"


def unit_of(title: str) -> str:
    """Return the unit in a title such as ``Weight (kg)``, or ""."""
    found = _UNIT.fullmatch(fold_name(title))
    return found[2] if found else ""


def is_woocommerce(header: Sequence[str]) -> bool:
    """Return whether the header is that of WooCommerce's product CSV."""
    names = {canonical(title) for title in header}
    return {"type", "name"} <= names and len(names & _OF_WOOCOMMERCE) > 1
