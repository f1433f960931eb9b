"""TeX to Unicode over real titles and abstracts: what is left over, lost or half converted, and how long it takes."""

import argparse
import io
import json
import re
import statistics
import sys
import time
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import zstandard

from bot.papers import latex, latex_macros
from bot.papers.latex_reader import Reader

DATA = Path("../shared/data")
LIMITS = {"exceptions": 0, "left_over_share": 0.02, "half_scripts": 0, "lost_words": 0, "median_ms": 0.5}

HAS_TEX = re.compile(r"[\\$]")
LEFT_OVER = re.compile(r"[\\${}]")
MONEY = re.compile(r"\$(?=\s?[\d.]*\d)|(?<=\d)\$|(?<=US)\$|(?<=[^\S])\$(?=[A-Z]{2})")
HALF_SCRIPT = re.compile(r"[\^_][⁰-ₜ²³¹]|[⁰-ₜ²³¹][\^_/.,][⁰-ₜ²³¹]")
# Names, and arguments that are no text: `\label{sec:intro}`, `\color{red}`, `\begin{equation}`.
NO_TEXT = re.compile(
    r"\\(?:label|color|textcolor|[hv]space|[hv]?phantom|begin|end)\*?\s*(?:\[[^\]]*\])?\{[^{}]*\} | \\[A-Za-z]+",
    re.VERBOSE,
)
WORD = re.compile(r"[A-Za-z]{4,}")


def main() -> None:
    """Print a table, or with --json one object; ends with 1 if a limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--strings", type=Path, default=DATA / "tex_strings.json")
    parser.add_argument("--corpus", type=Path, help="JSON lines, compressed by zstd: title, abstract")
    parser.add_argument("--show", action="store_true", help="print each text that counts against it")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    sources = {"strings": strings(options.strings)} | ({"corpus": corpus(options.corpus)} if options.corpus else {})
    results = {name: measure(list(filter(HAS_TEX.search, texts)), show=options.show) for name, texts in sources.items()}
    if options.json:
        print(json.dumps(results))  # noqa: T201
    else:
        for name, result in results.items():
            print(name, *(f"  {key:<16}{value:>10}" for key, value in result.items()), sep="\n")  # noqa: T201
    sys.exit(any(result[key] > limit for result in results.values() for key, limit in LIMITS.items()))


def measure(texts: list[str], *, show: bool) -> dict[str, float]:
    """What became of the texts; times are of one text each."""
    counts = dict.fromkeys(("exceptions", "left_over", "half_scripts", "lost_words"), 0)
    times = []
    for text in texts:
        start = time.perf_counter()
        plain = latex.to_unicode(text)
        times.append((time.perf_counter() - start) * 1000)
        faults = {
            "exceptions": fails(text),
            "left_over": bool(LEFT_OVER.search(MONEY.sub("", plain))),
            "half_scripts": bool(HALF_SCRIPT.search(plain)),
            "lost_words": lost(text, plain),
        }
        for name, fault in faults.items():
            counts[name] += bool(fault)
            if fault and show:
                print(f"{name}: {fault}\n  {text}\n  {plain}", file=sys.stderr)  # noqa: T201
    share = round(counts.pop("left_over") / len(texts), 4)
    return {"texts": len(texts), **counts, "left_over_share": share, "median_ms": round(statistics.median(times), 3)}


def fails(text: str) -> bool:
    """Whether the reader raises, which `to_unicode` hides."""
    try:
        Reader(text, latex_macros.convert).read()
    except Exception:
        return True
    return False


def lost(text: str, plain: str) -> list[str]:
    """The words of the text that its plain form does not hold; accents and scripts are compared as plain letters."""
    letters = "".join(char for char in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(char))
    return [word for word in WORD.findall(NO_TEXT.sub(" ", text)) if word not in letters]


def strings(path: Path) -> Iterator[str]:
    """The texts of a JSON list of objects."""
    return (entry["text"] for entry in json.loads(path.read_text(encoding="utf-8")))


def corpus(path: Path) -> Iterator[str]:
    """Titles and abstracts of an archive."""
    with path.open("rb") as file:
        for line in io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(file), encoding="utf-8"):
            record = json.loads(line)
            yield record["title"] or ""
            yield record["abstract"] or ""


if __name__ == "__main__":
    main()
