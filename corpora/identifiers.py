"""Normalise article identifiers as databases and programs write them.

A PMID is its digits ("93000011", also from "93000011.0", "PMID: 93000011" or a link to PubMed), a
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
# A DOI field may hold an unusual DOI; in running text only the registered form counts.
_DOI_ALONE = re.compile(r"10\.\d+(?:\.\d+)*/\S+")
_DOI = re.compile(r"\b10\.\d{4,9}(?:\.\d+)*/[^\s\"“”]+")
_TRAILING = ".,;:'\"”’!?"


def is_pmid(text: str) -> bool:
    """Whether an identifier has the form of a PMID."""
    return text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS and text[0] != "0"


def pubmed_url(pmid: str) -> str:
    """The URL of an article at PubMed."""
    return f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/"


def doi_url(doi: str) -> str:
    """The URL of a DOI, quoted so that nothing in it ends the URL or a Markdown link."""
    return f"https://doi.org/{quote(doi)}"


def pmc_url(pmcid: str) -> str:
    """The URL of a full text at PubMed Central."""
    return f"https://pmc.ncbi.nlm.nih.gov/articles/{pmcid}/"


def pmid_of(text: str) -> str:
    """The PMID in a value that is a PMID in any notation; "" if it is not one."""
    text = text.strip()
    match = _WHOLE.fullmatch(text)
    if not match:
        # Spreadsheets write a long number as "9.3000011E7".
        if not re.fullmatch(r"[1-9]\.\d+E\+?0?\d", text, re.IGNORECASE):
            return ""
        number = float(text)
        return str(int(number)) if number.is_integer() and number < 10**_MOST_DIGITS else ""
    return match[1] if is_pmid(match[1]) else ""


def pmid_in(text: str) -> str:
    """The first PMID that a text labels as one ("PMID: 7", "PubMed 7", a link); else ""."""
    match = _NAMED.search(text)
    return match[1] if match else ""


def pmcid_of(text: str) -> str:
    """The PMCID in a text or in the bare number of a PMCID field; else ""."""
    if match := _PMCID.search(text):
        return f"PMC{int(match[1])}" if int(match[1]) else ""
    bare = text.strip().removesuffix(".0")
    return f"PMC{int(bare)}" if bare.isascii() and bare.isdigit() and 0 < int(bare) < 10**10 else ""


def pmcid_in(text: str) -> str:
    """The first PMCID in running text, else ""."""
    match = _PMCID.search(text)
    return f"PMC{int(match[1])}" if match and int(match[1]) else ""


def doi_of(text: str) -> str:
    """The DOI in a DOI field, without "doi:" or a URL; "" if there is none."""
    return _doi(_DOI_ALONE, text)


def doi_in(text: str) -> str:
    """The first DOI in running text, without surrounding punctuation; "" if there is none."""
    return _doi(_DOI, text)


def _doi(form: re.Pattern[str], text: str) -> str:
    if re.search(r"10\.\d{4,9}%2F", text, re.IGNORECASE):
        text = unquote(text)
    match = form.search(text)
    if not match:
        return ""
    doi = match[0].rstrip(_TRAILING)
    # A bracket that is not opened inside the DOI belongs to the surrounding text.
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
