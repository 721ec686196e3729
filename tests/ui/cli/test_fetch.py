"""`medcite corpus fetch` against a server on this machine, and what the journal says of it."""

import json
from pathlib import Path

import pytest

from tests.fakes.nlm import Fault, nlm_server
from tests.fakes.pubmed import pubmed_xml, record
from tests.ui.cli.commands import medcite

pytestmark = [pytest.mark.enable_socket]


def _last(output: str) -> dict[str, object]:
    told: dict[str, object] = json.loads(output.splitlines()[-1])
    return told


def test_a_query_and_the_updates_are_fetched_imported_and_journalled(tmp_path: Path) -> None:
    with nlm_server() as fake:
        fake.entered = {"1": "2021/01/01", "2": "2021/01/02"}
        for number in (1, 2):
            fake.put("pubmed/updatefiles", f"pubmed26n130{number}.xml.gz", pubmed_xml(record(f"3{number}")))  # fmt: skip
        fake.faults.append(Fault("efetch.fcgi", "429"))
        asked = medcite(tmp_path, "corpus", "fetch", "pubmed", "--query", "sepsis", "--mirror", fake.url, "--json")  # fmt: skip
        assert asked.returncode == 0, asked.stderr
        assert _last(asked.stdout)["added"] == 2
        updated = medcite(tmp_path, "corpus", "fetch", "updates", "--mirror", fake.url, "--json")
        assert _last(updated.stdout)["added"] == 2
        fake.faults.append(Fault("/pubmed/updatefiles/", "404"))
        failed = medcite(tmp_path, "corpus", "fetch", "updates", "--mirror", fake.url)
        assert failed.returncode == 7
        assert "404" in failed.stderr
    status = json.loads(medcite(tmp_path, "corpus", "status", "--json").stdout)
    assert status["articles"] == 4
    assert [(f["source"], f["query"], f["files"]) for f in status["fetches"]] == [
        ("pubmed", "sepsis", 1),
        ("updates", "pubmed/updatefiles", 2),
        ("updates", "pubmed/updatefiles", 0),
    ]
    assert "404" in status["fetches"][2]["error"]
