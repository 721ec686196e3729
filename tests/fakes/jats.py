"""A PMC article with everything in it that a reader has to read or to leave out."""

from __future__ import annotations


def full_text(pmid: str = "77") -> str:
    """One JATS article; it has no XML declaration, so that it can be put into a set."""
    return f"""<article article-type="research-article" xml:lang="en"
 xmlns:xlink="http://www.w3.org/1999/xlink"><front>
<journal-meta><journal-title-group><journal-title>Archives of Invention</journal-title>
</journal-title-group></journal-meta>
<article-meta><article-id pub-id-type="pmid">{pmid}</article-id>
<article-id pub-id-type="pmc">700</article-id>
<article-id pub-id-type="doi">10.99999/jats.1</article-id>
<title-group><article-title>Navorelimab at 10<sup>5</sup> units</article-title></title-group>
<contrib-group><contrib contrib-type="author"><name><surname>Muster</surname>
<given-names>Erika A</given-names></name></contrib>
<contrib contrib-type="author"><collab>The Group</collab></contrib>
<contrib contrib-type="editor"><name><surname>Editor</surname></name></contrib></contrib-group>
<pub-date pub-type="pmc-release"><year>2020</year></pub-date>
<pub-date pub-type="collection"><year>2021</year></pub-date>
<pub-date pub-type="epub"><day>5</day><month>3</month><year>2021</year></pub-date>
<volume>5</volume><issue>2</issue><fpage>11</fpage><lpage>19</lpage>
<related-article related-article-type="corrected-article" ext-link-type="pubmed" xlink:href="99"/>
<abstract><sec><title>Background:</title><p>Sepsis kills.</p></sec>
<sec><title>Results</title><p>Fewer died.</p></sec></abstract>
<abstract abstract-type="graphical"><p>A picture.</p></abstract>
<kwd-group><kwd>sepsis</kwd></kwd-group></article-meta></front>
<body><p>Opening words.</p><sec><title>Methods</title><p>We planned.</p>
<sec><title>Participants</title><p>We randomised adults <xref>[1]</xref>.<fig><caption><p>A figure.</p>
</caption></fig></p><list><list-item><p>One item.</p></list-item><list-item><p>Two.</p></list-item></list>
<table-wrap><table><tr><td>1</td></tr></table></table-wrap></sec></sec>
<sec><title>Discussion</title><p>It helps.</p></sec></body>
<back><ref-list><ref><mixed-citation>Someone 1999</mixed-citation></ref></ref-list></back></article>"""
