"""`medcite` with its exit code, standard output and standard error: in this process or its own.

A process of its own takes seconds to import the command line, so only what needs one runs in it.
"""

import io
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from unittest.mock import patch

import structlog

from ui.cli.main import main


def medcite(home: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command in this process, from the arguments to the exit code."""
    variables = {"MEDCITE_HOME": str(home), "COLUMNS": "200", **environment}
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    code: str | int | None = 0
    with (
        patch.dict(os.environ, variables),
        patch.object(sys, "argv", ["medcite", *arguments]),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as end:
            code = end.code
        finally:
            structlog.reset_defaults()  # the logs went to a standard error that ends here
    stdout, stderr = (stream.buffer.getvalue().decode() for stream in (out, err))
    return subprocess.CompletedProcess(arguments, int(code or 0), stdout, stderr)


def medcite_process(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a process of its own, as a user does; a warning for users fails it."""
    code = "from ui.cli.main import main; main()"
    return subprocess.run(
        [sys.executable, "-W", "error::UserWarning", "-c", code, *arguments],
        env=dict(os.environ, MEDCITE_HOME=str(home), COLUMNS="200"),
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
