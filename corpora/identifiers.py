"""Identifiers of articles as databases and programs write them, in the one form Medcite keeps.

A PMID is its digits ("93000011", also out of "93000011.0", "PMID: 93000011" or a link to PubMed), a
DOI begins with "10.", a PMCID with "PMC".
"""

from __future__ import annotations

import hashlib
import re
from urllib.parse import quote, unquote

_MOST_DIGITS = 8
_WHOLE = re.compile(
    r"(?:(?:PMIDs?|PubMed(?:[ _-]?ID)?|MEDLINE)\s*[:#=]?\s*|https?://(?:www\.)?"
    r"(?:ncbi\.nlm\.nih\.gov/(?:m/)?pubmed|pubmed\.ncbi\.nlm\.nih\.gov|pubmed\.gov)/)?"
    r"0*(\d{1,8})(?:\.0+)?/?",
    re.IGNORECASE,
)
_NAMED = re.compile(
    r"(?:\bPMIDs?|\bPubMed(?:[ _-]?ID)?|pubmed\.ncbi\.nlm\.nih\.gov/|ncbi\.nlm\.nih\.gov/pubmed/)"
    r"\s*[:#=]?\s*0*([1-9]\d{0,7})(?:\.0+)?(?!\d)",
    re.IGNORECASE,
)
_PMCID = re.compile(r"\bPMC\s?(\d{1,10})\b", re.IGNORECASE)
# A field of its own may hold an odd one; in running text only the registered form counts.
_DOI_ALONE = re.compile(r"10\.\d+(?:\.\d+)*/\S+")
_DOI = re.compile(r"\b10\.\d{4,9}(?:\.\d+)*/[^\s\"“”]+")
_TRAILING = ".,;:'\"”’!?"


def is_pmid(text: str) -> bool:
    """Whether an identifier is one of PubMed's."""
    return text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS and text[0] != "0"


def pubmed_url(pmid: str) -> str:
    """The page of an article at PubMed."""
    return f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/"


def doi_url(doi: str) -> str:
    """Where a DOI leads to; nothing in it ends the address or a link in Markdown."""
    return f"https://doi.org/{quote(doi)}"


def pmc_url(pmcid: str) -> str:
    """The page of a full text at PubMed Central."""
    return f"https://pmc.ncbi.nlm.nih.gov/articles/{pmcid}/"


def pmid_of(text: str) -> str:
    """The PMID that a value is, however it is written; "" where it is none."""
    text = text.strip()
    found = _WHOLE.fullmatch(text)
    if not found:
        # What a spreadsheet makes of a long number: "9.3000011E7".
        if not re.fullmatch(r"[1-9]\.\d+E\+?0?\d", text, re.IGNORECASE):
            return ""
        number = float(text)
        return str(int(number)) if number.is_integer() and number < 10**_MOST_DIGITS else ""
    return found[1] if is_pmid(found[1]) else ""


def pmid_in(text: str) -> str:
    """The first PMID that a text names as one ("PMID: 7", "PubMed 7", a link); else ""."""
    found = _NAMED.search(text)
    return found[1] if found else ""


def pmcid_of(text: str) -> str:
    """The PMCID in a text, or the one that a bare number of a PMCID field is; else ""."""
    if found := _PMCID.search(text):
        return f"PMC{int(found[1])}" if int(found[1]) else ""
    bare = text.strip().removesuffix(".0")
    return f"PMC{int(bare)}" if bare.isascii() and bare.isdigit() and 0 < int(bare) < 10**10 else ""


def pmcid_in(text: str) -> str:
    """The first PMCID in a running text, else ""."""
    found = _PMCID.search(text)
    return f"PMC{int(found[1])}" if found and int(found[1]) else ""


def doi_of(text: str) -> str:
    """The DOI in a field for DOIs, without "doi:" or an address; "" where there is none."""
    return _doi(_DOI_ALONE, text)


def doi_in(text: str) -> str:
    """The first DOI in a running text, without what punctuates it; "" where there is none."""
    return _doi(_DOI, text)


def _doi(form: re.Pattern[str], text: str) -> str:
    if re.search(r"10\.\d{4,9}%2F", text, re.IGNORECASE):
        text = unquote(text)
    found = form.search(text)
    if not found:
        return ""
    doi = found[0].rstrip(_TRAILING)
    # A bracket that nothing in the DOI opens belongs to the text around it.
    for opened, closed in ("()", "[]", "{}", "<>"):
        while doi.endswith(closed) and doi.count(closed) > doi.count(opened):
            doi = doi[:-1].rstrip(_TRAILING)
    return doi


def made_identifier(doi: str, pmcid: str, title: str, year: int) -> str:
    """A stable identifier for a record without one: DOI, PMCID, else a hash of title and year."""
    if doi:
        return f"doi:{doi.lower()}"
    if pmcid:
        return pmcid
    digest = hashlib.blake2b(f"{title.casefold()}|{year}".encode(), digest_size=8)
    return f"title:{digest.hexdigest()}"
