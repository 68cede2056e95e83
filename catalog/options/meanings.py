"""What the options of products mean to search engines, by their names in several languages."""

from catalog.options.services import fold_option

_WORDS = {
    "size": "size größe grösse taille talla tamaño taglia maat rozmiar",
    "color": "color colour farbe couleur colore kleur kolor cor",
    "material": "material matériau matière materiale materiaal",
    "pattern": "pattern muster motif patrón patroon",
}
_BY_NAME = {
    fold_option(word): meaning for meaning, words in _WORDS.items() for word in words.split()
}


def meaning_of(name: str) -> str | None:
    """Return ``size``, ``color``, ``material`` or ``pattern``, or None for another option."""
    return _BY_NAME.get(fold_option(name))
