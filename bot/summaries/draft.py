"""What may be shown of a summary that did not pass the gate. Pure."""

from dataclasses import replace

from bot.summaries.judgement import Judgement, Verdict
from storage.records import Summary, SummaryState

_FALSE = frozenset({"number", "name", "coined name", "other paper", "language", "cut", "missing", "instruction"})
_SPARED = frozenset({"abstract_zh", "tldr_en"})  # a card does without them


def showable(summary: Summary, judgement: Judgement) -> Summary | None:
    """The summary as a draft, without a field that may be false; None if too little is left or it was rejected."""
    if judgement.verdict is Verdict.REJECT:
        return None
    false = {each.field for each in judgement.findings if each.verdict is not Verdict.OK and each.check in _FALSE}
    if false - _SPARED:
        return None
    return replace(
        summary,
        abstract_zh="" if "abstract_zh" in false else summary.abstract_zh,
        tldr_en="" if "tldr_en" in false else summary.tldr_en,
        state=SummaryState.DRAFT,
    )
