"""Generates the images of the demo products: simple shapes in colours that depend on the name.

The same name always results in the same image, so loading the demo again writes no new files.
"""

from collections.abc import Callable
from functools import cache
from hashlib import sha256
from io import BytesIO
from unicodedata import normalize

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image, ImageDraw, ImageFont

LARGE = 800
SMALL = 400

_GRID = 1000
_LETTERS = str.maketrans({"−": "-", "–": "-", "ø": "o", "×": "x"})

Draw = ImageDraw.ImageDraw
Ink = tuple[str, str, str]
"""The colours of a shape: its main colour, a darker and a lighter one."""

_PALETTE = (
    ("#f3e9dc", ("#c08552", "#5e3023", "#fff8f0")),
    ("#e3eee7", ("#5f9e7f", "#244c3b", "#f4fbf7")),
    ("#e4ecf5", ("#5b84b1", "#22395b", "#f5f9ff")),
    ("#f6e3e3", ("#c86b6b", "#6b2737", "#fff5f5")),
    ("#f5efd6", ("#d9a441", "#6b4a12", "#fffbea")),
    ("#ece6f2", ("#8d79b5", "#3e2f5b", "#faf7ff")),
    ("#e6eeee", ("#5e9aa0", "#1f4a4f", "#f3fbfb")),
)
_COLOURS = {
    "red": ("#c44536", "#772e25", "#fff5f3"),
    "blue": ("#4a7fb5", "#1f3f66", "#f5f9ff"),
    "green": ("#5c9a6d", "#24503a", "#f4fbf6"),
    "sand": ("#d3b787", "#7d6238", "#fffaf0"),
    "grey": ("#8d9299", "#43474d", "#f8f9fa"),
    "black": ("#3a3a3c", "#1c1c1e", "#f2f2f2"),
    "white": ("#fdfcf9", "#b9b3a7", "#e6dfd2"),
    "yellow": ("#e5b93c", "#7d5d0c", "#fffbea"),
}


def write_image(name: str, motif: str, colour: str = "") -> tuple[str, str]:
    """Write the two files of an image unless they exist. Return their names."""
    key = sha256(f"{motif} {colour} {name}".encode()).hexdigest()[:32]
    large, small = (f"products/{key[:2]}/{key}-{size}.webp" for size in ("large", "small"))
    if not (default_storage.exists(large) and default_storage.exists(small)):
        picture = draw_image(name, motif, colour)
        reduced = picture.resize((SMALL, SMALL), Image.Resampling.BILINEAR)
        for path, image in ((large, picture), (small, reduced)):
            default_storage.delete(path)
            default_storage.save(path, ContentFile(_encode(image)))
    return large, small


def draw_image(name: str, motif: str, colour: str = "") -> Image.Image:
    """Draw a shape on a background, with the name of the product below it."""
    background, ink = _PALETTE[sha256(name.encode()).digest()[0] % len(_PALETTE)]
    ink = _COLOURS.get(colour.lower(), ink)
    picture = Image.new("RGB", (_GRID, _GRID), background)
    draw = ImageDraw.Draw(picture)
    draw.ellipse((140, 50, 860, 770), fill=ink[2])
    MOTIFS[motif](draw, ink)
    _write_name(draw, name, ink[1] if colour.lower() != "white" else "#5c574d")
    return picture.resize((LARGE, LARGE), Image.Resampling.BILINEAR)


def _write_name(draw: Draw, name: str, fill: str) -> None:
    title, _, rest = _plain(name).partition(", ")
    size = next(s for s in (72, 60, 50, 42, 34, 1) if _font(s).getlength(title) < _GRID - 80)
    draw.text((_GRID / 2, 870), title, fill=fill, font=_font(size), anchor="mm")
    draw.text((_GRID / 2, 945), rest[:48], fill=fill, font=_font(36), anchor="mm")


def _plain(name: str) -> str:
    """Convert a name to ASCII, which is what the built-in font supports."""
    return normalize("NFKD", name.translate(_LETTERS)).encode("ascii", "ignore").decode()


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _encode(picture: Image.Image) -> bytes:
    file = BytesIO()
    picture.save(file, "WEBP", quality=82, method=0)
    return file.getvalue()


def _pan(draw: Draw, ink: Ink) -> None:
    draw.rounded_rectangle((610, 395, 930, 455), 30, fill=ink[1])
    draw.ellipse((190, 180, 670, 660), fill=ink[1])
    draw.ellipse((225, 215, 635, 625), fill=ink[0])


def _plate(draw: Draw, ink: Ink) -> None:
    draw.ellipse((220, 130, 780, 690), fill=ink[1])
    draw.ellipse((238, 148, 762, 672), fill=ink[0])
    draw.ellipse((330, 240, 670, 580), outline=ink[1], width=10)


def _box(draw: Draw, ink: Ink) -> None:
    draw.rectangle((260, 300, 740, 690), fill=ink[0])
    draw.polygon([(260, 300), (340, 200), (660, 200), (740, 300)], fill=ink[1])
    draw.rectangle((455, 200, 545, 420), fill=ink[2])


def _knife(draw: Draw, ink: Ink) -> None:
    draw.polygon([(180, 400), (600, 330), (600, 470), (300, 470)], fill=ink[0])
    draw.rounded_rectangle((600, 325, 840, 425), 40, fill=ink[1])
    for x in (670, 760):
        draw.ellipse((x - 12, 363, x + 12, 387), fill=ink[2])


def _cup(draw: Draw, ink: Ink) -> None:
    draw.ellipse((600, 350, 800, 560), outline=ink[1], width=45)
    draw.rounded_rectangle((270, 300, 680, 660), 90, fill=ink[0])
    draw.ellipse((270, 260, 680, 350), fill=ink[1])
    draw.rounded_rectangle((200, 680, 760, 720), 20, fill=ink[1])


def _leaf(draw: Draw, ink: Ink) -> None:
    draw.rounded_rectangle((300, 200, 700, 700), 40, fill=ink[0])
    draw.rectangle((300, 200, 700, 280), fill=ink[1])
    draw.ellipse((380, 380, 620, 620), fill=ink[2])
    draw.chord((420, 420, 580, 580), 135, 315, fill=ink[1])


def _candle(draw: Draw, ink: Ink) -> None:
    draw.rounded_rectangle((400, 340, 600, 700), 20, fill=ink[0])
    draw.line((500, 350, 500, 280), fill=ink[1], width=12)
    draw.ellipse((455, 150, 545, 300), fill="#f2b84b")
    draw.rounded_rectangle((300, 690, 700, 740), 25, fill=ink[1])


def _frame(draw: Draw, ink: Ink) -> None:
    draw.rectangle((260, 180, 740, 700), fill=ink[1])
    draw.rectangle((310, 230, 690, 650), fill=ink[2])
    draw.polygon([(310, 650), (450, 420), (540, 540), (610, 460), (690, 650)], fill=ink[0])


def _blanket(draw: Draw, ink: Ink) -> None:
    draw.rounded_rectangle((220, 260, 780, 680), 40, fill=ink[0])
    for x in range(300, 780, 120):
        draw.line((x, 260, x, 680), fill=ink[1], width=18)
    for y in range(330, 680, 120):
        draw.line((220, y, 780, y), fill=ink[2], width=14)


def _book(draw: Draw, ink: Ink) -> None:
    draw.rounded_rectangle((300, 170, 720, 700), 24, fill=ink[0])
    draw.rectangle((300, 170, 370, 700), fill=ink[1])
    draw.rounded_rectangle((430, 260, 660, 350), 12, fill=ink[2])


def _pen(draw: Draw, ink: Ink) -> None:
    draw.polygon([(280, 640), (360, 560), (410, 610), (260, 680)], fill=ink[1])
    draw.line((380, 590, 700, 270), fill=ink[0], width=80)
    draw.line((640, 330, 720, 250), fill=ink[1], width=80)


def _lamp(draw: Draw, ink: Ink) -> None:
    draw.line((500, 420, 500, 690), fill=ink[1], width=24)
    draw.polygon([(380, 200), (620, 200), (740, 440), (260, 440)], fill=ink[0])
    draw.rounded_rectangle((360, 680, 640, 730), 25, fill=ink[1])


def _hills(draw: Draw, ink: Ink) -> None:
    draw.ellipse((600, 170, 740, 310), fill="#f2b84b")
    draw.polygon([(150, 700), (420, 250), (640, 700)], fill=ink[1])
    draw.polygon([(420, 250), (372, 330), (420, 312), (459, 330)], fill=ink[2])
    draw.polygon([(400, 700), (620, 390), (850, 700)], fill=ink[0])


def _bottle(draw: Draw, ink: Ink) -> None:
    draw.rounded_rectangle((440, 140, 560, 240), 20, fill=ink[1])
    draw.rounded_rectangle((370, 220, 630, 720), 80, fill=ink[0])
    draw.rounded_rectangle((370, 420, 630, 540), 0, fill=ink[1])


def _shirt(draw: Draw, ink: Ink) -> None:
    body = [(360, 220), (640, 220), (820, 360), (730, 460), (660, 400), (660, 710)]
    draw.polygon([*body, (340, 710), (340, 400), (270, 460), (180, 360)], fill=ink[0])
    draw.chord((420, 150, 580, 300), 0, 180, fill=ink[1])


def _bag(draw: Draw, ink: Ink) -> None:
    draw.arc((380, 170, 620, 500), 180, 360, fill=ink[1], width=36)
    draw.rounded_rectangle((270, 340, 730, 710), 30, fill=ink[0])
    draw.ellipse((440, 460, 560, 580), fill=ink[2])


def _hammer(draw: Draw, ink: Ink) -> None:
    draw.line((500, 300, 500, 710), fill=ink[0], width=64)
    draw.rounded_rectangle((300, 200, 640, 330), 20, fill=ink[1])
    draw.polygon([(640, 200), (760, 250), (640, 330)], fill=ink[1])


def _record(draw: Draw, ink: Ink) -> None:
    draw.ellipse((230, 150, 770, 690), fill=ink[1])
    for inset in (60, 110, 160):
        box = (230 + inset, 150 + inset, 770 - inset, 690 - inset)
        draw.ellipse(box, outline=ink[0], width=6)
    draw.ellipse((410, 330, 590, 510), fill=ink[0])
    draw.ellipse((485, 405, 515, 435), fill=ink[2])


MOTIFS: dict[str, Callable[[Draw, Ink], None]] = {
    "pan": _pan,
    "plate": _plate,
    "box": _box,
    "knife": _knife,
    "cup": _cup,
    "leaf": _leaf,
    "candle": _candle,
    "frame": _frame,
    "blanket": _blanket,
    "book": _book,
    "pen": _pen,
    "lamp": _lamp,
    "hills": _hills,
    "bottle": _bottle,
    "shirt": _shirt,
    "bag": _bag,
    "hammer": _hammer,
    "record": _record,
}
