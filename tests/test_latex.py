"""TeX becomes text that a reader of Telegram can read, and nothing that he needs is lost."""

import json
import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.papers import latex_macros
from bot.papers.latex import to_unicode
from bot.papers.latex_reader import Reader

RECORDED = Path(__file__).parents[2] / "shared" / "data" / "tex_strings.json"

ACCENTS = {
    r"Nystr\"om": "Nyström",
    r"It\^o": "Itô",
    r"\L ukasiewicz": "Łukasiewicz",
    r"{\L}ojasiewicz": "Łojasiewicz",
    r"{\'e}": "é",
    r"\'{\i}": "í",
    r"Pi\v{z}urica": "Pižurica",
    r"S{\o}gaard": "Søgaard",
    r"Kra{\ss}": "Kraß",
    r"Jakub\r{u}v": "Jakubův",
    r"Erd\H{o}s": "Erdős",
    r"Fran\c{c}ois": "François",
    r"\k{e}": "ę",
    r"Fr\'echet": "Fréchet",
    "Nystro\u0308m, 5\\%": "Nyström, 5%",
}
MATHS = {
    "CO$_2$": "CO₂",
    "$x^2$": "x²",
    r"$\sim$": "∼",
    r"$\mathbb{R}^n$": "ℝⁿ",
    r"\(x_1\)": "x₁",
    "$$x^2$$": "x²",
    "$ K $-means": "K-means",
    "the$ k $ items": "the k items",
    r"$\Tilde{x}$": "x̃",
    "m$^{-2}$": "m⁻²",
    "$10^-3$": "10⁻³",
    r"$x_i^2$": "xᵢ²",
    r"$90^\circ$C": "90°C",
    r"$A^\top$": "Aᵀ",
    r"$x^*$": "x*",
    r"$f'(x)$": "f′(x)",
    r"$\hat{\beta}_1$": "β̂₁",
    r"$\tilde O(n)$": "Õ(n)",
    r"$\overline{x+y}$": "overline(x+y)",
    r"$\mathcal{O}(n \log n)$": "𝒪(n log n)",
    r"$O(n\log n)$": "O(n log n)",
    r"$\log_2n$": "log₂ n",
    r"$\operatorname{argmax}_x f$": "argmaxₓ f",
    r"$u,v\in V$": "u,v∈V",
    r"$x \in \mathcal{X}$": "x ∈ 𝒳",
    r"$\epsilon = 0.1$": "ε = 0.1",
    r"$2\times 2$": "2×2",
    r"$\frac{1}{2}x$": "1/2 x",
    r"$\frac{a+b}{\sqrt{n}}$": "(a+b)/√n",
    r"$\sqrt{n+1}$": "√(n+1)",
    r"$\sqrt[3]{x}$": "∛x",
    r"$\not\in$": "∉",
    r"$\{1,2\}$": "{1,2}",
    r"$\left(\frac{1}{n}\right.$": "(1/n",
    r"$\binom{n}{k}$": "C(n, k)",
    r"$\text{NC}^1$": "NC¹",
    r"{\epsilon}-greedy": "ε-greedy",
    r"\begin{equation} x_1 \end{equation} and x_1": " x₁ and x_1",
    "p < 10^{-4}": "p < 10⁻⁴",
    r"使用$\alpha$-散度，$ T $轮": "使用α-散度，T轮",
}
SCRIPTS_WITHOUT_UNICODE = {
    "$t^{1/2}$": "t^(1/2)",
    "$PM_{2.5}$": "PM_(2.5)",
    r"$L^\infty$": "L^∞",
    "$d_{model}$ is": "d_model is",
    "$d_{model}n$": "d_(model)n",
    r"$\mathbf{x}_{i,j}$": "x_(i,j)",
    r"$\mathbb{R}^{n \times d}$": "ℝ^(n×d)",
    "$x^{2^n}$": "x^(2ⁿ)",
    "$f^{i_1}$": "f^(i₁)",
    "$x^{(q)}$": "x^(q)",
}
MARKUP = {
    r"\textbf{x}": "x",
    r"\emph{a b} c": "a b c",
    r"{\em a} b": "a b",
    r"\textbf{\textsc{MLP}}s": "MLPs",
    r"5\%, \$5, Q\&A, a\_b": "5%, $5, Q&A, a_b",
    r"10\unicode{x2013}20": "10–20",
    r"\url{https://a.b/~c_d\%20e}": "https://a.b/~c_d%20e",
    r"code \href{https://a.b/c_d}{here}": "code here (https://a.b/c_d)",
    r"\href{https://a.b/}{a.b}": "a.b",
    r"as in~\cite{x}": "as in [x]",
    r"text\footnote{A note.}": "text (A note.)",
    r"\textcolor{red}{word}": "word",
    "{A}nomaly": "Anomaly",
    r"360\deg view": "360° view",
    r"i.i.d.\ samples": "i.i.d. samples",
    "1--2, a -- b, a---b": "1–2, a – b, a—b",
    "研究--综述": "研究——综述",
    "``a'' and ``b\"": "“a” and “b”",
    "Fig.~1, w.r.t.~a": "Fig. 1, w.r.t. a",
}
UNKNOWN = {
    r"\method achieves": "method achieves",
    r"\method{} achieves": "method achieves",
    r"our\method": "our method",
    r"\added{new text}": "added new text",
    r"\LTLf is": "LTLf is",
    r"$\O(n)$": "O(n)",
}
UNTOUCHED = [
    "",
    "plain text, 中文，50 % of $100K",
    "costs $100K",
    "cost $5 or $10",
    "30 US$ in 2016 and 110 US$ in 2014",
    "$PATH and $HOME/bin",
    "git commit --amend --no-edit; i--; <!-- x -->",
    "about ~10 %, 10~20, https://a.b/~user",
    '{"id": 3, "name": "{user}"}',
    "def f(x_1): return x_1 ** 2 ^ 3",
    "```python\nx = `y`\n```",
    "  two  spaces\n    and indents",
    "the set {0, 1}",
    "x_1 and file_name",
]
CUT_SHORT = {
    r"the rate is $\mathcal{O}(\frac{1}{": "the rate is 𝒪(1",
    "where $x_1 ": "where x₁",
    r"by 15.7" + "\\": "by 15.7",
    r"called \textbf{Deep Lear": "called Deep Lear",
    "in short, $": "in short, ",
}


@pytest.mark.parametrize(
    ("tex", "text"),
    [*ACCENTS.items(), *MATHS.items(), *SCRIPTS_WITHOUT_UNICODE.items(), *MARKUP.items(), *UNKNOWN.items()],
)
def test_tex_becomes_text(tex: str, text: str) -> None:
    assert to_unicode(tex).strip() == text.strip()


@pytest.mark.parametrize(("tex", "text"), CUT_SHORT.items())
def test_a_formula_cut_by_the_end_is_read_as_far_as_it_goes(tex: str, text: str) -> None:
    assert to_unicode(tex) == text


@pytest.mark.parametrize("text", UNTOUCHED)
def test_money_code_and_plain_text_stay_as_they_are(text: str) -> None:
    assert to_unicode(text) == text


@pytest.mark.parametrize(
    "typed", [r"\unicode{xD800}", r"\unicode{x0}", r"\unicode{x110000}", r"\unicode{", r"\unicode{1}"]
)
def test_no_character_is_made_that_cannot_be_sent(typed: str) -> None:
    to_unicode(typed).encode()
    assert all(char.isprintable() for char in to_unicode(typed))


@given(st.text(alphabet=st.characters(exclude_characters="\\$~{-`")))
def test_text_without_tex_is_returned_as_it_is(text: str) -> None:
    assert to_unicode(text) == text


FRAGMENT_NAMES = r"""\ $ { } }{ ^ _ ~ -- `` '' [ ] ( ) . a 1 中 \frac \sqrt[ \hat \' \c \text{ \( \) \begin{equation}
    \end{equation} \cite[ \href{ \unicode{x \mathbb \left \not \log \foo \underset \textsuperscript \alpha \in \%"""
# Too few to nest deeper than the reader goes: within that, it must not need the fallback to the raw text.
FRAGMENTS = st.lists(st.sampled_from([*FRAGMENT_NAMES.split(), " ", "\n", "\ud800"]), max_size=18).map("".join)


@given(FRAGMENTS | st.text(max_size=40))
def test_no_text_defeats_the_reader(text: str) -> None:
    Reader(text, latex_macros.convert).read()


@given(st.text())
def test_no_text_raises(text: str) -> None:
    to_unicode(text)


@given(FRAGMENTS)
def test_plain_output_is_final(text: str) -> None:
    once = to_unicode(text)
    if not re.search(r"[\\${}~`_^]|--", once):
        assert to_unicode(once) == once


@given(st.text(alphabet=st.characters(categories=["L", "N"]), min_size=1))
def test_words_inside_markup_are_never_lost(word: str) -> None:
    text = rf"\textbf{{{word}}} \unknown{{{word}}} \emph{{{word}}}\footnote{{{word}}}"
    assert to_unicode(text).count(unicodedata.normalize("NFC", word)) >= 4


@pytest.mark.parametrize(
    "text",
    [
        *(
            unit * (20_000 // len(unit))
            for unit in ("{", "}", "$", "\\", "\\(", "$$", "_{", "^", "$a ", "\\frac", "~", "`")
        ),
        *(
            unit * (20_000 // len(unit))
            for unit in ("\\sqrt[", "\\cite[", "{$", "\\begin{a}", "\\'", "-", "[", "''", '``"')
        ),
        "{" * 10_000 + "}" * 10_000,
        "$" + "{" * 9_000 + "}" * 9_000 + "$",
        "$" + "x^{" * 5_000 + "}" * 5_000,
        "\\textbf" * 2_800,
        "{\\a $" * 2_000 + "}" * 2_000,
        "\\%" + "a\u0301\u0323" * 6_000,
        "$" * 1_000_000,
    ],
    ids=lambda text: f"{text[:8]!r}",
)
def test_hostile_texts_are_read_without_backtracking_for_ever(text: str) -> None:
    to_unicode(text)


@pytest.mark.recorded
def test_recorded_titles_and_abstracts_are_readable() -> None:
    if not RECORDED.exists():
        pytest.skip("no recorded data beside the project")
    texts = [entry["text"] for entry in json.loads(RECORDED.read_text(encoding="utf-8"))]
    left = [text for text in texts if re.search(r"[\\${}]", re.sub(r"\\[{}$]", "", to_unicode(text)))]
    half = [text for text in texts if re.search(r"[\^_][⁰-ₜ²³¹]|[⁰-ₜ²³¹][\^_/.,][⁰-ₜ²³¹]", to_unicode(text))]
    assert len(left) <= len(texts) * 0.02
    assert half == []
