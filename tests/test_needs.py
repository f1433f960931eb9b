from bot.digests import needs
from bot.papers import taxonomy
from storage.query import Query, parse


def asked(text: str) -> Query:
    return parse(text, taxonomy.resolve)


def test_the_feeds_are_those_chosen_and_those_that_subscriptions_name() -> None:
    assert needs.feeds(["cs.LG"], [asked("quant-ph"), asked("扩散模型"), asked("")]) == ["cs.LG", "quant-ph"]


def test_an_alias_is_fetched_by_its_present_name() -> None:
    assert needs.feeds(["cs.NA"], [asked("math.NA")]) == ["math.NA"]


def test_an_archive_is_fetched_category_by_category() -> None:
    found = needs.feeds(["cs"], [])
    assert {"cs.LG", "cs.CL"} <= set(found)
    assert "cs" not in found
    assert "math.NA" not in found or "cs.NA" in taxonomy.resolve("cs")


def test_a_query_without_a_category_reads_every_feed() -> None:
    assert needs.relevant(asked("扩散"), ["cs.LG", "cs.CL"]) == ["cs.CL", "cs.LG"]
    assert needs.relevant(asked("cs.CL 推理"), ["cs.LG", "cs.CL"]) == ["cs.CL"]


def test_a_category_in_an_alternative_is_fetched_but_confines_no_query() -> None:
    either = asked("cs.CL OR 推理")
    assert needs.feeds([], [either]) == ["cs.CL"]
    assert needs.relevant(either, ["cs.LG", "cs.CL"]) == ["cs.CL", "cs.LG"]


def test_alternatives_of_categories_confine_a_query_to_them() -> None:
    both = asked("(cat:cs.CL,cs.LG OR cs.CV 图像) -survey")
    assert needs.categories(both) == {"cs.CL", "cs.LG", "cs.CV"}
    assert needs.relevant(asked("推理 (cs.CL OR cs.LG)"), ["cs.LG", "cs.AI", "cs.CL"]) == ["cs.CL", "cs.LG"]


def test_what_is_excluded_is_no_reason_to_fetch() -> None:
    assert needs.feeds([], [asked("推理 -cs.CL -(cs.LG OR cs.CV)")]) == []
    assert needs.categories(asked("-cs.CL")) == set()
