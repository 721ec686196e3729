"""Start the Streamlit server: on loopback, without telemetry."""

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

# In the folder `pages` itself: until `st.navigation` is first called, Streamlit treats the files of
# a folder `pages` next to its script as pages.
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
    """Run the application until it is stopped; return its exit status.

    Args:
        model: overrides the model chosen in the application.
        address: the address to listen on.
        open_to_all: allow an address that other machines can reach without sign-in.

    Raises:
        BadInput: Streamlit is not installed, `model` is not a valid model, or other machines could
            reach the application without sign-in.
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
        # Otherwise Streamlit prompts for an e-mail address on the first start, and waits.
        "server.showEmailPrompt": "false",
        "secrets.files": str(place.secrets),
        "browser.gatherUsageStats": "false",
        "client.toolbarMode": "minimal",
        # Details of an unexpected error go to the log, not to the user.
        "client.showErrorDetails": "type",
        # Not Streamlit's red, which here means contradicted.
        "theme.light.primaryColor": "#1d5f8a",
        "theme.dark.primaryColor": "#2f74a3",
    }
    command = [sys.executable, "-m", "streamlit", "run", str(APP)]
    command += [part for name, value in options.items() for part in (f"--{name}", value)]
    with subprocess.Popen(command, env=environment) as server:
        # Terminating this process must terminate the server.
        signal.signal(signal.SIGTERM, lambda *_: server.terminate())
        try:
            return server.wait()
        except KeyboardInterrupt:
            return 0
