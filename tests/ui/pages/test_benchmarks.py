"""The Benchmarks page run by Streamlit's own test harness."""

import orjson

from evaluation.qa.report import report
from tests.ui.harness import app, html
from ui.services.library import Library


def benchmarks_page(library):
    from ui.pages import benchmarks

    benchmarks.page(library)


def test_shows_the_runs_of_the_data_directory_with_names_as_text(library: Library) -> None:
    run = {
        "settings": {
            "suite": "medqa",
            "mode": "closed",
            "style": "free",
            "samples": 1,
            "limit": None,
            "seed": 0,
            "thinking": 0,
            "max_tokens": 9,
        },
        "fixed": {"model": "<script>model"},
        "surroundings": {},
    }
    sample = {"letter": "A", "rule": "json", "finish": "stop", "tokens": {"generated": 3}}
    item = {
        "group": "",
        "options": {"A": "x", "B": "y"},
        "answer": "A",
        "choice": "A",
        "votes": {"A": 1},
        "samples": [sample],
        "status": "right",
        "seconds": 1.0,
    }
    folder = library.home.examinations / "one"
    folder.mkdir(parents=True)
    (folder / "report.json").write_bytes(orjson.dumps(report(run, [item])))
    shown = html(app(benchmarks_page, library))
    assert "MedQA (US, four options)" in shown
    assert "100.0 [100.0, 100.0]" in shown
    assert "<script>" not in shown
