"""Exports of an answer: copy, link, print, download, cite."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

import orjson
import streamlit as st

from agent.answer import Answer
from ui.pages.controls import citations
from ui.render.answer_text import answer_markdown, answer_text
from ui.render.documents import answer_page
from ui.services.disagreements import Disagreements

# Each button acts within its click event: browsers allow copying and printing only there.
_BUTTONS = """
<div class="take">
<button type="button" data-take="copy">Copy the answer</button>
<button type="button" data-take="link">Copy a link to the question</button>
<button type="button" data-take="print">Print, or save as PDF</button>
</div>
<script>{
const [text, link, page] = %s;
const flash = (button, message) => {
  const before = button.textContent;
  button.textContent = message;
  setTimeout(() => { button.textContent = before; }, 2000);
};
const copy = (button, what) => navigator.clipboard.writeText(what).then(
  () => flash(button, "Copied"), () => flash(button, "The browser does not allow copying"));
const print = () => {
  document.getElementById("medcite-print")?.remove();
  const frame = document.createElement("iframe");
  frame.id = "medcite-print";
  frame.title = "For printing";
  frame.style.cssText = "position:fixed;width:0;height:0;border:0";
  frame.srcdoc = page;
  frame.onload = () => frame.contentWindow.print();
  document.body.append(frame);
};
for (const button of document.querySelectorAll("[data-take]"))
  button.onclick = {
    copy: () => copy(button, text),
    link: () => copy(button, new URL(link, location.href).href),
    print,
  }[button.dataset.take];
}</script>
"""


def share(answer: Answer, disagreements: Disagreements) -> None:
    """Draw the menu that exports an answer."""

    def page() -> str:
        return answer_page(answer, disagreements.of(answer) or ())

    with st.popover("Share", icon=":material/ios_share:", key="share"):
        st.html(buttons_html(answer, page()), unsafe_allow_javascript=True)
        st.caption("Download")
        with st.container(horizontal=True, gap="xsmall"):
            _download("Markdown", lambda: answer_markdown(answer), answer, ".md", "text/markdown")
            _download("Web page", page, answer, ".html", "text/html")
            _download(
                "JSON", lambda: answer.to_json().decode(), answer, ".json", "application/json"
            )
        cited = [source.article for source in answer.cited or answer.sources]
        if not cited:
            return
        st.caption("Citations")
        with st.container(horizontal=True, gap="xsmall"):
            citations(cited, f"medcite-{answer.id}")


def _download(label: str, data: Callable[[], str], answer: Answer, ending: str, mime: str) -> None:
    st.download_button(
        label, data, f"medcite-{answer.id}{ending}", mime, on_click="ignore", key=f"take-{label}"
    )


def buttons_html(answer: Answer, page: str) -> str:
    """Return the copy and print buttons with their script; the texts are escaped for it."""
    link = f"?q={quote(answer.question)}"
    payload = orjson.dumps([answer_text(answer), link, page]).decode()
    return _BUTTONS % payload.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace(
        "\u2029", "\\u2029"
    )
