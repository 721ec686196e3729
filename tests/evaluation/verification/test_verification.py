"""The measures of verification, and that the suites are what they say they are."""

from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import pytest

from agent.answer import Claim, Label, Verdict
from agent.intervals import rate
from agent.language.alignment import Relation as Class
from agent.language.tokens import TokenVectors
from corpora.article import Article
from corpora.home import Home
from evaluation.report import Figure
from evaluation.training.verification.align import Example, Recipe, train
from evaluation.training.verification.boost import boosted
from evaluation.training.verification.collect import added, claims_of
from evaluation.training.verification.examples import cited_only, in_context
from evaluation.verification.baselines import rouge_l
from evaluation.verification.blind import BlindClaim, area_under_curve, judged
from evaluation.verification.labelled import (
    LabelledPair,
    Relation,
    apart,
    read_healthver,
)
from evaluation.verification.perturbations import TRUE_KINDS, WANTED, suite
from evaluation.verification.statistics import (
    bootstrap,
    macro_f1,
    per_class,
)
from evaluation.verification.written import Cite, Part, read_written, write_written
from tests.fakes.literature import article, put

_CLASSES = ("a", "b")


def _articles() -> list[Article]:
    sentences = (
        "Aspirin significantly reduced mortality in 120 patients with sepsis during the study.",
        "In adults with diabetes, insulin may improve survival compared with placebo after 12 weeks.",
        "However, weight was not associated with blood pressure in women who took 5 mg daily.",
        "These results suggest that aspirin is effective and safe in patients with severe sepsis.",
        "We asked whether aspirin improves survival of women with severe sepsis.",
    )
    return [
        article(f"{n}{digit}", f"Aspirin reduces mortality in sepsis number {n}", " ".join(Random(n).sample(sentences, 5)), mesh=("Sepsis", "Aspirin"))
        for n in range(1, 9)
        for digit in "015"
    ]  # fmt: skip


def test_wilson_interval() -> None:
    found = rate(8, 10)
    assert (found.value, round(found.low, 3), round(found.high, 3)) == (0.8, 0.490, 0.943)
    assert rate(0, 20).low == 0.0
    assert np.isnan(rate(0, 0).value)


def test_figures_of_classes() -> None:
    wanted, given = list("aaab"), list("aabb")
    found = per_class(wanted, given, _CLASSES)
    assert (found["a"].precision, round(found["a"].recall, 3)) == (1.0, 0.667)
    assert (found["b"].precision, found["b"].recall) == (0.5, 1.0)
    assert macro_f1(wanted, given, _CLASSES) == pytest.approx((0.8 + 2 / 3) / 2)
    assert per_class(["a"], ["a"], _CLASSES)["b"].f1 == 0.0


def test_an_interval_over_groups_is_wider_than_one_group_and_holds_the_value() -> None:
    wanted, given = list("ab" * 20), list("aa" * 20)
    found = bootstrap(
        lambda w, g: sum(x == y for x, y in zip(w, g, strict=True)) / len(w),
        wanted,
        given,
        [str(i // 3) for i in range(40)],
        draws=200,
    )
    assert found.low < found.value == 0.5 < found.high


def test_rouge_l_is_that_of_the_nearest_sentence() -> None:
    (same, half) = rouge_l([("A b c d.", "Nothing here. A b c d."), ("a b c d", "A x c y.")])
    assert same == pytest.approx(1.0)
    assert half == pytest.approx(0.5)


def test_people_s_labels_are_read(tmp_path: Path) -> None:
    csv = tmp_path / "h.csv"
    csv.write_text(
        'id,evidence,claim,label\n1,"It fell, a lot.",Pain fell.,Supports\n2,x,y,Neutral\n'
    )
    found = read_healthver(csv)
    assert [(p.claim, p.relation) for p in found] == [
        ("Pain fell.", Relation.SUPPORTS),
        ("y", Relation.NEUTRAL),
    ]


def test_groups_share_neither_claim_nor_evidence() -> None:
    pairs = [
        LabelledPair(claim, evidence, Relation.NEUTRAL, claim)
        for claim, evidence in ("ax", "bx", "by", "cz")
    ]
    groups = [pair.group for pair in apart(pairs)]
    assert groups[0] == groups[1] == groups[2] != groups[3]


def test_the_suite_repeats_and_its_false_claims_are_not_in_their_evidence(tmp_path: Path) -> None:
    home = Home(tmp_path)
    put(home, _articles())
    cases = suite(tmp_path)
    assert cases == suite(tmp_path)
    assert {case.kind for case in cases} == set(WANTED)
    for case in cases:
        assert case.pmid.endswith("0")
        assert case.made_of in case.evidence
        assert case.holds == (case.kind in TRUE_KINDS)
        if not case.holds and case.kind not in ("other article", "only asked"):
            assert case.claim not in case.evidence


def test_the_area_under_the_curve_counts_ties_half() -> None:
    right = np.array([True, True, False, False])
    assert area_under_curve(right, np.array([3.0, 1.0, 1.0, 0.0])) == pytest.approx(0.875)


def test_labels_of_right_and_wrong_claims_are_counted_and_quotations_left_out() -> None:
    labels = [Label.SUPPORTED, Label.CONTRADICTED, Label.QUOTED, Label.PARTIALLY_SUPPORTED]
    claims = [BlindClaim("c", ("e",), i < 3, "kind", str(i)) for i in range(4)]
    verdicts = [
        Verdict(Claim("c", ("k",)), label, score=score)
        for label, score in zip(labels, (0.9, 0.2, 1.0, 0.4), strict=True)
    ]
    found = judged("set", claims, verdicts)
    assert found.find("area under the curve", "set").value == 0.5
    assert found.find("right claims green", "set").value == 0.5
    assert found.find("right claims red (contradicted)", "set").value == 0.5
    assert found.find("wrong claims green", "set").value == 0
    assert found.find("quotations excluded", "set").value == 1
    partly = Label.PARTIALLY_SUPPORTED.value
    assert found.find(partly, "set: wrong, kind") == Figure(
        partly, 1, n=1, group="set: wrong, kind"
    )
    assert found.find(partly, "set: right").value == 0


def test_written_claims_are_read_parted_and_hold_no_abstract_text(tmp_path: Path) -> None:
    claims = read_written()
    assert len(claims) > 1000
    assert {claim.part for claim in claims} == set(Part)
    assert all(claim.words in claim.claim for claim in claims)
    by_pair: dict[str, set[bool]] = {}
    for claim in claims:
        if claim.pair:
            by_pair.setdefault(claim.pair, set()).add(claim.right)
    assert sum(len(sides) == 2 for sides in by_pair.values()) > 0.98 * len(by_pair)
    train = read_written(Part.TRAIN)
    assert 0.6 < len(train) / len(claims) < 0.8
    write_written(train[:5], tmp_path / "c.gz")
    assert read_written(path=tmp_path / "c.gz") == train[:5]


def test_what_is_added_later_changes_no_part_but_the_training_part() -> None:
    claims = read_written()
    tuned = next(c for c in claims if c.part is Part.TUNE)
    learnt = next(c for c in claims if c.part is Part.TRAIN)
    new = replace(tuned, group="1", claim="New.", cites=(Cite("1", 0, 3),))
    leaking = replace(new, claim="Also new.", cites=(*new.cites, *tuned.cites))
    merged, left = added([tuned, learnt], [new, leaking, learnt])
    assert merged == [tuned, learnt, replace(new, part=Part.TRAIN)]
    assert left == 1


def test_annotators_lines_become_claims_with_offsets() -> None:
    held = article("7", "Aspirin", "Aspirin lowered fever. Pain rose. Sleep did not change.")
    line = {
        "pmid": "7", "style": 4, "cites": [1], "right": "Fever fell with aspirin.",
        "right_decide": "lowered", "wrong": "Aspirin raised fever.", "label": "contradicted",
        "kind": "direction", "words": "raised", "wrong_decide": "lowered",
    }  # fmt: skip
    right, wrong = claims_of(line, {"7": held}, "c1")
    assert (right.right, wrong.label, right.pair) == (True, Label.CONTRADICTED, wrong.pair)
    assert wrong.decides is not None
    assert held.text[wrong.decides.start : wrong.decides.end] == "lowered"
    alone, around = cited_only(wrong, {"7": held}), in_context(wrong, {"7": held})
    assert alone.sentences == ("Aspirin lowered fever.",)
    assert set(alone.sentences) < set(around.sentences)
    assert alone.words == ((8, 14),)
    with pytest.raises(ValueError, match="does not exist"):
        claims_of({**line, "cites": [9]}, {"7": held}, "c1")
    with pytest.raises(ValueError, match="words"):
        claims_of({**line, "words": "lowered"}, {"7": held}, "c1")


def test_the_network_learns_which_words_are_not_carried() -> None:
    rng = np.random.default_rng(0)
    table = rng.normal(size=(9, 768)).astype(np.float16)

    def text(word: int) -> TokenVectors:
        ids = np.array([1, 2, word])
        return TokenVectors(ids, ((0, 1), (2, 3), (4, 5)), table[ids])

    vectors = {f"{w}": text(w) for w in range(3, 9)}
    examples = [
        Example(f"{c}", (f"{e}",), Class.SUPPORTS if c == e else Class.REFUTES,
                () if c == e else ((4, 5),), None, f"{min(c, e)}", "g", "s")
        for c in range(3, 9) for e in range(3, 9) if abs(c - e) < 2
    ]  # fmt: skip
    network = train([examples] * 25, vectors, Recipe(epochs=25, dropout=0.0))
    from agent.language.alignment import Aligner

    readings = Aligner([network]).read([(text(3), text(3)), (text(3), text(8))])
    assert [int(each.relation.argmax()) for each in readings] == [Class.SUPPORTS, Class.REFUTES]
    assert readings[1].claim.argmax() == 2


def test_trees_give_what_scikit_learn_gives() -> None:
    from sklearn.ensemble import HistGradientBoostingClassifier

    from evaluation.training.verification.boost import exported

    rng = np.random.default_rng(0)
    rows = rng.normal(size=(300, 3))
    rows[rng.random(rows.shape) < 0.1] = np.nan
    wanted = np.nan_to_num(rows[:, 0]) > 0.3
    model = HistGradientBoostingClassifier(max_iter=20).fit(rows, wanted)
    found = exported(model)(rows)
    np.testing.assert_allclose(found, model.decision_function(rows), atol=1e-9)
    assert ((boosted(rows, wanted)(rows) > 0) == wanted).mean() > 0.9
