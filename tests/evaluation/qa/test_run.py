"""Runs, their votes, their reports, and runs compared; with models that say what a test wants."""

import subprocess
import sys
import time
from pathlib import Path
from threading import Event

import orjson
import pytest

from agent.models.chat_model import ChatModel
from corpora.errors import BadInput, Busy, ModelUnavailable
from corpora.home import Home
from evaluation.qa.compare import compare
from evaluation.qa.grounding import Grounding
from evaluation.qa.intervals import bootstrap, mcnemar
from evaluation.qa.item import Item
from evaluation.qa.prompts import PromptMode, Style
from evaluation.qa.report import markdown, percent, report
from evaluation.qa.runner import Examinee, Record, Settings, chosen, described, recorded, run, vote
from retrieval.passage import Evidence
from tests.fakes.encoder import HashingEncoder
from tests.fakes.model import ScriptedBackend

_ITEMS = [
    Item(str(n), f"Question {n}?", {"A": "x", "B": "y", "C": "z"}, "A", f"group {n % 2}")
    for n in range(6)
]


def _described(settings: Settings, **fixed: str) -> Record:
    return described(settings, {"model": "scripted", **fixed}, {"machine": "any"})


def _examine(out: Path, *scripts: list[object], settings: Settings | None = None) -> list[Record]:
    settings = settings or Settings("medqa")
    examinee = Examinee(ChatModel(ScriptedBackend(*scripts)), settings)  # type: ignore[arg-type]
    return run(_ITEMS, examinee.sit, out, _described(settings), lambda _: None)


_REPLIES: list[list[object]] = [
    ["Final Answer: (A)"],
    ["Final Answer: (B)"],
    ["I do not know."],
    ["\n"] * 50,  # nothing but newlines: no answer of the model's
    ["A"],
    ["The answer is A."],
]


def _timeless(records: list[Record]) -> list[Record]:
    told: list[Record] = orjson.loads(orjson.dumps(records))
    return [{key: value for key, value in each.items() if key != "seconds"} for each in told]


def test_a_report_counts_what_was_judged_and_what_could_not_be(tmp_path: Path) -> None:
    records = _examine(tmp_path, *_REPLIES)
    keyless = Examinee(ChatModel(ScriptedBackend(["A"])), Settings("medqa")).sit(
        Item("6", "Which?", {"A": "x"}, "")
    )
    small = Examinee(ChatModel(ScriptedBackend(["A"], window=1_030)), Settings("medqa")).sit(
        _ITEMS[0]
    )
    figures = report(_described(Settings("medqa")), [*records, keyless, small])
    counts = {"right": 3, "wrong": 1, "unparsed": 2, "failed": 1, "no key": 1}
    assert figures["counts"] == {"asked": 8, "judged": 6, **counts}
    assert figures["accuracy"]["value"] == pytest.approx(3 / 6)
    assert figures["accuracy_parsed"]["value"] == pytest.approx(3 / 4)
    assert figures["chance"] == pytest.approx(1 / 3)
    assert figures["groups"]["group 0"]["value"] == pytest.approx(2 / 3)
    assert figures["rules"]["final answer"] == 2
    page = markdown(figures)
    assert "| right, wrong, unparsed | 3, 1, 2 |" in page
    assert "| not judged: failed, no key | 1, 1 |" in page
    assert "free generation, parsed" in page
    assert "model card" not in page


def test_the_cards_figure_stands_beside_the_cards_models_alone(tmp_path: Path) -> None:
    records = _examine(tmp_path, ["A"])
    run_of = {
        name: report({**_described(Settings("medqa")), "fixed": {"model": name}}, records)["card"]
        for name in ("medgemma-27b-text-it-Q4_K_M", "gemma-3-4b-it", "SmolLM2-135M", "gemma-3-270m")
    }
    assert [card and card["accuracy"] for card in run_of.values()] == ["89.8", "50.7", None, None]


def test_a_run_that_broke_off_goes_on_with_the_same_result(tmp_path: Path) -> None:
    whole = _examine(tmp_path / "whole", *_REPLIES)
    died: list[object] = [ModelUnavailable("The server died.", "Try again.")]
    with pytest.raises(ModelUnavailable):
        _examine(tmp_path / "broken", *_REPLIES[:2], died)
    assert len(recorded(tmp_path / "broken" / "items.jsonl")) == 2
    with (tmp_path / "broken" / "items.jsonl").open("ab") as file:
        file.write(b'{"id": "2", "promp')  # as a kill in the midst of writing leaves it
    resumed = _examine(tmp_path / "broken", *_REPLIES[2:])
    assert _timeless(resumed) == _timeless(whole)
    again = _examine(tmp_path / "broken", died)  # nothing is left to ask
    assert _timeless(again) == _timeless(whole)


_SLOW = """
import hashlib, sys, time
from pathlib import Path
from evaluation.qa.runner import run
from tests.evaluation.qa.test_run import _ITEMS, _described, _letter
from evaluation.qa.runner import Settings
def sit(item, cancel):
    time.sleep(0.2)
    return _letter(item, cancel)
run(_ITEMS, sit, Path(sys.argv[1]), _described(Settings("medqa")), lambda _: None)
"""


def _letter(item: Item, _: Event) -> Record:
    return {"id": item.id, "choice": item.fingerprint[0]}


def test_a_killed_process_leaves_a_run_that_goes_on(tmp_path: Path) -> None:
    settings = _described(Settings("medqa"))
    whole = run(_ITEMS, _letter, tmp_path / "whole", settings, lambda _: None)
    process = subprocess.Popen([sys.executable, "-c", _SLOW, str(tmp_path / "killed")])
    items = tmp_path / "killed" / "items.jsonl"
    while len(recorded(items)) < 2:
        assert process.poll() is None
        time.sleep(0.02)
    with pytest.raises(Busy):
        run(_ITEMS, _letter, tmp_path / "killed", settings, lambda _: None)
    process.kill()
    process.wait()
    asked: list[str] = []

    def sit(item: Item, cancel: Event) -> Record:
        asked.append(item.id)
        return _letter(item, cancel)

    assert run(_ITEMS, sit, tmp_path / "killed", settings, lambda _: None) == whole
    assert 0 < len(asked) <= 4


def test_a_folder_of_another_run_is_refused(tmp_path: Path) -> None:
    _examine(tmp_path, *_REPLIES)
    with pytest.raises(BadInput, match="differs in its samples, seed"):
        _examine(tmp_path, *_REPLIES, settings=Settings("medqa", samples=5, seed=2))


def test_the_most_frequent_answer_counts_and_no_answer_is_no_vote(tmp_path: Path) -> None:
    assert vote(["B", None, "A", "A", None]) == "A"
    assert vote([None, "C", "B", "B", "C"]) == "C"  # of as many, the one drawn first
    assert vote([None, None]) is None
    scripts: list[list[object]] = [["Final Answer: (B)"], ["A"], ["?"], ["\n"] * 50, ["A"]]
    backend = ScriptedBackend(*scripts)  # type: ignore[arg-type]
    settings = Settings("medqa", samples=5)
    record = Examinee(ChatModel(backend), settings).sit(_ITEMS[0])
    # One of the five gave nothing, so that all were asked again, one by one; the last repeats.
    assert [sample["letter"] for sample in record["samples"]] == ["A"] * 5
    seeds = [request.seed for request in backend.requests[-5:]]
    assert len(set(seeds)) == 5
    assert all(request.sampling.temperature > 0 for request in backend.requests if request.sampling)
    again = Examinee(ChatModel(ScriptedBackend(["A"])), settings).sit(_ITEMS[0])
    assert [sample["seed"] for sample in again["samples"]] == seeds
    figures = report(_described(settings), [again])
    assert "| samples per item | 5, majority vote |" in markdown(figures)
    assert figures["agreement"] == 1


def test_several_at_once_give_the_same_records(tmp_path: Path) -> None:
    one = run(_ITEMS, _letter, tmp_path / "1", _described(Settings("medqa")), lambda _: None)
    four = run(_ITEMS, _letter, tmp_path / "4", _described(Settings("medqa")), lambda _: None, 4)
    assert one == four


def test_a_constrained_choice_knows_the_items_letters_alone() -> None:
    backend = ScriptedBackend(['{"answer":"C"}'])
    settings = Settings("medqa", style=Style.CONSTRAINED)
    record = Examinee(ChatModel(backend), settings).sit(_ITEMS[0])
    (request,) = backend.requests
    assert request.schema is not None
    assert request.schema["properties"]["answer"] == {"enum": ["A", "B", "C"]}
    assert (record["choice"], record["samples"][0]["rule"]) == ("C", "json")


def test_the_prompt_holds_the_context_where_it_is_given_and_only_there() -> None:
    item = Item("1", "Does it?", {"A": "yes", "B": "no"}, "A", context="It did in 40 of 50.")
    for mode, there in ((PromptMode.GIVEN, True), (PromptMode.CLOSED, False)):
        examinee = Examinee(ChatModel(ScriptedBackend(["A"])), Settings("pubmedqa", mode=mode))
        prompt = examinee.sit(item)["prompt"][-1]["text"]
        assert ("40 of 50" in prompt) is there
        assert "(B) no" in prompt


def test_grounded_reads_articles_that_were_found_without_the_options(sample_home: Home) -> None:
    grounding = Grounding(sample_home, HashingEncoder(dimension=512, window=256))
    _, article = next(grounding.searcher.store.articles())
    asked: list[str] = []

    def retrieve(question: str) -> list[Evidence]:
        asked.append(question)
        return grounding.evidence(question)

    item = Item("1", f"{article.title}?", {"A": "zebrafish", "B": "no"}, "A")
    examinee = Examinee(
        ChatModel(ScriptedBackend(["A"], window=32_768)),
        Settings("medqa", mode=PromptMode.GROUNDED),
        retrieve,
    )
    record = examinee.sit(item)
    grounding.close()
    assert asked == [item.question]
    assert article.pmid in record["articles"]
    assert record["prompt"][-1]["text"].index("[1.1]") < record["prompt"][-1]["text"].index("zebra")


def test_items_are_drawn_by_the_seed_and_stay_in_order() -> None:
    drawn = [item.id for item in chosen(_ITEMS, 3, 7)]
    assert drawn == [item.id for item in chosen(_ITEMS, 3, 7)] == sorted(drawn)
    assert chosen(_ITEMS, None, 7) == chosen(_ITEMS, 9, 7) == _ITEMS
    assert len({tuple(item.id for item in chosen(_ITEMS, 3, seed)) for seed in range(9)}) > 1


def test_runs_are_compared_item_by_item(tmp_path: Path) -> None:
    _examine(tmp_path / "a", *_REPLIES)
    _examine(tmp_path / "b", ["A"], settings=Settings("medqa", samples=2))
    found = compare(tmp_path / "a", tmp_path / "b")
    counts = ("in both", "only in the first", "only in the second", "in neither")
    assert [found.find(f"right {each}").value for each in counts] == [3, 0, 3, 0]
    assert found.find("second less first").value == pytest.approx(0.5)
    assert found.find("McNemar's exact test, p").value == pytest.approx(0.25)  # 2 · (1/2)³
    assert found.notes == ["differs: samples: 1 | 2"]
    _examine(tmp_path / "c", ["A"], settings=Settings("mmlu"))
    with pytest.raises(BadInput, match="One run is of medqa, the other of mmlu"):
        compare(tmp_path / "a", tmp_path / "c")
    with pytest.raises(BadInput, match="contains no run"):
        compare(tmp_path / "a", tmp_path)


def test_intervals_and_mcnemars_test_against_known_values() -> None:
    from scipy.stats import binom, binomtest

    hits, n = 30, 100
    interval = bootstrap([1.0] * hits + [0.0] * (n - hits))
    low, high = binom.ppf([0.025, 0.975], n, hits / n) / n
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=0.011)
    assert percent(interval).startswith("30.0 [")
    assert mcnemar(5, 17) == pytest.approx(binomtest(5, 22).pvalue)
    assert mcnemar(0, 0) == mcnemar(4, 4) == 1
