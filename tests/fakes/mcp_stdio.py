"""`medcite mcp` over stdio without a real encoder: python -m tests.fakes.mcp_stdio HOME."""

import sys
from pathlib import Path

from corpora.home import Home
from retrieval.search import Searcher
from tests.fakes.assistant import SureReader, local_assistant
from tests.ui.conftest import encoder
from ui.server import logs
from ui.server.mcp import create_mcp
from ui.server.service import Service
from ui.server.shared import Library

if __name__ == "__main__":
    library = Library(
        Home(Path(sys.argv[1])),
        lambda home: local_assistant(Searcher(home, encoder()), reader=SureReader()),
    )
    server = create_mcp(Service(library))
    logs.configure()
    server.run("stdio")
