#!/bin/sh
# One review on the demo literature, from search to flow chart: MEDCITE_HOME=… sh docs/review/review.sh
set -e
out=$(dirname "$0")
review="COVID-19 drugs"
screen() { medcite screen "$@"; }

medcite search --boolean \
    'covid*[tiab] AND mortality[tiab] AND (treat*[tiab] OR drug*[tiab] OR therap*[tiab])' \
    --save "$review"
screen start "$review" --search "$review" --reviewer ann --reviewer ben

# Where to go on, ranked by what was included so far.
screen decide "$review" --reviewer ann include 34020208 33608850 34096808 34076901
screen rank "$review" --reviewer ann -k 3
screen decide "$review" --reviewer ann include 33666864 33187459 34020215 34090358
screen decide "$review" --reviewer ben include 34020208 33608850 34096808 34076901 \
    33666864 33187459 34020215 32839867

for who in ann ben; do
    screen decide "$review" --reviewer $who --reason "Wrong population" exclude \
        33984676 34089151 33359419
    screen decide "$review" --reviewer $who --reason "Wrong intervention" exclude 33894209 \
        34052780 33895559 34086779 34097145 33975028 33932453 33763706 34089508 34090263 34096048
    screen decide "$review" --reviewer $who --reason "Not original research" exclude \
        34015585 34074585 34048906 33932622
done
screen decide "$review" --reviewer ann --reason "Wrong outcome" exclude 32839867
screen decide "$review" --reviewer ben --reason "Wrong intervention" exclude 34090358

screen finish "$review" --reviewer ann
screen finish "$review" --reviewer ben
screen agreement "$review"
screen settle "$review" include 34090358
screen settle "$review" exclude 32839867 --reason "Wrong outcome"

medcite searches export "$review" --out "$out/methods.md"
# Abstracts are their publishers', and stay out of the repository.
screen export "$review" | grep -v '^AB  - ' > "$out/decisions.ris"
screen export "$review" --only include | grep -v '^AB  - ' > "$out/included.ris"
screen export "$review" --json > "$out/outcome.json"
screen export "$review" --format svg --out "$out/flow.svg"
