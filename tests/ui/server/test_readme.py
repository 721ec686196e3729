"""README's examples, as they stand there, against a running server."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import corpora
from tests.fakes.served import served
from ui.server.app import create_app
from ui.server.service import Service

README = (Path(corpora.__file__).parents[1] / "README.md").read_text()
SECTION = README.split("## For programs and agents")[1].split("\n## ")[0]
EXAMPLES = re.findall(r"```(sh|python)\n(.*?)```", SECTION, re.DOTALL)


def test_there_are_three() -> None:
    assert [kind for kind, _ in EXAMPLES] == ["sh", "python", "python"]


@pytest.mark.enable_socket
@pytest.mark.parametrize("number", range(3))
def test_an_example(service: Service, number: int) -> None:
    kind, text = EXAMPLES[number]
    with served(create_app(service)) as running:
        text = text.replace("http://127.0.0.1:8600", running.url)
        command = [sys.executable, "-c", text] if kind == "python" else ["sh", "-c", text]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert "For research." in done.stdout or '"status":"A' in done.stdout
