"""Open-ended inputs for hypothesis."""

from __future__ import annotations

from hypothesis import strategies as st

from corpora.article import Article, Author, Notice, NoticeKind, Section
from corpora.typography import TypeStyle, Typography

text = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)
pmids = st.integers(1, 60).map(str)
sections = st.builds(
    Section, label=text, text=text, category=st.sampled_from(["", "RESULTS"]), body=st.booleans()
)
authors = st.builds(Author, last=text, fore=text, initials=text, collective=text)
notices = st.builds(
    Notice, kind=st.sampled_from(NoticeKind), pmid=pmids, source=text, issued_by=st.booleans()
)
_offsets = st.integers(0, 120)
typography = st.builds(Typography, _offsets, _offsets, st.sampled_from(TypeStyle))
_texts = st.lists(text, max_size=3).map(tuple)
articles = st.builds(
    Article,
    pmid=pmids,
    title=text,
    sections=st.lists(sections, max_size=4).map(tuple),
    journal=text,
    year=st.integers(0, 2100),
    published=st.sampled_from(["", "2021", "2021-03", "2021-03-15"]),
    authors=st.lists(authors, max_size=3).map(tuple),
    publication_types=_texts,
    mesh=_texts,
    keywords=_texts,
    doi=text,
    pmcid=text,
    languages=_texts,
    vernacular_title=text,
    notices=st.lists(notices, max_size=3).map(tuple),
    version=st.integers(1, 3),
    revised=st.dates().map(str),
    typography=st.lists(typography, max_size=3).map(tuple),
)
