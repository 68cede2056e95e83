"""Synonyms by /api/synonyms/, which change searches at once."""

import pytest

from catalog.factories import ProductFactory
from catalog.models import Synonym
from shop.testing.marks import on_one_database

SYNONYMS = "/api/synonyms/"


def names(client, search):
    body = client.get("/api/products/", {"search": search}).json()
    return [product["name"] for product in body["products"]]


def test_staff_maintain_synonyms(amy, anyone, db):
    ProductFactory(name="Corner sofa")
    assert names(anyone, "settee") == []
    created = amy.post(
        SYNONYMS, {"words": "sofa,  couch , settee"}, headers={"Idempotency-Key": "1"}
    )
    path = created.headers["Location"]
    body = created.json()
    assert (created.status_code, path) == (201, f"{SYNONYMS}{body['id']}/")
    assert body == {"id": Synonym.objects.get().pk, "words": "sofa, couch, settee"}
    again = amy.post(SYNONYMS, {"words": "sofa,  couch , settee"}, headers={"Idempotency-Key": "1"})
    assert (again.json(), Synonym.objects.count()) == (body, 1)
    assert names(anyone, "settee") == ["Corner sofa"]
    assert amy.patch(path, {"words": "sofa, divan"}).json()["words"] == "sofa, divan"
    assert (names(anyone, "settee"), names(anyone, "divan")) == ([], ["Corner sofa"])
    amy.post(SYNONYMS, {"words": "cup, mug"})
    listed = amy.get(SYNONYMS).json()
    assert [each["words"] for each in listed["synonyms"]] == ["cup, mug", "sofa, divan"]
    assert amy.delete(path).status_code == 204
    assert names(anyone, "divan") == []
    for response in (amy.get(path), amy.delete(path), amy.patch(path, {"words": "a, b"})):
        assert (response.status_code, response.json()["code"]) == (404, "synonym_not_found")


@on_one_database
@pytest.mark.parametrize(
    "body",
    [
        {},
        {"words": "sofa"},
        {"words": "sofa, Sofa"},
        {"words": "!, ?"},
        {"words": "a b c d, e"},
        {"words": "a, " + "b" * 500},
        {"words": "so\u200bfa, couch"},
        {"words": ["sofa", "couch"]},
        {"words": "sofa, couch", "name": "Sofas"},
    ],
)
def test_synonyms_are_refused(amy, db, body):
    created = amy.post(SYNONYMS, {"words": "cup, mug"}).json()
    for response in (amy.post(SYNONYMS, body), amy.patch(f"{SYNONYMS}{created['id']}/", body)):
        assert response.status_code == 400, response.content
    assert list(Synonym.objects.values_list("words", flat=True)) == ["cup, mug"]
