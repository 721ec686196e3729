"""Each set is read from the forms in which it is published."""

import gzip
from pathlib import Path

import orjson
import pytest

from corpora.errors import BadInput
from evaluation.qa.item import Item
from evaluation.qa.suites import load


def _lines(path: Path, *records: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\n".join(orjson.dumps(record) for record in records) + b"\n")
    return path


def _one(suite: str, data: Path) -> Item:
    (item,) = load(suite, str(data)).items
    return item


def test_medqa_gzipped_in_a_folder_of_several_suites(tmp_path: Path) -> None:
    path = _lines(
        tmp_path / "medqa" / "phrases_no_exclude_test.jsonl",
        {
            "question": "Which?",
            "options": {"A": "x", "B": " y\n z"},
            "answer_idx": "B",
            "meta_info": "step1",
        },
    )
    path.with_suffix(".jsonl.gz").write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()
    assert _one("medqa", tmp_path) == Item(
        "medqa-0", "Which?", {"A": "x", "B": "y z"}, "B", "step1"
    )


def _medmcqa(*keys: int) -> list[dict[str, object]]:
    return [
        {
            "question": "Which?",
            "cop": key,
            "opa": "w",
            "opb": "x",
            "opc": "y",
            "opd": "z",
            "subject_name": "Anatomy",
            "id": f"q{number}",
        }
        for number, key in enumerate(keys)
    ]


def _keys(path: Path) -> str:
    return "".join(item.answer or "-" for item in load("medmcqa", str(path)).items)


def test_medmcqa_counts_from_one_in_the_authors_file_and_from_zero_on_the_hub(
    tmp_path: Path,
) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    assert _keys(_lines(tmp_path / "dev.json", *_medmcqa(1, 3, 2))) == "ACB"
    assert _keys(_lines(tmp_path / "zero.json", *_medmcqa(0, 3, -1))) == "AD-"
    hub = tmp_path / "validation-0.parquet"
    parquet.write_table(pyarrow.Table.from_pylist(_medmcqa(1, 3, 2)), hub)
    assert _keys(hub) == "BDC"
    with pytest.raises(BadInput, match="neither 0 to 3 nor 1 to 4"):
        load("medmcqa", str(_lines(tmp_path / "mixed.json", *_medmcqa(0, 4))))


def test_pubmedqa_gives_the_abstract_without_its_conclusion_and_heeds_the_split(
    tmp_path: Path,
) -> None:
    record = {
        "QUESTION": "Does it?",
        "CONTEXTS": ["We asked.", "It did."],
        "LABELS": ["AIM", "RESULTS"],
        "LONG_ANSWER": "It does.",
        "final_decision": "maybe",
    }
    path = tmp_path / "ori_pqal.json"
    path.write_bytes(orjson.dumps({"11": record, "12": record}))
    assert len(load("pubmedqa", str(path)).items) == 2
    (tmp_path / "test_ground_truth.json").write_bytes(orjson.dumps({"12": "maybe"}))
    item = _one("pubmedqa", path)
    assert (item.id, item.options[item.answer]) == ("12", "maybe")
    assert item.context == "AIM: We asked.\nRESULTS: It did."


def test_mmlu_takes_the_six_medical_subjects(tmp_path: Path) -> None:
    (tmp_path / "anatomy_test.csv").write_text('"Which, then?",w,x,y,z,D\n')
    (tmp_path / "astronomy_test.csv").write_text("Which?,w,x,y,z,A\n")
    item = _one("mmlu", tmp_path)
    assert (item.question, item.answer, item.group) == ("Which, then?", "D", "anatomy")


def test_medxpertqa_leaves_out_the_options_that_the_question_repeats(tmp_path: Path) -> None:
    record = {
        "id": "Text-1",
        "question": "What next?\nAnswer Choices: (A) x (B) y",
        "options": [{"letter": "A", "content": "x"}, {"letter": "B", "content": "y"}],
        "label": ["B"],
        "medical_task": "Treatment",
    }
    item = _one("medxpertqa", _lines(tmp_path / "sampled_text_input.jsonl", record))
    assert (item.question, item.answer, item.group) == ("What next?", "B", "Treatment")
    hub = {**record, "options": {"A": "x", "B": "y"}, "label": "A"}
    _lines(tmp_path / "hub" / "Text" / "test.jsonl", hub)
    assert _one("medxpertqa", tmp_path / "hub").answer == "A"


def test_afrimedqa_keeps_questions_whose_key_is_no_option_apart(tmp_path: Path) -> None:
    record = {"id": "a", "question": "Which?", "options": {"B": "x", "C": "y"}, "answer": "E"}
    path = _lines(tmp_path / "expert_mcq.jsonl", record, {**record, "answer": "C"})
    first, second = load("afrimedqa", str(path)).items
    assert (first.id, first.answer, second.id, second.answer) == ("a", "", "a#2", "C")
    header = "sample_id,question_type,tier,question,answer_options,correct_answer,specialty\n"
    options = '"{""option1"": ""x"", ""option2"": ""N/A"", ""option3"": ""y""}"'
    csv = tmp_path / "afri_med_qa_15k.csv"
    csv.write_text(
        f"{header}1,mcq,expert,Which?,{options},option3,Surgery\n"
        f"2,saq,expert,Why?,,,Surgery\n3,mcq,crowdsourced,Which?,{options},option1,Surgery\n"
        f'4,mcq,expert,Which?,{options},"option1,option3",Surgery\n'
    )
    one, several = load("afrimedqa", str(csv)).items
    assert (dict(one.options), one.answer, several.answer) == ({"A": "x", "B": "y"}, "B", "")


def test_mirage(tmp_path: Path) -> None:
    question = {"question": "Is it?", "options": {"A": "yes", "B": "no"}, "answer": "A"}
    path = tmp_path / "benchmark.json"
    path.write_bytes(orjson.dumps({"bioasq": {"0": question}, "mmlu": {"0": question}}))
    items = load("mirage", str(tmp_path)).items
    assert [(item.id, item.group) for item in items] == [
        ("bioasq-0", "bioasq"),
        ("mmlu-0", "mmlu"),
    ]


def test_what_is_no_such_file_is_said_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no file of medqa"):
        load("medqa", str(tmp_path))
    with pytest.raises(BadInput, match="no suite usmle"):
        load("usmle", str(tmp_path))
    with pytest.raises(BadInput, match=r"no 'options'"):
        load("medqa", str(_lines(tmp_path / "test.jsonl", {"question": "Which?"})))
    (tmp_path / "test.jsonl").write_text("{")
    with pytest.raises(BadInput, match="cannot be read"):
        load("medqa", str(tmp_path))
    with pytest.raises(BadInput, match="official split"):
        load("pubmedqa", "hub")
