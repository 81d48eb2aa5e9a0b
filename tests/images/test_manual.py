"""Each cell of the manual's table, tried."""

from pathlib import Path

import pytest
import torch

from blindsr import images
from blindsr.images import Metadata, Picture

_MANUAL = Path(__file__).parents[2] / "docs" / "manual.md"
_EXIF = b"II*\0\x08\0\0\0\x01\0\x0f\x01\x02\0\x04\0\0\0abc\0\0\0\0\0"


def _cells() -> list[tuple[str, str, str]]:
    """Format, property, and what the manual says of them."""
    first = _MANUAL.read_text(encoding="utf-8").split("\n## ")[0]
    lines = [line.strip("| \n") for line in first.splitlines() if line.startswith("|")]
    rows = [[cell.strip() for cell in line.split("|")] for line in lines if "---" not in line]
    header, *body = rows
    return [(row[0], name, said) for row in body for name, said in zip(header, row[1:], strict=True)]


CELLS = _cells()
_DEPTHS = {"16 bit": 16, "float": 32}


def _profile() -> bytes:
    from PIL import ImageCms

    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def _written(form: str, picture: Picture, tmp_path: Path) -> Picture:
    path = tmp_path / f"a.{form.lower()}"
    images.write(picture, path, quality=100)
    return images.read(path)


def _pixels() -> torch.Tensor:
    return torch.rand(3, 16, 16, generator=torch.Generator().manual_seed(0))


def test_the_table_is_whole() -> None:
    assert {form for form, _, _ in CELLS} == {"PNG", "TIFF", "JPEG", "WebP", "AVIF", "HEIC", "BMP", "PPM", "GIF"}
    assert len(CELLS) == 9 * 8


@pytest.mark.parametrize(("form", "name", "said"), CELLS, ids=lambda value: value.replace(" ", ""))
def test_it_is_as_the_manual_says(form: str, name: str, said: str, tmp_path: Path) -> None:
    if name in _DEPTHS:
        back = _written(form, Picture(_pixels(), metadata=Metadata(bits=_DEPTHS[name])), tmp_path)
        assert back.metadata.bits == {"kept": _DEPTHS[name], "16 bit": 16, "8 bit": 8}[said]
    elif name == "gray":
        gray = _pixels()[:1].expand(3, -1, -1).contiguous()
        back = _written(form, Picture(gray, metadata=Metadata(gray=True)), tmp_path)
        assert back.metadata.gray == {"kept": True, "as RGB": False}[said]
    elif name == "alpha":
        alpha = torch.zeros(1, 16, 16)
        alpha[:, :, 8:] = 1
        back = _written(form, Picture(torch.zeros(3, 16, 16), alpha), tmp_path)
        if said == "kept":
            assert back.alpha is not None
            torch.testing.assert_close(back.alpha, alpha, atol=0.02, rtol=0)
        else:
            assert back.alpha is None
            assert float(back.pixels[:, :, :6].min()) > 0.95  # on white
    else:
        metadata = Metadata(icc=_profile(), exif=_EXIF, xmp=b"<x:xmpmeta/>", dpi=(300.0, 200.0))
        kept = getattr(_written(form, Picture(_pixels(), metadata=metadata), tmp_path).metadata, name.lower())
        assert (kept is not None) == {"kept": True, "lost": False, "as sRGB": False}[said]
        if said == "kept" and name in ("ICC", "XMP"):
            assert kept == getattr(metadata, name.lower())
        if said == "kept" and name == "DPI":
            assert kept == pytest.approx((300, 200), rel=1e-3)
        if said == "kept" and name == "EXIF":
            assert b"abc" in kept
