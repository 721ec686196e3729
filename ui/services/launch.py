"""Starting the Streamlit server: on loopback, without telemetry."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from agent.models.choice import parse_model
from corpora.errors import BadInput
from corpora.home import Home
from ui.services.access import check_reach, read_rules

# Among the pages, not beside them: Streamlit shows the files of a folder `pages` next to its script
# as pages of their own until `st.navigation` was called once.
APP = Path(__file__).parents[1] / "pages" / "app.py"


def launch(
    home: Path | None,
    port: int,
    *,
    browser: bool,
    model: str | None = None,
    address: str = "localhost",
    open_to_all: bool = False,
) -> int:
    """Run the application until it is stopped; returns its exit status.

    Args:
        model: overrides what was chosen in the application.
        address: which of this machine's addresses it can be reached at.
        open_to_all: allow an address that others reach though nobody has to sign in.

    Raises:
        BadInput: Streamlit is not installed, `model` stands for no language model, or others would
            reach the application without signing in.
    """
    from importlib.util import find_spec

    if find_spec("streamlit") is None:
        raise BadInput("Streamlit is not installed.", "Install it: pip install 'medcite[ui]'")
    place = Home.locate(home)
    environment = dict(os.environ, MEDCITE_HOME=str(place.root))
    if model is not None:
        parse_model(model, place)
        environment["MEDCITE_MODEL"] = model
    check_reach(address, read_rules(place), open_to_all=open_to_all)
    options = {
        "server.address": address,
        "server.port": str(port),
        "server.headless": str(not browser).lower(),
        "server.maxUploadSize": "200",
        "server.enableXsrfProtection": "true",
        "server.fileWatcherType": "none",
        # Streamlit would ask for an e-mail address on the first start, and wait.
        "server.showEmailPrompt": "false",
        "secrets.files": str(place.secrets),
        "browser.gatherUsageStats": "false",
        "client.toolbarMode": "minimal",
        # An error nobody foresaw is for the log, not for the reader.
        "client.showErrorDetails": "type",
        # Red stands for contradicted.
        "theme.light.primaryColor": "#1d5f8a",
        "theme.dark.primaryColor": "#2f74a3",
    }
    command = [sys.executable, "-m", "streamlit", "run", str(APP)]
    command += [part for name, value in options.items() for part in (f"--{name}", value)]
    with subprocess.Popen(command, env=environment) as server:
        # Whoever ends this process means the server.
        signal.signal(signal.SIGTERM, lambda *_: server.terminate())
        try:
            return server.wait()
        except KeyboardInterrupt:
            return 0
