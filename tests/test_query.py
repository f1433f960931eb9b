"""The query language: how texts are read, and that nothing a reader types is an error."""

from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.papers import taxonomy
from bot.papers.asked import parse
from storage import query, segment
from storage.query import (
    MAX_LENGTH,
    All,
    Any,
    Author,
    Category,
    Field,
    LastDays,
    Node,
    Not,
    PaperId,
    Phrase,
    Query,
    Since,
    Type,
    Until,
    Votes,
    Word,
    asked_for,
)
from storage.records import AnnounceType

A, B, C, D = map(Word, "abcd")
LEARNING, LANGUAGE = (Category(taxonomy.resolve(name)) for name in ("cs.LG", "cs.CL"))
NEW, CROSS, REPLACE, REPLACE_CROSS = AnnounceType


def tree(*parts: Node) -> All:
    return All(parts)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("扩散模型 diffusion", (Word("扩散模型"), Word("diffusion"))),
        ("a，b、c；d", (A, B, C, D)),
        ("a AND b", (A, B)),
        ("a 且 b", (A, B)),
        ("a OR b", (Any((A, B)),)),
        ("a or b", (Any((A, B)),)),
        ("a ＯＲ b", (Any((A, B)),)),
        ("a|b", (Any((A, B)),)),
        ("a ｜ b", (Any((A, B)),)),
        ("a 或 b", (Any((A, B)),)),
        ("a 或者 b", (Any((A, B)),)),
        ("a OR b OR c", (Any((A, B, C)),)),
        ("a b OR c", (A, Any((B, C)))),
        ("a AND b OR c", (Any((All((A, B)), C)),)),
        ("a OR b AND c", (Any((A, All((B, C)))),)),
        ("(a b) OR c", (Any((All((A, B)), C)),)),
        ("a （b OR c）", (A, Any((B, C)))),
        ("a【b OR c】d", (A, Any((B, C)), D)),
        ("((a) (b))", (A, B)),
        ("(a OR (b OR c))", (Any((A, B, C)),)),
        ("a -b", (A, Not(B))),
        ("a －b", (A, Not(B))),
        ("a −b –c —d", (A, Not(B), Not(C), Not(D))),
        ("a NOT b", (A, Not(B))),
        ("NOT NOT a", (A,)),
        ("NOT -a", (A,)),
        ("not a", (Word("not"), A)),
        ("a OR -b", (Any((A, Not(B))),)),
        ("-(a OR b) c", (Not(Any((A, B))), C)),
        ("－（a b）", (Not(All((A, B))),)),
        ("a - b -- c --d", (A, B, C, D)),  # dashes, not exclusions
        ("near-optimal", (Word("near-optimal"),)),
        ("a a (b b)", (A, B)),
    ],
)
def test_operators_and_brackets_of_either_width_make_the_tree(text: str, parts: tuple[Node, ...]) -> None:
    assert parse(text).tree == tree(*parts)


@pytest.mark.parametrize(
    "text", ['"a b"', "“a b”", "”a b“", "「a b」", "｢a b｣", "『a b』", "«a b»", "＂a　b＂", "‘a b’", '" a  b "']
)
def test_quotes_of_every_kind_hold_a_phrase(text: str) -> None:
    assert parse(text).tree == tree(Phrase("a b"))
    assert parse(f"-{text} ti:{text}").tree == tree(Not(Phrase("a b")), Phrase("a b", Field.TITLE))


def test_an_apostrophe_is_no_quote() -> None:
    assert parse("it's Bayes’ theorem").tree == tree(Word("it's"), Word("Bayes’"), Word("theorem"))


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("ti:diffusion", (Word("diffusion", Field.TITLE),)),
        ("TITLE:diffusion", (Word("diffusion", Field.TITLE),)),
        ("标题：扩散", (Word("扩散", Field.TITLE),)),
        ("標題：擴散", (Word("擴散", Field.TITLE),)),
        ("标题： 扩散", (Word("扩散", Field.TITLE),)),
        ("ｔｉ：ｄｉｆｆ", (Word("diff", Field.TITLE),)),
        ("摘要：“图神经”", (Phrase("图神经", Field.ABSTRACT),)),
        ("abs:a abstract:b", (Word("a", Field.ABSTRACT), Word("b", Field.ABSTRACT))),
        ("ti:(a OR b)", (Any((Word("a", Field.TITLE), Word("b", Field.TITLE))),)),
        ("ti:(a abs:b -c)", (Word("a", Field.TITLE), Word("b", Field.ABSTRACT), Not(Word("c", Field.TITLE)))),
        ("-ti:(a OR b)", (Not(Any((Word("a", Field.TITLE), Word("b", Field.TITLE)))),)),
        ('标题：（"a b"）', (Phrase("a b", Field.TITLE),)),
        ("ti:cs.LG", (Word("cs.LG", Field.TITLE),)),
        ("au:LeCun", (Author("LeCun"),)),
        ("-author:smith", (Not(Author("smith")),)),
        ("作者：“Yann LeCun”", (Author("Yann LeCun"),)),
        ("au:Yann_LeCun", (Author("Yann LeCun"),)),
        ("au:LeCun, Yann", (Author("LeCun, Yann"),)),
        ("au:LeCun,Y. a", (Author("LeCun, Y."), A)),
        ("作者：LeCun，扩散", (Author("LeCun"), Word("扩散"))),
        ("au:LeCun, GAN", (Author("LeCun"), Word("GAN"))),
        ("au:(Yann LeCun OR Hinton)", (Any((Author("Yann LeCun"), Author("Hinton"))),)),
        ("作者：杨立昆", (Author("杨立昆"),)),
        ("au:Yann LeCun", (Author("Yann LeCun"),)),
        ("au:Y LeCun a", (Author("Y LeCun"), A)),
        ("作者： Wei Zhang diffusion", (Author("Wei Zhang"), Word("diffusion"))),
        ("-au:Laurens van der Maaten, a", (Not(Author("Laurens van der Maaten")), A)),
        ("au:A B C D", (Author("A B C"), Word("D"))),
        ("au:LeCun GAN", (Author("LeCun"), Word("GAN"))),
        ("au:LeCun Or a", (Any((Author("LeCun"), A)),)),
        ("au:Yann LeCun|Hinton", (Any((Author("Yann LeCun"), Word("Hinton"))),)),
        ("au:lecun Diffusion", (Author("lecun"), Word("Diffusion"))),
        ('au:"LeCun" Diffusion', (Author("LeCun"), Word("Diffusion"))),
        ("cs.LG、cs.CL", (Any((LEARNING, LANGUAGE)),)),
        ("cs.LG, cs.CL a", (Any((LEARNING, LANGUAGE)), A)),
        ("-cs.LG；cs.CL", (Not(Any((LEARNING, LANGUAGE))),)),
        ("cat:(cs.LG，cs.CL)", (Any((LEARNING, LANGUAGE)),)),
        ("cs.LG cs.CL", (LEARNING, LANGUAGE)),
        ("cs.LG, math", (LEARNING, Word("math"))),
        ("cat:cs.LG", (LEARNING,)),
        ("cs.lg", (LEARNING,)),
        ("分类：cs.LG", (LEARNING,)),
        ("category:cs.LG,cs.CL", (Any((LEARNING, LANGUAGE)),)),
        ("cat:cs.LG, cs.CL a", (Any((LEARNING, LANGUAGE)), A)),
        ("分类：cs.LG，标题：扩散", (LEARNING, Word("扩散", Field.TITLE))),
        ("cat:(cs.LG OR cs.CL)", (Any((LEARNING, LANGUAGE)),)),
        ("-cat:cs.LG,cs.CL", (Not(Any((LEARNING, LANGUAGE))),)),
        ("cat:cs.NA", (Category(taxonomy.resolve("math.NA")),)),
        ("cat:cs", (Category(taxonomy.resolve("cs")),)),
        ("cat:cs.*", (Category(taxonomy.resolve("cs")),)),
        ("id:2403.00001", (PaperId("2403.00001"),)),
        ("id:https://arxiv.org/pdf/2403.00001v2", (PaperId("2403.00001"),)),
        ("编号：arXiv:2403.00001", (PaperId("2403.00001"),)),
        ("id:hep-th/9901001", (PaperId("hep-th/9901001"),)),
        ("2403.00001 | arXiv:2403.00002v3", (Any((PaperId("2403.00001"), PaperId("2403.00002"))),)),
        ("type:new", (Type(frozenset({NEW})),)),
        ("type:new,cross", (Type(frozenset({NEW, CROSS})),)),
        ("类型：新、交叉", (Type(frozenset({NEW, CROSS})),)),
        ("类型：更新", (Type(frozenset({REPLACE, REPLACE_CROSS})),)),
        ("-type:replace-cross", (Not(Type(frozenset({REPLACE_CROSS}))),)),
        ("since:2024-03-01", (Since(date(2024, 3, 1)),)),
        ("since:2024-03", (Since(date(2024, 3, 1)),)),
        ("since:2024", (Since(date(2024, 1, 1)),)),
        ("since:20240301", (Since(date(2024, 3, 1)),)),
        ("自：２０２４年３月１日", (Since(date(2024, 3, 1)),)),
        ("until:2024-02", (Until(date(2024, 2, 29)),)),
        ("截至：2024", (Until(date(2024, 12, 31)),)),
        ("last:7d", (LastDays(7),)),
        ("last:2w", (LastDays(14),)),
        ("最近：3月", (LastDays(90),)),
        ("since:yesterday", (LastDays(1),)),
        ("hf:>=10", (Votes(10),)),
        ("hf:>10", (Votes(11),)),
        ("点赞：≥25", (Votes(25),)),
    ],
)
def test_fields_have_english_and_chinese_names(text: str, parts: tuple[Node, ...]) -> None:
    assert parse(text).tree == tree(*parts)


def test_a_type_is_asked_for_within_the_categories_beside_it() -> None:
    within = taxonomy.resolve("cs.LG") | taxonomy.resolve("cs.CL")
    assert parse("cat:cs.LG,cs.CL type:new").tree.parts[1] == Type(frozenset({NEW}), within)
    assert parse("cs.LG (a OR -type:new)").tree.parts[1] == Any((A, Not(Type(frozenset({NEW}), LEARNING.names))))
    assert parse("type:new -cs.LG").tree.parts[0] == Type(frozenset({NEW}))


def test_online_is_no_part_of_the_tree() -> None:
    for text in ("online: a", "online:a", "a online:", "联网：a"):
        assert parse(text) == Query(tree(A), online=True)


@pytest.mark.parametrize(
    ("text", "read_as", "parts"),
    [
        ("foo:bar", "foo bar", (Word("foo:bar"),)),
        ("a OR foo:bar", "a OR (foo bar)", (Any((A, Word("foo:bar"))),)),
        ("hf:many", "hf many", (Word("hf:many"),)),
        ("cat:nothing", "cat nothing", (Word("cat:nothing"),)),
        ("since:2024-13", "since 2024-13", (Word("since:2024-13"),)),
        ("type:foo,new", "type foo new", (Word("type:foo"), Word("new"))),
        ("ti:", "ti", (Word("ti"),)),
        ("ti: OR a", "ti OR a", (Any((Word("ti"), A)),)),
        ('cat:"nothing at all"', 'cat "nothing at all"', (Word("cat"), Phrase("nothing at all"))),
        ("(a OR b", "a OR b", (Any((A, B)),)),
        ("a) b", "a b", (A, B)),
        ('a "b c', "a b c", (A, B, C)),
        ('5" b', "5 b", (Word("5"), B)),
        ("a OR", "a", (A,)),
        ("AND a NOT", "a", (A,)),
        ("a OR OR b", "a OR b", (Any((A, B)),)),
    ],
)
def test_what_is_no_syntax_is_words_and_the_reader_is_told(text: str, read_as: str, parts: tuple[Node, ...]) -> None:
    asked = parse(text)
    assert (asked.tree, asked.read_as) == (tree(*parts), read_as)


@pytest.mark.parametrize("text", ["OR", "AND", "NOT", "or", "或", "(OR)"])
def test_an_operator_alone_is_a_word(text: str) -> None:
    assert parse(text).tree == tree(Word(text.strip("()")))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "扩散模型 diffusion",
        "Attention: all you need, indeed.",
        "C++ & f(x)",
        "“扩散”模型",
        "cs.LG 扩散 -survey",
        "ti：扩散  （a OR b）",
        "au:LeCun",
        "online: a",
    ],
)
def test_a_plain_query_needs_no_word_about_how_it_was_read(text: str) -> None:
    assert parse(text).read_as == ""


@pytest.mark.parametrize(
    ("text", "read_as"),
    [
        ("a b OR c", "a (b OR c)"),
        ("推理 或 reasoning", "推理 OR reasoning"),
        ("标题：扩散 since:2024", "ti:扩散 since:2024-01-01"),
        ("ti:(a OR b) c", "(ti:a OR ti:b) c"),
        ("cat:cs.CL,cs.LG", "cs.CL OR cs.LG"),
        ("类型：新 cat:cs", "type:new cat:cs"),
        ('NOT (a "b c")', '-(a "b c")'),
        ("au:(Yann LeCun)", 'au:"Yann LeCun"'),
        ("au:Yann LeCun", 'au:"Yann LeCun"'),
        ("au:lecun diffusion", 'au:"lecun" diffusion'),
        ("cs.CL、cs.LG", "cs.CL OR cs.LG"),
        ("最近：1周 hf:3", "last:7d hf:>=3"),
    ],
)
def test_the_reader_is_told_how_a_query_was_read_that_is_not_plain(text: str, read_as: str) -> None:
    assert parse(text).read_as == read_as


def test_a_category_is_only_what_the_taxonomy_knows() -> None:
    assert parse("cs.XX gpt-4.o math").tree == tree(Word("cs.XX"), Word("gpt-4.o"), Word("math"))
    assert parse("  ，。🙂 -- ()").is_empty
    assert parse("") == Query()


def test_what_speaks_for_a_paper_is_not_under_a_not() -> None:
    assert list(asked_for(parse("a -(b OR c) (d OR -ti:a)").tree)) == [A, D]


def test_the_words_and_the_rest_are_the_query() -> None:
    asked = parse('深度学习 x -b (c OR d) "a b" ti:c')
    assert asked.words == (*segment.terms("深度学习"), "x")
    assert asked.rest.tree == tree(Not(B), Any((C, D)), Phrase("a b"), Word("c", Field.TITLE))
    assert asked.rest.words == ()
    assert asked.phrases == ("a b",)
    assert len(parse("a b c d e f g h i j k l m n o p q r").words) == segment.MAX_TERMS


def test_a_traditional_query_has_the_terms_of_the_simplified_one() -> None:
    for traditional, simplified in (("機器學習", "机器学习"), ("擴散模型", "扩散模型")):
        assert parse(traditional).words == parse(simplified).words


def test_a_query_is_bounded_in_length_number_and_depth() -> None:
    long = parse(" ".join(f"w{number}" for number in range(5_000)))
    assert len(long.tree.parts) == 64
    assert long.read_as.endswith("w62 w63")
    assert parse("字" * 5_000).tree == tree(Word("字" * MAX_LENGTH))
    assert len(parse('"' + "ab " * 1_000 + '"').phrases[0]) <= MAX_LENGTH
    many = parse(" OR ".join(f"ti:w{number}" for number in range(200)))
    assert len(list(asked_for(many.tree))) == 64
    assert many.read_as.endswith("ti:w63")
    deep = parse("-(a " * 40 + "b" + ")" * 40)
    assert depth(deep.tree) <= 11
    assert deep.read_as
    assert parse("(" * 40 + "a" + ")" * 40 + " b").tree == tree(A, B)
    ids = parse("id:" + ",".join(f"2403.{number:05}" for number in range(1, 200)))
    assert ids.is_empty or len(list(asked_for(ids.tree))) <= 64


def depth(node: Node) -> int:
    match node:
        case All(parts) | Any(parts):
            return 1 + max(map(depth, parts), default=0)
        case Not(part):
            return depth(part)
    return 0


PIECES = st.one_of(
    st.sampled_from(["ti:", "au:", "标题：", "cat:", "type:", "since:", "until:", "last:", "hf:", "id:", "online:"]),
    st.sampled_from(["cs.LG", "cs", "new,cross", "2024-03", "7d", ">=10", "2403.00001", "LeCun, Yann", "a", "扩散"]),
    st.sampled_from(['"', "“", "”", "「", "‘", "’", "(", ")", "（", "【", "-", "－", "—", "|", ":", "：", ",", " "]),
    st.sampled_from([" OR ", " AND ", " NOT ", " 或 ", "\0", "\ud800", "\u0301", "\u202e", "\u200b", "\u3000", "\n"]),
    st.text(max_size=5),
)


@given(st.one_of(st.text(st.characters(exclude_categories=())), st.lists(PIECES).map("".join)))
@example("\ud800\0")
@example("NOT -OR)x")
@example("ｇ｢ a")
@example("ti: 🙂 a")
@example("online:ti:|online:😀|online:”NOT）-online:NOTⅧ")
@example('au:"LeCun" Diffusion')
@example('(a -au:"LeCun" Diffusion) OR au:B')
@example("(" * 200 + "a" + ")" * 200)
def test_any_text_is_a_query_that_reads_back_as_itself(text: str) -> None:
    asked = parse(text)
    assert parse(asked.reading) == asked
    assert parse(asked.reading).reading == asked.reading
    assert asked.words is not None
    assert isinstance(asked.read_as, str)
    assert len(list(asked_for(asked.tree))) <= 64


@given(st.text())
def test_the_taxonomy_is_not_needed_to_read_a_query(text: str) -> None:
    asked = query.parse(text, lambda _name: frozenset())
    assert not asked.categories
    assert all(word.isalnum() for word in asked.words)
