"""What XMP claims of a file."""

from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from blindsr.images import read, write
from blindsr.images.xmp import remove_references

_RDF = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
_CAMERA, _HDR = "http://ns.google.com/photos/1.0/camera/", "http://ns.adobe.com/hdr-gain-map/1.0/"
_CONTAINER, _DC = "http://ns.google.com/photos/1.0/container/", "http://purl.org/dc/elements/1.1/"


def _packet(attributes: str, inside: str = "") -> bytes:
    return (
        f'<?xpacket begin="\ufeff" id="x"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF {_RDF}>'
        f'<rdf:Description rdf:about="" {attributes}>{inside}</rdf:Description>'
        '</rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
    ).encode()


_PHONE = _packet(
    f'xmlns:hdrgm="{_HDR}" xmlns:Cam=\'{_CAMERA}\' xmlns:dc="{_DC}" xmlns:Container="{_CONTAINER}" '
    f'xmlns:Item="{_CONTAINER}item/" hdrgm:Version="1.0" Cam:MotionPhoto="1" Cam:Note=\'a > b\' dc:format="image/jpeg"',
    "<Container:Directory><rdf:Seq><rdf:li><Container:Item Item:Mime='video/mp4' Item:Length='5'/></rdf:li></rdf:Seq>"
    "</Container:Directory><dc:title><rdf:Alt><rdf:li xml:lang='x-default'>A title</rdf:li></rdf:Alt></dc:title>"
    "<hdrgm:GainMapMax>2.5</hdrgm:GainMapMax><Cam:MicroVideoOffset/>",
)


def test_claims_go_and_the_rest_stays() -> None:
    kept, lost = remove_references(_PHONE)
    assert lost
    assert kept is not None
    for gone in (b"hdrgm", b"Cam:", b"Container", b"Item:", b"MotionPhoto", b"GainMap", b"video/mp4"):
        assert gone not in kept
    root = ET.fromstring(kept.decode())
    assert root.find(f".//{{{_DC}}}title") is not None
    (description,) = root.iter("{http://www.w3.org/1999/02/22-rdf-syntax-ns#}Description")
    assert description.get(f"{{{_DC}}}format") == "image/jpeg"


@pytest.mark.parametrize("namespace", ["http://ns.google.com/photos/1.0/depthmap/", "http://ns.adobe.com/xmp/note/"])
def test_depth_and_further_packets_are_other_parts_too(namespace: str) -> None:
    kept, lost = remove_references(_packet(f'xmlns:q="{namespace}" q:HasExtendedXMP="0123"'))
    assert lost
    assert kept is not None
    assert b"0123" not in kept


def test_what_claims_nothing_stays_to_the_byte() -> None:
    panorama = "http://ns.google.com/photos/1.0/panorama/"
    for packet in (
        _packet(f'xmlns:dc="{_DC}" dc:format="image/png"'),
        _packet(f'xmlns:hdrgm="{_HDR}"'),  # bound, and not used
        _packet(f'xmlns:GPano="{panorama}" GPano:ProjectionType="equirectangular"'),
        b"no XML at all",
        b"",
    ):
        assert remove_references(packet) == (packet, False)


def test_what_is_no_xml_goes_as_a_whole() -> None:
    broken = _PHONE.replace(b"</rdf:RDF>", b"")
    assert remove_references(broken) == (None, True)


@pytest.mark.parametrize("quote", [b'"', b"'"])
def test_an_empty_namespace_claims_nothing(quote: bytes) -> None:
    packet = b"<x:xmpmeta xmlns:x='adobe:ns:meta/' xmlns:a=" + 2 * quote + b"/>"
    assert remove_references(packet) == (packet, False)


@given(st.integers(0, len(_PHONE)), st.integers(0, 60), st.binary(max_size=8))
def test_damage_leaves_xml_without_claims_or_nothing(at: int, count: int, put: bytes) -> None:
    kept, lost = remove_references(_PHONE[:at] + put + _PHONE[at + count :])
    if lost and kept is not None:
        # A name whose prefix was damaged belongs to no namespace that claims anything
        names = [name for node in ET.fromstring(kept).iter() for name in (node.tag, *node.attrib)]
        assert not any(name.startswith("{http://ns.google.com/photos/1.0/") for name in names)


@pytest.mark.parametrize("name", ["b.jpg", "b.png", "b.webp", "b.tif", "b.avif", "b.heic"])
@pytest.mark.parametrize("source", ["a.jpg", "a.png", "a.webp", "a.tif"])
def test_a_motion_photo_becomes_a_photo(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, source: str, name: str
) -> None:
    image = Image.fromarray(np.full((16, 16, 3), 99, np.uint8))
    if source == "a.png":
        from PIL.PngImagePlugin import PngInfo

        info = PngInfo()
        info.add_itxt("XML:com.adobe.xmp", _PHONE.decode())
        image.save(tmp_path / source, pnginfo=info)
    elif source == "a.tif":
        image.save(tmp_path / source, tiffinfo={700: _PHONE})
    else:
        image.save(tmp_path / source, xmp=_PHONE)
    with (tmp_path / source).open("ab") as file:
        file.write(b"\0\0\0\x18ftypmp42" + bytes(100) if source == "a.jpg" else b"")
    write(read(tmp_path / source), tmp_path / name)
    data = (tmp_path / name).read_bytes()
    assert b"MotionPhoto" not in data
    assert b"A title" in data
    assert caplog.text.count("gain map") == 1
