"""Kinds of records, by titles and sentences as they stand in the demo literature."""

import pytest

from corpora.article import Article, Notice, NoticeKind, Section
from corpora.article_kind import ArticleKind, Studied, article_kind, studied


def _article(title: str, abstract: str = "", label: str = "", **fields: object) -> Article:
    sections = (Section(label, abstract),) if abstract else ()
    return Article("1", title, sections, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("title", "abstract", "types", "kind"),
    [
        ("Retraction: Evaluation of Erector Spinae Plane Block", "[This retracts the article.]", ("Retraction of Publication",), ArticleKind.NOTICE),
        ("A form of muscular dystrophy associated with variants in JAG2.", "", ("Published Erratum",), ArticleKind.NOTICE),
        ("Correction to: Right Ventricular Strain as a Prognosticator", "", ("Journal Article",), ArticleKind.NOTICE),
        ("Expression of Concern: Molecular mechanism in rat shock", "", ("Expression of Concern",), ArticleKind.NOTICE),
        ("Correction of unstable nasal fractures by intranasal support.", "", (), ArticleKind.FINDINGS),
        ("Withdrawal of antidepressants in primary care: a cohort", "", (), ArticleKind.FINDINGS),
        ("Retraction of Publication", "", ("Retraction of Publication",), ArticleKind.NOTICE),
        ("Music therapy: A protocol for systematic review and meta-analysis.", "", (), ArticleKind.PROTOCOL),
        ("Comparative effectiveness of five tests: study protocol.", "", ("Letter",), ArticleKind.PROTOCOL),
        ("Elderly Patients Benefit From Enhanced Recovery Protocols", "", (), ArticleKind.FINDINGS),
        ("Outcomes of a two-stage protocol for septic arthritis", "Of 20 patients, 19 healed.", (), ArticleKind.FINDINGS),
        ("Editorial: Why JAACAP Published a Trial", "Blader et al. report a trial of 45 children (p = 0.03) and 51 children.", ("Editorial", "Comment"), ArticleKind.COMMENT),
        ("Comment on “X in Y”", "", (), ArticleKind.COMMENT),
        ("Indications for patch testing.", "", ("Letter",), ArticleKind.COMMENT),
        ("X in Y", "We followed 40 patients (n = 40); 12 died (p < 0.01).", ("Letter",), ArticleKind.FINDINGS),
        ("X in Y", "It rose.", ("Journal Article",), ArticleKind.FINDINGS),
    ],
)  # fmt: skip
def test_kind(title: str, abstract: str, types: tuple[str, ...], kind: ArticleKind) -> None:
    assert article_kind(_article(title, abstract, publication_types=types)) is kind


def test_only_findings_are_evidence() -> None:
    assert [kind for kind in ArticleKind if kind.is_evidence] == [ArticleKind.FINDINGS]


def test_an_article_that_was_retracted_is_not_the_notice() -> None:
    notice = Notice(NoticeKind.RETRACTED, "2")
    assert article_kind(_article("X", "It rose.", notices=(notice,))) is ArticleKind.FINDINGS


@pytest.mark.parametrize(
    ("title", "abstract", "mesh", "subject"),
    [
        ("Systemic hypertension in dogs with hyperadrenocorticism", "Dogs were studied.", (), Studied.ANIMALS),
        ("X", "Patients suffer. Rats were given X; the rats lived; rats and rats.", (), Studied.ANIMALS),
        ("X", "Forty patients got X. Women gained. In mice it had failed.", (), Studied.PEOPLE),
        ("X in mice and patients with Y", "Patients improved.", (), Studied.PEOPLE),
        ("X inhibits ovarian cancer in vitro", "Cells were transfected.", (), Studied.LABORATORY),
        ("Chicken pox in children", "Children had it.", (), Studied.PEOPLE),
        ("Cows' milk allergy", "Infants were given it.", (), Studied.PEOPLE),
        ("Surgical site infection after bovine pericardial valve replacement", "Patients had it.", (), Studied.PEOPLE),
        ("X", "It rose.", ("Humans",), Studied.PEOPLE),
        ("X", "It rose.", ("Animals", "Rats"), Studied.ANIMALS),
        ("Zinc-carbon supercapacitors", "They hold.", (), Studied.UNKNOWN),
    ],
)  # fmt: skip
def test_subject(title: str, abstract: str, mesh: tuple[str, ...], subject: Studied) -> None:
    assert studied(_article(title, abstract, mesh=mesh)) is subject
