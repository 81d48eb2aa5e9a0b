"""Removal of XMP properties that do not apply to results."""

import re
from xml.parsers import expat

_PARTS = (
    b"http://ns.google.com/photos/1.0/",
    b"http://ns.google.com/photos/dd/1.0/",
    b"http://ns.adobe.com/hdr-gain-map/1.0/",
    b"http://ns.apple.com/HDRGainMap/1.0/",
    b"http://ns.adobe.com/xmp/note/",
)
"""Prefixes of namespaces that refer to other parts of the file: gain maps, videos, depth, audio, extended XMP."""
_KEPT = (b"http://ns.google.com/photos/1.0/panorama/", b"http://ns.google.com/photos/1.0/creations/")
"""Exceptions: namespaces that describe the picture itself."""
_BINDING = re.compile(rb"\sxmlns:([\w.-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_QUOTED = rb"(?:[^<>\"']|\"[^\"]*\"|'[^']*')*"
NOTE = "a gain map, film, depth map or further XMP of the photograph is left out, and XMP no longer points to it"


def remove_references(packet: bytes) -> tuple[bytes | None, bool]:
    """Remove properties that refer to other parts of the source file.

    Returns:
        The packet, or None if it is not valid XML; and whether any were removed.
    """
    bound = {found[1]: found[2] or found[3] or b"" for found in _BINDING.finditer(packet)}
    prefixes = [prefix for prefix, uri in bound.items() if uri.startswith(_PARTS) and not uri.startswith(_KEPT)]
    if not prefixes:
        return packet, False
    names = b"(?:" + b"|".join(map(re.escape, prefixes)) + b")"
    claims = b"<" + names + rb":|\s" + names + rb":[\w.-]+\s*="
    if not re.search(claims, packet):
        return packet, False
    kept = re.sub(
        rb"<(" + names + rb":[\w.-]+)" + _QUOTED + rb"(?:/>|(?<!/)>.*?</\1\s*>)", b"", packet, flags=re.DOTALL
    )
    kept = re.sub(rb"\s(?:xmlns:" + names + rb"|" + names + rb":[\w.-]+)\s*=\s*(?:\"[^\"]*\"|'[^']*')", b"", kept)
    return (kept if _is_xml(kept) and not re.search(claims, kept) else None), True


def _is_xml(packet: bytes) -> bool:
    try:
        expat.ParserCreate(namespace_separator=" ").Parse(packet.strip(b"\0 \t\r\n"), True)
    except expat.ExpatError:
        return False
    return True
