"""A provider of a language model, what its answers consume and what that costs. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

PER_TOKENS = 1_000_000  # what a price is for


@dataclass(frozen=True, slots=True)
class Provider:
    """One model behind an OpenAI-compatible chat-completions endpoint. A price is in yuan per million tokens."""

    name: str
    base_url: str  # with its /v1, without /chat/completions
    key: str = field(repr=False)  # "": the server asks for none
    model: str
    concurrency: int = 8
    requests_per_minute: int = 0  # 0: no limit; and below
    tokens_per_minute: int = 0
    price_input: Decimal = Decimal(0)
    price_cached: Decimal | None = None  # None: cached input costs as much as other input
    price_output: Decimal = Decimal(0)
    timeout: float = 180  # seconds for one whole answer
    max_tokens: int = 2000
    extra: Mapping[str, Any] = field(default_factory=dict, hash=False)  # merged into each request's body


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one or more answers. `input` includes `cached`, `output` includes `reasoning`."""

    input: int = 0
    cached: int = 0
    output: int = 0
    reasoning: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.input + other.input,
            self.cached + other.cached,
            self.output + other.output,
            self.reasoning + other.reasoning,
        )


def cost(provider: Provider, usage: Usage) -> Decimal:
    """What an answer costs, in yuan."""
    full = Decimal(str(provider.price_input))
    cached = full if provider.price_cached is None else Decimal(str(provider.price_cached))
    return (
        (usage.input - usage.cached) * full + usage.cached * cached + usage.output * Decimal(str(provider.price_output))
    ) / PER_TOKENS
