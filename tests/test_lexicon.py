from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.papers import taxonomy
from storage import lexicon, papers, search, segment, state
from storage.database import Database
from storage.query import parse
from storage.records import Arrival
from storage.word_pairs import Entry, key, learned
from tests.conftest import NOW
from tests.made import paper, summary

# Each word beside others, so that only what always stands together is a translation.
TITLES = [
    ("扩散模型", "Diffusion models"),
    ("图像扩散", "Image diffusion"),
    ("图像分割", "Image segmentation"),
    ("语义分割", "Semantic segmentation"),
    ("语义模型", "A semantic model"),
    ("语言模型", "Language models"),
    ("语言分割", "Segmenting language"),
    ("扩散语言", "Language diffusion"),
]


def translated(known: dict[str, Entry], word: str) -> Sequence[str]:
    return [each for each, _ in known[word].translations]


def test_words_that_stand_in_both_titles_again_and_again_mean_each_other() -> None:
    known = learned(TITLES)
    for chinese, english in (("扩散", "diffusion"), ("图像", "image"), ("语义", "semantic"), ("语言", "language")):
        assert translated(known, chinese)[0] == english
        assert translated(known, key(english))[0] == chinese
    assert known["扩散"].share == pytest.approx(3 / 8)


def test_what_was_known_stays_and_what_is_new_is_added() -> None:
    before = {"量子": Entry(0.01, (("quantum", 0.9),)), "扩散": Entry(0.02, (("dispersion", 0.9),))}
    known = learned(TITLES * 40, before)
    assert translated(known, "量子") == ["quantum"]
    assert set(translated(known, "扩散")) == {"diffusion", "dispersion"}
    assert translated(known, "语义")[0] == "semantic"


@given(st.lists(st.tuples(st.text(max_size=30), st.text(max_size=30)), max_size=8))
def test_any_titles_can_be_learned_from(titles: list[tuple[str, str]]) -> None:
    for word, entry in learned(titles * 2).items():
        assert 0 < entry.share <= 1
        assert sum(likely for _, likely in entry.translations) <= 1.000001
        assert all(segment.is_chinese(each) != segment.is_chinese(word) for each, _ in entry.translations)


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (("model", "models", "modeled"), "model"),
        (("learning", "learns", "learned"), "learn"),
        (("studies", "study"), "study"),
        (("boxes", "box"), "box"),
        (("classes", "class"), "class"),
        (("as", "gan", "扩散"), None),
    ],
)
def test_an_english_word_is_named_without_its_ending(words: tuple[str, ...], name: str | None) -> None:
    for word in words:
        assert key(word) == (name or word)


def test_a_lexicon_is_read_as_it_was_written() -> None:
    known = {"扩散": Entry(0.02, (("diffusion", 0.95), ("dispersion", 0.03))), "gan": Entry(0.0028)}
    assert dict(lexicon.read(lexicon.write(known))) == known


def test_the_shipped_lexicon_knows_the_words_of_the_field() -> None:
    known = lexicon.shipped()
    assert translated(known, "扩散")[0] == "diffusion"
    assert "强化" in translated(known, key("reinforcement"))
    assert known["学习"].share > 0.1 > known["量子"].share


async def test_a_new_installation_finds_english_papers_by_chinese_words_and_the_reverse(database: Database) -> None:
    arrivals = [
        Arrival(paper("2403.00001", title="Diffusion for speech")),
        Arrival(paper("2403.00002", title=""), None, summary("2403.00002", title_zh="图像分割", tldr_zh="")),
    ]
    async with database.transaction() as tx:
        await papers.add(tx, arrivals, NOW)
        assert (await search.find(tx, parse("扩散 语音", taxonomy.resolve))).ids == ()
        await lexicon.keep_current(tx)
    async with database.reading() as tx:
        found = await search.find(tx, parse("扩散 语音", taxonomy.resolve))
        assert (found.ids, found.exact) == (("2403.00001",), 1)
        assert (await search.find(tx, parse("image segmentation", taxonomy.resolve))).ids == ("2403.00002",)


async def test_the_lexicon_learns_from_the_titles_of_the_store(database: Database) -> None:
    arrivals = [
        Arrival(paper(f"2403.{number:05}", title=english), None, summary(f"2403.{number:05}", title_zh=chinese))
        for number, (chinese, english) in enumerate(TITLES, start=1)
    ]
    async with database.transaction() as tx:
        await papers.add(tx, arrivals, NOW)
    assert await lexicon.learn(database, before={}) > 0
    async with database.transaction() as tx:
        known = await lexicon.entries(tx, ["扩散", "segmentations", "unheard"])
        assert translated(known, "扩散") == ["diffusion"]
        assert translated(known, "segmentations") == ["分割"]
        assert "unheard" not in known
        before = await state.get(tx, "lexicon")
        await lexicon.keep_current(tx)
        assert await state.get(tx, "lexicon") == before  # what was learned is not overwritten
