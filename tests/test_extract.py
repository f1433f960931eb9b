"""Without a model a reader still learns what a paper does, in the paper's own words."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.summaries.extract import LONGEST, first_sentence, sentences
from storage.records import Paper


def told(abstract: str, title: str = "On nets") -> str:
    return first_sentence(Paper("2603.07895", 1, title, abstract))


@pytest.mark.parametrize(
    ("abstract", "sentence"),
    [
        ("Nets are hard. We propose a loss for wide nets. It works well.", "We propose a loss for wide nets."),
        ("Web-scale data matter. This paper studies wide nets on them.", "This paper studies wide nets on them."),
        ("Nets are hard to train. They often fail on small data sets.", "Nets are hard to train."),
        (
            "Experiments show that we present better results. Here we introduce SAM, a net.",
            "Here we introduce SAM, a net.",
        ),
        (
            "Nets fail. We show that depth helps in every net. Our code is available.",
            "We show that depth helps in every net.",
        ),
        ("Abstract: We study nets of any width and depth.", "We study nets of any width and depth."),
        ("One sentence without an end", "One sentence without an end"),
        ("We study $\\alpha$-nets of Erd\\H{o}s and their limits.", "We study α-nets of Erdős and their limits."),
        ("Nets.\nWe propose\na loss for wide nets.", "We propose a loss for wide nets."),
    ],
)
def test_the_sentence_says_what_the_paper_does(abstract: str, sentence: str) -> None:
    assert told(abstract) == sentence


@pytest.mark.parametrize(
    "sentence",
    [
        "We extend Smith et al. (2020) to deep nets.",
        "We compare nets, e.g. ResNet and ViT, vs. Trees in Fig. 3 and Eq. (2).",
        "We report i.e. A and B by J. R. Smith.",
        "We train 1.5B models on GPT-4.1 data.",
        "We ask: (a) Why? and how; all w.r.t. Nets.",
    ],
)
def test_abbreviations_end_no_sentence(sentence: str) -> None:
    assert sentences(f"{sentence} The rest is silence.") == [sentence, "The rest is silence."]


def test_etc_and_et_al_end_one_where_another_begins() -> None:
    assert sentences("We test cats, dogs, etc. We then stop.") == ["We test cats, dogs, etc.", "We then stop."]


def test_a_long_sentence_is_cut_between_words_and_shows_it() -> None:
    cut = told("We propose " + "wide nets and " * 60 + "more.")
    assert len(cut) <= LONGEST
    assert cut.endswith(("nets…", "and…", "wide…"))


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=600))
def test_nothing_raises_and_only_nothing_gives_nothing(abstract: str) -> None:
    sentence = told(abstract)
    assert len(sentence) <= LONGEST
    assert bool(sentence) == bool(abstract.split())
