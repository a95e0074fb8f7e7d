"""One picture: opened with care, turned upright, made smaller, written anew without anything but its pixels.

Runs in a thread; no settings, no database. What does not live here: where files stand (folder.py), who sent them.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from PIL import Image, ImageOps, UnidentifiedImageError

from ccengine.ports import MediaRefused

#: The only decoders that strangers' bytes ever meet.
_DECODERS = ("JPEG", "PNG", "WEBP")
_ORIGINAL_TIME, _TIME, _GPS = 36867, 306, 34853
_EXIF = 34665
_QUALITY, _THUMBNAIL_QUALITY = 85, 72


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo:
    """A re-encoded picture and what the first one said of itself."""

    picture: bytes
    thumbnail: bytes
    width: int
    height: int
    exif_at: datetime | None
    exif_place: tuple[float, float] | None


def re_encode(
    content: bytes, zone: ZoneInfo, *, max_pixels: int, longest: int, thumbnail: int, keep_png: bool = False
) -> Photo:
    """Return the picture as we keep it: JPEG (a signature stays PNG), upright, no metadata at all.

    Raises MediaRefused: too_many_pixels (judged by the header, before anything is unpacked) or broken.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # judged by our own limit, two lines below
            image = Image.open(io.BytesIO(content), formats=_DECODERS)
        if image.width * image.height > max_pixels:
            raise MediaRefused("too_many_pixels", f"{image.width} x {image.height}")
        exif_at, exif_place = _said(image, zone)
        image.draft("RGB", (longest, longest))  # a JPEG is unpacked near the size that we want, not at its own
        upright = ImageOps.exif_transpose(image)
        upright.thumbnail((longest, longest), Image.Resampling.LANCZOS)
        picture = (
            upright.convert("L" if keep_png else "RGB") if upright.mode not in ("RGBA", "LA", "P") else _flat(upright)
        )
        small = picture.copy()
        small.thumbnail((thumbnail, thumbnail), Image.Resampling.LANCZOS)
    except Image.DecompressionBombError as error:  # Pillow's own limit, far above ours
        raise MediaRefused("too_many_pixels", str(error)[:200]) from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError) as error:
        raise MediaRefused("broken", str(error)[:200]) from error
    return Photo(
        picture=_bytes(picture, "PNG" if keep_png else "JPEG", _QUALITY),
        thumbnail=_bytes(small.convert("RGB"), "JPEG", _THUMBNAIL_QUALITY),
        width=picture.width,
        height=picture.height,
        exif_at=exif_at,
        exif_place=exif_place,
    )


def _flat(image: Image.Image) -> Image.Image:
    """Return a picture with see-through parts on white, as it would be printed."""
    clear = image.convert("RGBA")
    white = Image.new("RGBA", clear.size, (255, 255, 255, 255))
    return Image.alpha_composite(white, clear).convert("RGB")


def _bytes(image: Image.Image, kind: str, quality: int) -> bytes:
    out = io.BytesIO()
    image.info.clear()  # comments, profiles and the like would be written again
    if kind == "PNG":
        image.save(out, "PNG", optimize=True)
    else:
        image.save(out, "JPEG", quality=quality, optimize=True, progressive=True)
    return out.getvalue()


def _said(image: Image.Image, zone: ZoneInfo) -> tuple[datetime | None, tuple[float, float] | None]:
    """Return time and place of the picture's metadata; whatever is odd there counts as not said."""
    try:
        exif = image.getexif()
        text = exif.get_ifd(_EXIF).get(_ORIGINAL_TIME) or exif.get(_TIME)
        place = exif.get_ifd(_GPS)
    except Exception:  # noqa: BLE001 - strangers' metadata, a format of its own full of traps: it is worth no photo
        return None, None
    return _moment(text, zone), _degrees(place)


def _moment(text: object, zone: ZoneInfo) -> datetime | None:
    try:
        moment = datetime.strptime(str(text).strip("\x00 "), "%Y:%m:%d %H:%M:%S").replace(tzinfo=zone)
    except ValueError:
        return None
    return moment if 1990 <= moment.year <= 2200 else None


def _degrees(place: dict[int, object]) -> tuple[float, float] | None:
    try:
        latitude = _angle(place[2]) * (-1 if str(place.get(1, "N")).upper().startswith("S") else 1)
        longitude = _angle(place[4]) * (-1 if str(place.get(3, "E")).upper().startswith("W") else 1)
    except (KeyError, TypeError, ValueError, ZeroDivisionError, IndexError):
        return None
    inside = -90 <= latitude <= 90 and -180 <= longitude <= 180
    return (round(latitude, 6), round(longitude, 6)) if inside else None


def _angle(parts: object) -> float:
    degrees, minutes, seconds = (float(part) for part in parts)  # type: ignore[attr-defined]
    return degrees + minutes / 60 + seconds / 3600
