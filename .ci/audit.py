"""Known vulnerabilities and licences of what Medcite installs.

    python .ci/audit.py

Exit status 1: a pinned package has a published vulnerability, or one that is installed with Medcite
has a licence that binds what links it, or none that is stated. Where the database of advisories
cannot be reached, the packages that were not looked at are counted, and nothing fails.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

_EXTRAS = ("minilm", "ui", "auth", "serve", "pdf", "model", "llama")
# Licences that ask for more than notice of whoever ships a program that links the package.
_BINDING = re.compile(r"\b(?:A?GPL|GNU (?:Affero )?General Public|SSPL|EUPL|BUSL)", re.IGNORECASE)
_LESSER = re.compile(r"\b(?:LGPL|Lesser)", re.IGNORECASE)


def vulnerabilities() -> int:
    """The number of published vulnerabilities in constraints.txt."""
    command = ("-m", "pip_audit", "--disable-pip", "--no-deps", "--format=json", "--timeout=10")
    done = subprocess.run(
        [sys.executable, *command, "--requirement=constraints.txt"],
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        print("Advisories: not looked at (pip-audit could not run or reach them).")
        return 0
    seen = [each for each in packages if "skip_reason" not in each]
    found = [(each, v) for each in seen for v in each["vulns"]]
    for each, v in found:
        better = ", ".join(v["fix_versions"]) or "nothing yet"
        print(f"{each['name']} {each['version']}: {v['id']}, mended in {better}")
    print(f"Advisories: {len(seen)} of {len(packages)} packages looked at, {len(found)} found.")
    return len(found)


def installed() -> dict[str, str]:
    """The licence of each package that Medcite needs, by name; "" where none is stated."""
    licences: dict[str, str] = {}
    todo = [("medcite", _EXTRAS)]
    while todo:
        name, extras = todo.pop()
        try:
            about = distribution(name)
        except PackageNotFoundError:  # for another platform
            continue
        key = re.sub(r"[-_.]+", "-", name).lower()
        if key in licences:
            continue
        stated = about.metadata.get("License-Expression") or "; ".join(
            line.rpartition(" :: ")[2]
            for line in about.metadata.get_all("Classifier", [])
            if line.startswith("License ::")
        )
        written = about.metadata.get("License") or ""
        licences[key] = stated or (written.splitlines() or [""])[0]
        for needed in about.requires or ():
            asked = re.search(r"""extra\s*==\s*["']([\w-]+)["']""", needed)
            if asked is None or asked[1] in extras:
                todo.append((re.split(r"[\s<>=!~;\[(]", needed)[0], ()))
    del licences["medcite"]
    return licences


def main() -> int:
    licences = installed()
    # “A or B” may be used under either.
    bad = {
        name: licence or "none stated"
        for name, licence in licences.items()
        if not licence
        or (
            _BINDING.search(licence)
            and not _LESSER.search(licence)
            and " OR " not in licence.upper()
        )
    }
    for name, licence in sorted(bad.items()):
        print(f"{name}: {licence}")
    print(f"Licences: {len(licences)} packages, {len(bad)} to look at.")
    return int(bool(vulnerabilities()) | bool(bad))


if __name__ == "__main__":
    if not Path("constraints.txt").exists():
        sys.exit("Run it in the repository's root.")
    sys.exit(main())
