"""The Verify page: check any text; each sentence gets a verdict and its supporting articles."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from agent.answer import Label, Quote, Source, Verdict, verdict_dict
from agent.verification.document import claims_of, evidence_of, noticed
from agent.verification.local_verifier import LocalVerifier
from agent.verification.protocol import verdicts_of
from corpora.article import Article
from corpora.errors import BadInput, MedciteError
from corpora.store import open_corpus
from retrieval.passage import Evidence
from ui.pages import controls
from ui.render import answer_markup, markup
from ui.render.answer_view import sentence_view
from ui.render.text import markdown_text, name_and_year
from ui.render.typography import title_markdown
from ui.services.library import Library

_LONGEST = 200_000
# Sentences per update of the progress bar.
_AT_ONCE = 12
_EXAMPLE = "Statins lowered mortality in patients with COVID-19 [33301246]."


@dataclass(frozen=True, slots=True)
class _Checked:
    """A text's verdicts, and the articles it cites."""

    verdicts: tuple[Verdict, ...]
    evidence: tuple[Evidence, ...]

    @property
    def sources(self) -> tuple[Source, ...]:
        return tuple(Source(n, e.article, (e,)) for n, e in enumerate(self.evidence, start=1))


def page(library: Library, choose: Callable[[str], None]) -> None:
    """Draw the page; `choose` opens an article by its PMID."""
    st.html("<h1>Verify</h1>")
    st.caption(
        "Paste or upload a text whose sentences cite their sources: PMIDs, DOIs or PMCIDs in"
        " brackets or links, or the numbers of a reference list. Each sentence is checked against"
        " the articles it cites, as far as they are in your literature. The text stays on this"
        " machine."
    )
    with st.form("verify-form", border=False):
        pasted = st.text_area("Text", height=220, placeholder=_EXAMPLE, key="verify-text")
        uploaded = st.file_uploader(
            "Or a file", type=("txt", "md"), key="verify-file", max_upload_size=1
        )
        submitted = st.form_submit_button("Check", type="primary", icon=":material/fact_check:")
    try:
        if submitted:
            st.session_state.pop("verified", None)
            text = uploaded.getvalue().decode("utf-8-sig") if uploaded else pasted
            st.session_state["verified"] = _checked(library, text)
        if checked := st.session_state.get("verified"):
            _verdicts(checked, choose)
    except UnicodeDecodeError:
        error = BadInput("The file is not UTF-8 text.", "Save it as plain text in UTF-8.")
        st.html(markup.error_html(error))
    except MedciteError as error:
        controls.problem(error)


def _checked(library: Library, text: str) -> _Checked:
    """Check a text in batches of sentences, with a progress bar.

    Raises:
        BadInput: the text is too long or has no sentence.
        NoCorpus: there is no corpus.
    """
    if len(text) > _LONGEST:
        raise BadInput(f"The text has more than {_LONGEST:,} characters.", "Check it in parts.")
    claims = claims_of(text)
    if not claims:
        raise BadInput("The text has no sentence to check.", f"Enter one such as: {_EXAMPLE}")
    with open_corpus(library.home.corpus) as store:
        evidence = evidence_of(claims, store)
    verifier = LocalVerifier()
    verdicts: list[Verdict] = []
    progress = st.progress(0.0, "Checking")
    for start in range(0, len(claims), _AT_ONCE):
        verdicts += verdicts_of(verifier, claims[start : start + _AT_ONCE], evidence)
        done = len(verdicts)
        progress.progress(done / len(claims), f"Checked {done} of {len(claims)} sentences")
    progress.empty()
    cited = {e.passage.id: e.article for e in evidence}
    return _Checked(tuple(noticed(v, cited) for v in verdicts), tuple(evidence))


def _verdicts(checked: _Checked, choose: Callable[[str], None]) -> None:
    articles = {e.passage.id: e.article for e in checked.evidence}
    st.html(answer_markup.tally_html([verdict.label for verdict in checked.verdicts]))
    retracted = {a.pmid: a for a in articles.values() if a.retracted}
    if retracted:
        st.html("".join(markup.notices_html(article) for article in retracted.values()))
    for place, verdict in enumerate(checked.verdicts):
        _sentence(place, verdict, checked, articles, choose)
    st.download_button(
        "JSON",
        lambda: json.dumps(
            [verdict_dict(verdict, {}) for verdict in checked.verdicts],
            ensure_ascii=False,
            indent=1,
        ),
        "verdicts.json",
        "application/json",
        on_click="ignore",
        help="The verdicts, as `medcite verify --json` prints them",
    )


def _sentence(
    place: int,
    verdict: Verdict,
    checked: _Checked,
    articles: dict[str, Article],
    choose: Callable[[str], None],
) -> None:
    """Draw a sentence with its verdict, a button per supporting article, and deciding quotes."""
    with st.container(key=f"verified-{place}", gap=None):
        sentence = sentence_view(verdict, checked.sources)
        st.html(answer_markup.sentence_html(sentence, checked.evidence))
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            st.html(answer_markup.verdict_html(verdict.label), width="content")
            for key in dict.fromkeys((*verdict.claim.keys, verdict.repair)):
                article = articles.get(key)
                if article is None:
                    continue
                if key == verdict.repair:
                    st.html('<span class="verdict good">but supported by</span>', width="content")
                if st.button(
                    f"[{markdown_text(key)}] {markdown_text(name_and_year(article))}",
                    key=f"cite-{place}-{key}",
                    help=title_markdown(article),
                ):
                    choose(article.pmid)
        if quotes := _worth_showing(verdict):
            st.html(answer_markup.quotes_html(quotes, articles))


def _worth_showing(verdict: Verdict) -> tuple[Quote, ...]:
    """Return the deciding quotes that neither the sentence nor the reason already shows."""
    quotes = () if verdict.label in (Label.QUOTED, Label.UNSUPPORTED) else verdict.quotes
    return (*quotes, *verdict.repair_quotes)
