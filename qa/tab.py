"""What every tab of the page is, and what they share: views whose buttons act, and links that open any tab at any place.

A link inside a view, ``<a href="/?article=31" data-goto>``, opens what its address says without loading the page anew: it goes the way
of a permalink. So a tab needs to know of no other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol
from urllib.parse import parse_qsl

import qa.gradio_start  # noqa: F401 - before gradio is imported

# isort: split
import gradio as gr

Values = tuple[Any, ...]
"""New values of components, in their order."""

QUICK: Final[dict[str, Any]] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
"""Events that end at once and that are no interface for other programs: ``/api`` is."""

EVERY: Final[dict[str, Any]] = {"trigger_mode": "multiple", **QUICK}
"""Quick events that carry what was chosen: none is dropped while another is on its way, as Gradio does by itself ("once"), nor comes later
without what it carried ("always_last")."""

_ACTIONS: Final = """
element.addEventListener("click", (event) => {
  const at = event.target.closest("[data-goto], [data-ask], [data-do]");
  if (!at || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if (at.dataset.ask) { if (event.detail < 2) trigger("click", { question: at.dataset.ask }); } // a double click asks once
  else if (at.dataset.do) trigger(at.dataset.do, { ...at.dataset });
  else guizhi.open(trigger, at.getAttribute("href"));
});
window.guizhi ||= { views: [] };
guizhi.views.push({ element, trigger });
"""
"""What buttons and links inside a view say in data attributes becomes events: ``data-goto`` select, ``data-ask`` click, ``data-do`` the
event it names. page.js opens one address at a time, makes the address follow what is shown, and triggers these events itself."""


class Tab(Protocol):
    """A tab: made inside its ``gr.Tab``, it lays out its components over a :class:`qa.desk.Desk`."""

    key: str
    """Its name in addresses: ``?tab=KEY``."""
    title: str
    """What people read on it."""
    views: Sequence[Any]
    """The views (:func:`view`) whose links open tabs."""
    opened: Sequence[Any]
    """The components that an address changes."""

    def open(self, asked: Mapping[str, str]) -> Values | None:
        """The values of ``opened`` for the parameters of an address; ``None`` where they are none of this tab's."""

    def wire(self) -> None:
        """Bind the events of its components; called once, when all tabs are laid out."""


def view(value: str, name: str) -> Any:
    """A view: HTML of :mod:`qa.page` whose buttons and links act. ``name`` is its id in the page."""
    return gr.HTML(value, elem_id=name, js_on_load=_ACTIONS, apply_default_css=False)


def outputs(pages: Any, tabs: Sequence[Tab]) -> list[Any]:
    """What :func:`follow` gives values for: ``pages`` is the ``gr.Tabs`` that holds ``tabs``."""
    return [pages, *(component for tab in tabs for component in tab.opened)]


def follow(tabs: Sequence[Tab], asked: Mapping[str, str]) -> Values:
    """What an address opens: the tab to show, and the values of every tab.

    What is not asked for stays as it is, the tab too: whoever was quicker than the reply to a page just loaded stays where they went.
    """
    found = {tab.key: tab.open(asked) for tab in tabs}
    at = next((key for key, values in found.items() if values is not None), asked.get("tab"))
    values = [value for tab in tabs for value in found[tab.key] or (gr.skip(),) * len(tab.opened)]
    return gr.Tabs(selected=at) if at in found else gr.skip(), *values


def parameters(address: str) -> dict[str, str]:
    """The parameters of a link's address; of one that stands twice, the last."""
    return dict(parse_qsl(address.partition("#")[0].partition("?")[2], keep_blank_values=True))
