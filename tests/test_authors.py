"""Everybody who wrote a paper is named, each once, whatever the line looks like; where they work stands apart."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.sources import authors
from bot.sources.authors import Authors, split

LINES = {
    "Ratna Kandala,  Deepti, Sheza Munir": ["Ratna Kandala", "Deepti", "Sheza Munir"],
    r"Nikola Pi\v{z}urica, Anders S{\o}gaard, Hendrik Kra{\ss}": ["Nikola Pižurica", "Anders Søgaard", "Hendrik Kraß"],
    r"J.~Smith, \'Alvaro N\'u\~nez, \c{S}ule \.I\c{c}": ["J. Smith", "Álvaro Núñez", "Şule İç"],
    r"\textcommabelow{S}tefan Ionescu": ["Ștefan Ionescu"],
    "A. Smith and B. Jones, and C. Doe, & D. Foo": ["A. Smith", "B. Jones", "C. Doe", "D. Foo"],
    "Sandy Andersson, Anderson Brand, 't Hooft": ["Sandy Andersson", "Anderson Brand", "'t Hooft"],
    "W. A. Rodrigues, Jr., R. da Rocha, John Smith III": ["W. A. Rodrigues Jr.", "R. da Rocha", "John Smith III"],
    "Lee, III, B": ["Lee III", "B"],
    "ATLAS Collaboration: G. Aad, B. Abbott, et al.": ["ATLAS Collaboration", "G. Aad", "B. Abbott"],
    "The CDF and D0 Collaborations, A. Smith": ["The CDF and D0 Collaborations", "A. Smith"],
    "C. Dilks for the STAR Collaboration": ["C. Dilks", "STAR Collaboration"],
    "J. Doe and the ATLAS Collaboration": ["J. Doe", "the ATLAS Collaboration"],
    "Robert (Bob) Smith, Wei (Wayne) Chen": ["Robert (Bob) Smith", "Wei (Wayne) Chen"],
    "A$^{1,2}$, B$^1$, C$^*$, D\\textsuperscript{1}, E [1,2]": ["A", "B", "C", "D", "E"],
    "A (1), B (2,3), C (1 and 2), D (*), E (a), F (\\dag)": ["A", "B", "C", "D", "E", "F"],
    "A (deceased), B (editor)": ["A", "B"],
    "A. Smith), B. Jones": ["A. Smith", "B. Jones"],
    "A ,, B, , -": ["A", "B"],
    "": [],
    "((": [],
    ")(": [],
}


@pytest.mark.parametrize(("line", "names"), LINES.items())
def test_a_line_is_split_into_names(line: str, names: list[str]) -> None:
    assert split(line) == Authors(tuple(names))


@pytest.mark.parametrize(
    ("line", "names", "places"),
    [
        ("A. Name (Univ X, City), B. Name", ["A. Name", "B. Name"], ["Univ X, City"]),
        ("A (Univ X (Dept Y), City), B (Univ Z)", ["A", "B"], ["Univ X (Dept Y), City", "Univ Z"]),
        ("A (Univ X; Inst Y), B (Univ X)", ["A", "B"], ["Univ X", "Inst Y"]),
        (r"A (Universit\'e de Li\`ege)", ["A"], ["Université de Liège"]),
        ("C. Dilks (for the STAR Collaboration)", ["C. Dilks"], ["STAR Collaboration"]),
        ("A (1), B (1 and 2) ((1) Univ X, City, (2) Univ Y (CNRS))", ["A", "B"], ["Univ X, City", "Univ Y (CNRS)"]),
        ("A (1), B (2), (1) Univ X, City, (2) Univ Y", ["A", "B"], ["Univ X, City", "Univ Y"]),
        ("A (1), B (2) (1: Univ X, City; 2: Univ Y)", ["A", "B"], ["Univ X, City", "Univ Y"]),
        ("A. Smith (CERN) B. Jones (MIT)", ["A. Smith", "B. Jones"], ["CERN", "MIT"]),
        ("A. Smith (Univ X, B. Jones (Univ Y)", ["A. Smith", "B. Jones"], ["Univ X", "Univ Y"]),
    ],
)
def test_affiliations_are_taken_apart_from_names(line: str, names: list[str], places: list[str]) -> None:
    assert split(line) == Authors(tuple(names), tuple(places))


@pytest.mark.parametrize(
    ("inverted", "name"),
    [
        ("Rodrigues Jr, Waldyr A.", "Waldyr A. Rodrigues Jr"),
        ("da Rocha, Roldao", "Roldao da Rocha"),
        (r"Pi\v{z}urica, Nikola", "Nikola Pižurica"),
        ("Deepti", "Deepti"),
        ("", ""),
    ],
)
def test_an_inverted_name_is_put_in_order(inverted: str, name: str) -> None:
    assert authors.from_inverted(inverted) == name


WORDS = st.text(st.characters(categories=["Lu", "Ll", "Lo"]), min_size=4, max_size=9).filter(
    lambda word: word.casefold() != "etal"
)  # et al.
NAMES = st.lists(WORDS, min_size=1, max_size=3).map(" ".join)


@given(st.lists(NAMES, min_size=1))
def test_no_plain_name_is_lost_or_changed(names: list[str]) -> None:
    assert split(", ".join(names)).names == tuple(names)
    assert split(", ".join(names) + " (Somewhere Else)").names == tuple(names)  # not the short way


@given(st.text(alphabet="()[]{}$\\^,;:&*'.- 1aA", max_size=60) | st.text(max_size=60))
@example("(" * 5000 + ")" * 4999)
@example("(," * 5000)
@example("for " * 5000 + "collaboration")
def test_no_line_defeats_it(line: str) -> None:
    found = split(line)
    assert all(name.strip() for name in found.names + found.affiliations)
