"""HR crops of clean photographs."""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import partial
from itertools import accumulate
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from blindsr import images
from blindsr.errors import BlindSRError, Code
from blindsr.images.formats import READ
from blindsr.images.read import open_image
from blindsr.pixels import to_bytes

_log = logging.getLogger(__name__)
_NAMED = 3
"""Number of photographs that a warning names."""


@dataclass(frozen=True)
class Photos:
    """Decoded photographs in memory, from which training crops are cut."""

    names: tuple[str, ...]
    """File names, in the order of ``pixels``."""
    pixels: tuple[Tensor, ...]
    """RGB ``(3, h, w)`` uint8, of different sizes."""
    folders: tuple[str, ...] = ()
    """Names of the folders that were searched."""

    def __len__(self) -> int:
        return len(self.pixels)

    @classmethod
    def read(cls, folders: Iterable[str | Path], *, smallest: int = 1, exclude: Sequence[str] = ()) -> "Photos":
        """Decode all photographs in some folders; unusable files are skipped with a warning.

        Args:
            folders: searched recursively, in sorted order.
            smallest: smallest height and width, pixels.
            exclude: patterns of file names to skip, such as ``"holiday_*"``.

        Raises:
            BlindSRError: a folder is missing or contains no usable photographs.
        """
        searched = [Path(folder) for folder in folders]
        names, pixels, small = [], [], list[str]()
        for path in _files(searched):
            if any(fnmatch(path.name, pattern) for pattern in exclude):
                continue
            try:
                photo = _decode(path)
            except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, BlindSRError) as error:
                _log.warning("skipped %s: it cannot be read (%s)", path, error)
                continue
            if min(photo.shape[1:]) < smallest:
                small.append(f"{path} ({photo.shape[2]}x{photo.shape[1]})")
                continue
            names.append(path.name)
            pixels.append(photo)
        if small:
            more = f" and {len(small) - _NAMED} more" if len(small) > _NAMED else ""
            _log.warning("skipped photographs smaller than %d pixels: %s%s", smallest, ", ".join(small[:_NAMED]), more)
        if not pixels:
            raise BlindSRError(
                f"no photographs of at least {smallest}x{smallest} pixels found in the given folders", Code.NO_IMAGES
            )
        return cls(tuple(names), tuple(pixels), tuple(folder.resolve().name for folder in searched))

    def split(self, held_out: int) -> tuple["Photos", "Photos"]:
        """Split into photographs for training, and ``held_out`` evenly spaced ones for validation."""
        if not 0 <= held_out < len(self):
            raise BlindSRError(f"cannot hold out {held_out} of {len(self)} photographs and train on the rest")
        chosen = {(2 * i + 1) * len(self) // (2 * held_out) for i in range(held_out)}
        return self._take(i for i in range(len(self)) if i not in chosen), self._take(sorted(chosen))

    def crops(self, count: int, size: int, generator: torch.Generator) -> Tensor:
        """Cut random crops from random photographs, randomly flipped and transposed.

        Args:
            count: number of crops.
            size: side of a crop, pixels; at most that of the smallest photograph.
            generator: source of all random numbers, on the CPU.

        Returns:
            ``(count, 3, size, size)`` float32 in [0, 1].
        """
        crops = [self._crop(*place, size) for place in self._places(count, size, generator)]
        return torch.stack(crops).float() / 255

    def resident(self, device: torch.device) -> Callable[[int, int, torch.Generator], Tensor]:
        """Return a function like `crops` for a device; photographs are copied to the memory of an accelerator once.

        If they do not fit there, each batch of crops is copied instead.
        """
        if device.type == "cpu":
            return self.crops
        try:
            return partial(self._crops_of, _Resident.of(self.pixels, device))
        except torch.OutOfMemoryError:
            _log.warning("the photographs do not fit into the memory of %s; they stay in that of the CPU", device)
            return lambda count, size, generator: self.crops(count, size, generator).to(device)

    def _places(self, count: int, size: int, generator: torch.Generator) -> list[tuple[int, int, int, int]]:
        """Draw a photograph, a row, a column and one of eight orientations for each crop."""
        which = torch.randint(len(self), (count,), generator=generator).tolist()
        where = torch.rand(count, 2, generator=generator).tolist()
        turns = torch.randint(8, (count,), generator=generator).tolist()
        places = []
        for index, parts, turn in zip(which, where, turns, strict=True):
            y, x = (
                int(part * (room - size + 1)) for part, room in zip(parts, self.pixels[index].shape[1:], strict=True)
            )
            places.append((index, y, x, turn))
        return places

    def _crops_of(self, resident: "_Resident", count: int, size: int, generator: torch.Generator) -> Tensor:
        return resident.cut(torch.tensor(self._places(count, size, generator)), size).float() / 255

    def _crop(self, index: int, y: int, x: int, turn: int, size: int) -> Tensor:
        crop = self.pixels[index][:, y : y + size, x : x + size]
        flips = [axis for bit, axis in ((1, 1), (2, 2)) if turn & bit]
        crop = crop.flip(flips) if flips else crop
        return crop.transpose(1, 2) if turn & 4 else crop

    def _take(self, rows: Iterable[int]) -> "Photos":
        rows = list(rows)
        return Photos(tuple(self.names[i] for i in rows), tuple(self.pixels[i] for i in rows), self.folders)


@dataclass(frozen=True)
class _Resident:
    """Photographs concatenated to one array, so that a batch of crops is cut by a single indexing operation."""

    pixels: Tensor
    shapes: Tensor
    """Offset, height and width of each photograph, ``(n, 3)``, on the CPU."""

    @classmethod
    def of(cls, photos: Sequence[Tensor], device: torch.device) -> "_Resident":
        """Copy photographs ``(3, h, w)`` to a device."""
        ends = list(accumulate(photo.numel() for photo in photos))
        pixels = torch.empty(ends[-1], dtype=torch.uint8, device=device)
        for photo, end in zip(photos, ends, strict=True):
            pixels[end - photo.numel() : end] = photo.flatten()
        rows = [(end - p.numel(), *p.shape[1:]) for p, end in zip(photos, ends, strict=True)]
        return cls(pixels, torch.tensor(rows))

    def cut(self, places: Tensor, size: int) -> Tensor:
        """Cut crops ``(count, 3, size, size)`` by ``(count, 4)``: photograph, row, column, orientation."""
        starts, heights, widths = self.shapes[places[:, 0]].unbind(1)
        numbers = torch.stack((starts, heights * widths, widths, *places[:, 1:].unbind(1)))
        start, area, width, y, x, turn = numbers.to(self.pixels.device, non_blocking=True)[..., None, None]
        at = torch.arange(size, device=self.pixels.device)
        row, column = at[:, None].expand(size, size), at.expand(size, size)
        transposed = (turn & 4) > 0
        row, column = torch.where(transposed, column, row), torch.where(transposed, row, column)
        row = torch.where((turn & 1) > 0, size - 1 - row, row)
        column = torch.where((turn & 2) > 0, size - 1 - column, column)
        channel = torch.arange(3, device=self.pixels.device).view(1, 3, 1, 1)
        return self.pixels[(start + (y + row) * width + x + column)[:, None] + channel * area[:, None]]


def _files(folders: Iterable[Path]) -> list[Path]:
    found: list[Path] = []
    for folder in folders:
        if not folder.is_dir():
            raise BlindSRError(f"{folder} is not a folder", Code.FILE_NOT_FOUND)
        found += sorted(path for path in folder.rglob("*") if path.suffix.lower() in READ and path.is_file())
    return found


def _decode(path: Path) -> Tensor:
    with open_image(path) as (file, _), Image.open(file) as image:
        if image.mode.startswith(("I", "F")):  # more than 8 bits, which convert would clip instead of scaling
            return to_bytes(images.read(path).pixels)
        array = np.array(ImageOps.exif_transpose(image).convert("RGB"))
    return torch.from_numpy(array).permute(2, 0, 1).contiguous()
