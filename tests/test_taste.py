"""What readers like is learned from few votes, bounded, the same each time, and told in their words."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.digests import taste
from bot.digests.choose import POOL, rank, reach
from bot.digests.taste import SIZE, Rarity, Voted
from bot.digests.terms import terms
from bot.digests.why import why
from bot.papers.asked import parse
from bot.sources.archive import read_paths
from storage.records import Arrival, Card, Paper, Summary, Taste

CORPUS = Path(__file__).parents[2] / "shared/data/corpus-50k.jsonl.zst"
EVERYTHING, BARE = parse(""), parse("cat:cs.LG")


def shown(number: int, title_zh: str, tldr_zh: str = "", title: str = "", **more: object) -> Card:
    known = f"2403.{number:05}"
    return Card(Paper(known, 1, title, "", **more), Summary(known, 1, title_zh=title_zh, tldr_zh=tldr_zh))  # type: ignore[arg-type]


DIFFUSION = [
    shown(1, "面向图像生成的扩散模型", "提出一种扩散模型用于图像生成。"),
    shown(2, "视频扩散模型", "扩散模型生成视频。"),
    shown(3, "扩散模型的加速采样", "为扩散模型加速采样。"),
]
GRAPHS = [
    shown(4, "图神经网络的表达能力", "研究图神经网络。"),
    shown(5, "分子上的图神经网络", "图神经网络预测分子性质。"),
]
SUBJECTS = ("语音", "机器人", "翻译", "检索", "医学")
OTHERS = [shown(10 + n, f"关于{each}的研究", f"研究{each}问题。") for n, each in enumerate(SUBJECTS)]
RARITY = Rarity([*DIFFUSION, *GRAPHS, *OTHERS])


def learned(*votes: Voted, passed_over: list[Card] | None = None) -> Taste:
    return taste.train(votes, passed_over or [], RARITY)


def test_one_like_lifts_the_papers_that_are_like_it_above_newer_ones() -> None:
    ranked = rank([*OTHERS, *GRAPHS, DIFFUSION[2]], EVERYTHING, learned(Voted(DIFFUSION[0], 1)))
    assert ranked[0] == DIFFUSION[2]


def test_one_dislike_lets_the_papers_that_are_like_it_sink() -> None:
    ranked = rank([GRAPHS[1], *OTHERS], EVERYTHING, learned(Voted(GRAPHS[0], -1)))
    assert ranked == [*OTHERS, GRAPHS[1]]


def test_what_was_passed_over_counts_less_than_what_was_disliked() -> None:
    disliked = learned(Voted(DIFFUSION[0], 1), Voted(GRAPHS[0], -1))
    passed = learned(Voted(DIFFUSION[0], 1), passed_over=[GRAPHS[0]])
    assert taste.score(disliked, GRAPHS[1]) < taste.score(passed, GRAPHS[1]) < 0


def test_the_votes_of_all_count_and_a_dispute_counts_for_nothing() -> None:
    assert learned(Voted(DIFFUSION[0], 0)) == Taste({})
    one, many = (learned(Voted(DIFFUSION[0], n), Voted(GRAPHS[0], 1)) for n in (1, 9))
    gained = taste.score(many, DIFFUSION[1]) - taste.score(many, GRAPHS[1])
    assert gained > taste.score(one, DIFFUSION[1]) - taste.score(one, GRAPHS[1])


def test_few_votes_speak_more_softly_than_many() -> None:
    one, three = learned(Voted(DIFFUSION[0], 1)), learned(*(Voted(each, 1) for each in DIFFUSION))
    assert 0 < one.weights["扩散模型"] < three.weights["扩散模型"]


def test_without_votes_and_words_papers_stay_newest_first() -> None:
    papers = [*OTHERS, *DIFFUSION]
    for query in (EVERYTHING, BARE, parse("-扩散 cat:cs.LG")):
        assert rank(papers, query) == papers
        assert reach(query, None, 60) == 60
    assert rank(papers, BARE, Taste({})) == papers
    assert rank([], parse("扩散")) == []


def test_without_votes_a_word_in_the_title_comes_before_one_in_the_abstract() -> None:
    title = Card(Paper("2403.00001", 1, "Reasoning with Transformers", ""))
    sentence = shown(2, "别的题目", "一种新的推理方法。")
    abstract = Card(Paper("2403.00003", 1, "Something else", "It transforms reasoning."))
    query = parse("推理 OR reasoning")
    assert rank([abstract, sentence, title], query) == [title, sentence, abstract]
    assert rank([abstract, title], parse("transformer")) == [title, abstract]
    assert reach(query, None, 60) == POOL


def test_of_equally_relevant_papers_the_newest_comes_first() -> None:
    assert rank(DIFFUSION, parse("扩散")) == DIFFUSION
    assert rank(DIFFUSION[::-1], parse('"扩散模型"')) == DIFFUSION[::-1]


def test_an_english_word_is_found_between_chinese_ones_and_not_inside_another() -> None:
    between, inside = shown(1, "基于GPT的推理"), shown(2, "论EGPT")
    assert rank([inside, between], parse("gpt")) == [between, inside]


@pytest.mark.parametrize(
    ("query", "title", "words"),
    [
        ("time series", "Serving LLMs with Little Time", ("time",)),
        ("gene OR policy", "Generative Police", ()),
        ("species OR images", "Spectral imagination", ()),
        ("series OR serverless", "A serverless service", ("serverless",)),
        ("policy gene images", "Policies of genes in an image", ("policy", "gene", "images")),
        ("小波 OR 更快", "小波变换更慢更快", ("小波", "更快")),
        ("小波", "小的波", ()),
    ],
)
def test_only_whole_words_and_their_inflections_speak_for_a_paper(
    query: str, title: str, words: tuple[str, ...]
) -> None:
    assert why(Card(Paper("2403.00001", 1, title, "x"), None), parse(query), None).words == words


def test_excluded_words_make_nothing_relevant() -> None:
    assert why(DIFFUSION[0], parse("图像 -扩散"), None).words == ("图像",)


def test_a_paper_without_a_summary_is_compared_by_its_english() -> None:
    liked = shown(1, "扩散模型", title="Diffusion Models for Images")
    english = Card(Paper("2403.00002", 1, "A Diffusion Model of Proteins", "We study proteins. It is hard."))
    assert rank([*OTHERS, english], EVERYTHING, learned(Voted(liked, 1)))[0] == english


def test_authors_and_categories_speak_too() -> None:
    liked = shown(1, "一", authors=("Yann LeCun",), categories=("cs.RO",))
    given = learned(Voted(liked, 1))
    assert taste.score(given, shown(2, "二", authors=("Yann LeCun",))) > 0
    assert taste.reasons(given, shown(2, "二", categories=("cs.RO",))) == ("cs.RO",)


def test_reasons_are_the_papers_own_words_and_no_part_of_one_another() -> None:
    given = learned(*(Voted(each, 1) for each in DIFFUSION))
    told = taste.reasons(given, shown(9, "基于扩散模型的语音合成"))
    assert told[0] == "扩散模型"
    assert not [each for each in told if each != "扩散模型" and each in "扩散模型"]
    english = learned(Voted(shown(1, "", title="Large Language Models"), 1))
    told = taste.reasons(english, shown(2, "", title="LARGE language model agents"))
    assert set(told) == {"LARGE language", "language model"}


def test_at_most_five_reasons_and_none_where_nothing_was_liked() -> None:
    long = shown(1, "语音 机器人 翻译 检索 医学 图像 视频 分子")
    assert len(taste.reasons(learned(Voted(long, 1)), long)) == 5
    assert taste.reasons(learned(Voted(GRAPHS[0], -1)), GRAPHS[1]) == ()


def test_what_is_said_of_any_paper_is_no_term() -> None:
    found = terms(shown(1, "提出一种基于和用于的方法", title="A novel approach for the of 2024"))
    assert not found.keys() & {"提出", "2024", "novel"}


def test_tex_and_markup_are_no_terms() -> None:
    found = terms(shown(1, "", title=r"$\mathbf{CO_2}$ capture & <b> storage"))
    assert not [key for key in found if set(key) & set("$\\<>{}&")]


@given(st.text(max_size=200), st.text(max_size=200), st.lists(st.text(max_size=300), max_size=3))
def test_any_text_has_a_score_and_a_reason_that_can_be_shown(title: str, sentence: str, authors: list[str]) -> None:
    card = shown(1, title, sentence, title, authors=tuple(authors))
    given_ = taste.train([Voted(card, 1)], [], Rarity([]))
    assert taste.score(given_, card) >= 0
    assert all(taste.reasons(given_, card))
    assert len(json.dumps(dict(given_.weights), ensure_ascii=False).encode(errors="replace")) <= SIZE * 1.2


@pytest.mark.recorded
def test_many_votes_make_a_small_taste_and_always_the_same() -> None:
    if not CORPUS.exists():
        pytest.skip("the recorded corpus is not beside the project")
    cards = []
    for each in read_paths([CORPUS]):
        if isinstance(each.outcome, Arrival):
            cards.append(Card(each.outcome.paper, each.outcome.summary))
        if len(cards) == 600:
            break
    votes = [Voted(card, 1 if "learn" in card.paper.abstract else -1) for card in cards[:500]]
    made = [taste.train(votes, cards[500:], Rarity(cards[:300])) for _ in range(2)]
    assert dict(made[0].weights) == dict(made[1].weights)
    size = len(json.dumps(dict(made[0].weights), ensure_ascii=False, separators=(",", ":")).encode())
    assert SIZE * 0.9 < size <= SIZE
