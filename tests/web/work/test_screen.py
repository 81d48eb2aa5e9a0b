from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pyvips
import tifffile
from PIL import Image, ImageCms

from blindsr.errors import BlindSRError, Code
from blindsr.web.work import screen

Photograph = Callable[..., bytes]


def as_array(path: Path) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
    return np.asarray(pyvips.Image.new_from_file(str(path)).numpy())


@pytest.mark.parametrize("bits", [8, 16, 32])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_samples_of_every_depth_look_alike(bits: int, channels: int, tmp_path: Path) -> None:
    values = np.random.default_rng(0).integers(0, 256, (40, 50, channels)).astype(np.uint8)
    deep: Any = {8: values, 16: values.astype(np.uint16) * 257, 32: values.astype(np.float32) / 255}[bits]
    path = tmp_path / "a.tif"
    photometric = "minisblack" if channels == 1 else "rgb"
    extra: Any = {"extrasamples": ["unassalpha"]} if channels == 4 else {}
    tifffile.imwrite(path, deep[..., 0] if channels == 1 else deep, photometric=photometric, **extra)
    shown = screen.to_display(path)
    assert shown.format == "uchar"
    found = np.asarray(shown.numpy()).reshape(40, 50, -1)
    assert found.shape[2] == channels
    assert np.abs(found.astype(int) - values).max() <= 1
    assert screen.thumbnail(path, tmp_path, "small", 20).suffix == (".png" if channels == 4 else ".jpg")


def test_colours_of_another_profile_are_converted(tmp_path: Path) -> None:
    path, plain = tmp_path / "a.png", tmp_path / "b.png"
    image = Image.new("RGB", (20, 20), (200, 100, 50))
    swapped = pyvips.Image.new_from_array(np.asarray(image)).icc_export(output_profile="p3").get("icc-profile-data")
    image.save(path, icc_profile=bytes(swapped))
    image.save(plain, icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    assert np.abs(np.asarray(screen.to_display(plain).numpy()).astype(int)[0, 0] - (200, 100, 50)).max() <= 1
    assert np.asarray(screen.to_display(path).numpy())[0, 0][0] > 205


def test_only_small_previews_of_photographs_larger_than_allowed(photograph: Photograph, tmp_path: Path) -> None:
    for kind, name in (("PNG", "a.png"), ("JPEG", "a.jpg"), ("BMP", "a.bmp"), ("GIF", "a.gif"), ("PPM", "a.ppm")):
        path = tmp_path / name
        path.write_bytes(photograph(300, 200, kind=kind))
        assert screen.inspect(path, 60_000)["width"] == 300
        with pytest.raises(BlindSRError, check=Code.TOO_LARGE.matches):
            screen.inspect(path, 59_999)


def test_the_small_version_of_an_animation_is_its_middle(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (30, 20), colour) for colour in ("red", "lime", "blue")]
    path = tmp_path / "a.gif"
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=100)
    assert screen.inspect(path, 10**4) == {"width": 30, "height": 20, "format": "gif", "frames": 3}
    colour = as_array(screen.thumbnail(path, tmp_path, "small", 64))[5, 5, :3].astype(int)
    assert np.abs(colour - (0, 255, 0)).max() <= 3
    with pytest.raises(BlindSRError, check=Code.TOO_LARGE.matches):
        screen.inspect(path, 1799)


def test_tiles_hold_the_image(photograph: Photograph, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(photograph(1100, 40))
    about = screen.tiles(path, tmp_path / "tiles")
    last = tmp_path / "tiles" / str(about["max_level"])
    widths = [as_array(last / f"{column}_0.jpg").shape[1] for column in range(3)]
    assert widths == [511, 512, 1100 - 2 * 510 + 1]
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.png", "tiles"]
