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


def test_votes_of_hugging_face_can_be_asked_for() -> None:
    assert asked("hf:>=10").min_votes == 10
    assert asked("hf：≥25 cs.CL").min_votes == 25
    assert not asked("hf:>=10").is_empty
    assert asked("hf:many").min_votes == 0
