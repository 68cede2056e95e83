"""The labels of facets: the texts that people read, in a language of the shop."""

from typing import Any

from catalog.options.texts import CatalogTexts


def labelled(facets: dict[str, Any], texts: CatalogTexts) -> dict[str, Any]:
    """Return facets with translated labels. Values stay as filters take them."""
    return {
        **facets,
        "attributes": [_attribute(attribute, texts) for attribute in facets["attributes"]],
        "options": [_option(option, texts) for option in facets["options"]],
    }


def _attribute(attribute: dict[str, Any], texts: CatalogTexts) -> dict[str, Any]:
    slug = attribute["slug"]
    values = [
        {**each, "label": texts.choice(slug, each["value"])}
        if isinstance(each["value"], str)
        else each
        for each in attribute["values"]
    ]
    return {**attribute, "name": texts.attribute(slug, attribute["name"]), "values": values}


def _option(option: dict[str, Any], texts: CatalogTexts) -> dict[str, Any]:
    name = option["name"]
    values = [{**each, "label": texts.value(name, each["value"])} for each in option["values"]]
    return {**option, "label": texts.option(name), "values": values}
