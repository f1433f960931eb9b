"""Draws the picture of /stats, in a process of its own that ends with it: matplotlib would double the bot's memory.

`python -m bot.pictures` reads a JSON object on standard input, and writes a line of JSON and a PNG.
"""

import asyncio
import json
import logging
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.papers.leading import Term, leading

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.font_manager import FontEntry

log = logging.getLogger(__name__)

PATIENCE = 30.0  # seconds for a picture; it takes two
TERMS = 10
# In this order; a font is used only if it has every character that is to be written.
CHINESE = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "WenQuanYi Zen Hei",
    "WenQuanYi Micro Hei",
    "Noto Serif CJK SC",
    "Droid Sans Fallback",
    "PingFang SC",
    "Microsoft YaHei",
)
NO_FONT = (
    "No font for Chinese is installed (Debian: fonts-noto-cjk): /stats is answered without its picture where Chinese is"
    " spoken."
)
_INHERITED = ("PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "MPLCONFIGDIR", "XDG_CACHE_HOME", "SYSTEMROOT")


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be drawn: bars with their labels, and the terms that lead in titles against those of `others`."""

    days: Sequence[tuple[str, int]]
    titles: Sequence[str]
    others: Sequence[str]
    days_heading: str
    terms_heading: str


@dataclass(frozen=True, slots=True)
class Drawn:
    """The terms, and a PNG, which is empty if no font has the characters."""

    terms: tuple[Term, ...] = ()
    picture: bytes = field(default=b"", repr=False)


async def draw(asked: Asked) -> Drawn:
    """Have it drawn. Whatever goes wrong is logged, and then nothing is drawn."""
    try:
        answer = await _ask(json.dumps(asdict(asked)).encode())
        head, _, picture = answer.partition(b"\n")
        told = json.loads(head)
    except (OSError, TimeoutError, ValueError) as error:
        log.warning("the picture of /stats cannot be drawn: %s", error or type(error).__name__)
        return Drawn()
    if not picture:
        log.warning(NO_FONT)
    return Drawn(tuple(Term(*each) for each in told["terms"]), picture)


async def _ask(question: bytes) -> bytes:
    environment = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-P", "-m", __name__),  # -P: nothing is imported from the folder that the bot happens to run in
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**environment, "MPLBACKEND": "agg", "PYTHONPATH": str(Path(__file__).parents[1])},
    )
    try:
        async with asyncio.timeout(PATIENCE):
            answer, complaint = await process.communicate(question)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise OSError(complaint.decode(errors="replace").strip().rpartition("\n")[2] or f"code {process.returncode}")
    return answer


def main() -> None:
    """The child: from standard input to standard output."""
    import rjieba  # noqa: PLC0415  # only the child pays for it

    asked = Asked(**json.load(sys.stdin.buffer))
    terms = sorted(leading(asked.titles, asked.others, TERMS, rjieba.cut), key=lambda term: -term.papers)
    told = {"terms": [(term.text, term.papers) for term in terms]}
    sys.stdout.buffer.write(json.dumps(told).encode() + b"\n" + paint(asked, terms))


def paint(asked: Asked, terms: Sequence[Term]) -> bytes:
    """The picture as a PNG, empty if no font that is installed has every character."""
    from matplotlib import rc_context  # noqa: PLC0415  # 65 MB and a second
    from matplotlib.figure import Figure  # noqa: PLC0415  # as above
    from matplotlib.layout_engine import ConstrainedLayoutEngine  # noqa: PLC0415  # as above

    written = "".join([asked.days_heading, asked.terms_heading, *(day for day, _ in asked.days)])
    font = _font(written)
    if font is None:
        return b""
    family = [font.name] if font.name == "DejaVu Sans" else [font.name, "DejaVu Sans"]
    with rc_context({"font.family": family, "font.size": 13, "text.parse_math": False}):
        shown = [term for term in terms if _has(font, term.text)]
        heights = [1.0, 0.09 * len(shown) + 0.2] if shown else [1.0]
        layout = ConstrainedLayoutEngine(w_pad=0.2, h_pad=0.2, hspace=0.06)
        figure = Figure(figsize=(8, 4 * sum(heights)), dpi=140, layout=layout, facecolor="white")
        axes = figure.subplots(len(heights), 1, squeeze=False, height_ratios=heights)[:, 0]
        _bars(axes[0], asked)
        if shown:
            _terms(axes[1], shown, asked.terms_heading)
        file = BytesIO()
        figure.savefig(file, format="png")
    return file.getvalue()


_BLUE, _GREEN, _INK, _LINE = "#3b82c4", "#4aa58c", "#22303c", "#e4e9ee"


def _bars(axes: "Axes", asked: Asked) -> None:
    from matplotlib.ticker import MaxNLocator  # noqa: PLC0415  # as above

    labels, numbers = [day for day, _ in asked.days], [number for _, number in asked.days]
    axes.bar(range(len(numbers)), numbers, color=_BLUE, width=0.78)
    # The last day is named, and those whole weeks before it.
    named = range(len(labels) - 1, -1, -7)
    axes.set_xticks(list(named), [labels[at] for at in named])
    axes.yaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
    axes.set_ylim(0, max([*numbers, 1]) * 1.12)
    axes.grid(axis="y", color=_LINE)
    _plain(axes, asked.days_heading)


def _terms(axes: "Axes", terms: Sequence[Term], heading: str) -> None:
    numbers = [term.papers for term in terms]
    bars = axes.barh([term.text for term in terms], numbers, color=_GREEN, height=0.66)
    axes.bar_label(bars, padding=5, color=_INK)
    axes.invert_yaxis()
    axes.set_xticks([])
    axes.set_xlim(0, max(numbers) * 1.1)
    _plain(axes, heading)


def _plain(axes: "Axes", heading: str) -> None:
    axes.set_title(heading, loc="left", color=_INK, fontsize=16, pad=12)
    axes.tick_params(length=0, colors=_INK)
    axes.set_axisbelow(True)
    for side in axes.spines.values():
        side.set_visible(False)


def _font(written: str) -> "FontEntry | None":
    """The first font that has every character of a text: plain ones in the font that matplotlib brings along."""
    from matplotlib.font_manager import fontManager  # noqa: PLC0415  # as above

    ranks = {name: rank for rank, name in enumerate((*CHINESE, "DejaVu Sans"))}
    fonts = [each for each in fontManager.ttflist if each.name in ranks and str(each.style) == "normal"]
    fonts.sort(key=lambda font: (ranks[font.name], abs(_weight(font) - 400)))
    return next((font for font in fonts if _has(font, written)), None)


def _weight(font: "FontEntry") -> int:
    return font.weight if isinstance(font.weight, int) else 400


def _has(font: "FontEntry", text: str) -> bool:
    from matplotlib.font_manager import FontPath, get_font  # noqa: PLC0415  # as above

    face: Any = get_font([FontPath(font.fname, font.index)])
    return all(face.get_char_index(ord(character)) for character in text if not character.isspace())


if __name__ == "__main__":
    main()
