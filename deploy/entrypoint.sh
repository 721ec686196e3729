#!/bin/sh
# `medcite` in a container. Where /data is empty and MEDCITE_DEMO=1, the demo literature comes first.
set -eu
if [ "${1:-}" = serve ]; then
    if [ ! -e "$MEDCITE_HOME/corpus.sqlite" ] && [ "${MEDCITE_DEMO:-}" = 1 ]; then
        medcite corpus fetch demo
    fi
    if [ -e "$MEDCITE_HOME/corpus.sqlite" ] && [ ! -e "$MEDCITE_HOME/indexes/CURRENT" ]; then
        medcite index build
    fi
fi
exec medcite "$@"
