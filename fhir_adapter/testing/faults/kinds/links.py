"""Owns `next` links that lead astray: in circles, growing, relative, to another scheme, port or host.

https://hl7.org/fhir/R4/http.html#paging
"""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

from fhir_adapter.testing.faults.kinds.contents import (
    bundle,
    link,
    moved,
    own_url,
    set_json,
    set_link,
    with_marker,
)
from fhir_adapter.testing.faults.kinds.registry import Call, Choice, kind
from fhir_adapter.testing.server.messages import Response

_HOP = "_hop"
_GROWN = "_grown"


@kind("next-link", to=Choice("relative", "other-scheme", "port"))
def next_link(call: Call) -> Response:
    """Write the next link in a way that only a careful client resolves, or that none can."""
    response = call.proceed(call.request)
    content = bundle(response)
    following = link(content, "next") if content else None
    if content is not None and following and call.fires(response):
        set_link(content, "next", _rewritten(following, call.option("to")))
        set_json(response, content)
    return response


def _rewritten(url: str, to: str) -> str:
    parts = urlsplit(url)
    if to == "relative":
        return urlunsplit(("", "", *parts[2:]))
    if to == "other-scheme":
        return urlunsplit(("http" if parts.scheme == "https" else "https", *parts[1:]))
    return urlunsplit((parts.scheme, f"{parts.netloc}:443", *parts[2:]))


@kind("next-to-trap", needs_trap=True)
def next_to_trap(call: Call) -> Response:
    """Send the client to another host for the next page."""
    response = call.proceed(call.request)
    content = bundle(response)
    following = link(content, "next") if content else None
    if content is not None and following and call.fires(response):
        set_link(content, "next", moved(following, call.trap))
        set_json(response, content)
    return response


@kind("next-loop", length=1, last_page=False)
def next_loop(call: Call) -> Response:
    """Lead from a page back to itself after `length` addresses; with `last_page` only where no next should be."""
    hop = int(next(iter(call.request.values(_HOP)), "0"))
    response = call.proceed(call.request.without(_HOP))
    content = bundle(response)
    if content is None or (link(content, "next") is None) != call.option("last_page"):
        return response
    if call.fires(response):
        here = own_url(call.request.without(_HOP), content)
        following = (hop + 1) % call.option("length")
        set_link(content, "next", with_marker(here, _HOP, str(following)) if following else here)
        set_json(response, content)
    return response


@kind("next-grows")
def next_grows(call: Call) -> Response:
    """Give every page another page, always under an address not seen before, and longer."""
    grown = next(iter(call.request.values(_GROWN)), "")
    response = call.proceed(call.request.without(_GROWN))
    content = bundle(response)
    if content is not None and call.fires(response):
        here = own_url(call.request.without(_GROWN), content)
        set_link(content, "next", with_marker(here, _GROWN, grown + "x"))
        set_json(response, content)
    return response
