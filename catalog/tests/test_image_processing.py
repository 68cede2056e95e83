"""Processing of uploaded images."""

import struct
from base64 import b64decode
from io import BytesIO

import pytest
from PIL import Image, ImageCms

from catalog.images.errors import ImageInvalid, ImageTooLarge
from catalog.images.processing import process_image
from catalog.tests.exchange import FILES
from catalog.tests.uploads import announcing, picture
from shop.testing.marks import on_one_database

pytestmark = on_one_database


def drawn(content):
    """Return the large and the small size."""
    files = process_image(BytesIO(content)).files
    return [Image.open(BytesIO(files[n])) for n in (0, 2)]


@pytest.mark.parametrize(
    ("size", "large", "small"),
    [
        ((3200, 1600), (1600, 800), (400, 200)),
        ((800, 1000), (800, 1000), (320, 400)),
        ((300, 200), (300, 200), (300, 200)),
        ((1, 1), (1, 1), (1, 1)),
        ((5000, 1), (1600, 1), (400, 1)),
    ],
)
def test_an_image_is_reduced_to_two_sizes_but_never_enlarged(size, large, small):
    made = drawn(picture(size=size))
    assert [image.format for image in made] == ["WEBP", "WEBP"]
    assert [image.size for image in made] == [large, small]


@pytest.mark.parametrize(
    ("kind", "mode", "color", "shown"),
    [
        ("JPEG", "RGB", (200, 30, 40), (200, 30, 40)),
        ("JPEG", "L", 120, (120, 120, 120)),
        ("JPEG", "CMYK", (0, 255, 255, 0), (255, 0, 0)),
        ("PNG", "RGBA", (200, 30, 40, 128), (200, 30, 40, 128)),
        ("PNG", "LA", (120, 255), (120, 120, 120)),
        ("PNG", "I;16", 120 * 256, (120, 120, 120)),
        ("PNG", "1", 1, (255, 255, 255)),
        ("PNG", "P", 0, (0, 0, 0)),
        ("GIF", "P", 0, (0, 0, 0)),
        ("WEBP", "RGB", (200, 30, 40), (200, 30, 40)),
    ],
)
def test_every_mode_keeps_its_colours(kind, mode, color, shown):
    for image in drawn(picture(kind, mode=mode, color=color)):
        pixel = image.convert("RGBA" if len(shown) == 4 else "RGB").getpixel((3, 3))
        assert all(abs(a - b) <= 8 for a, b in zip(pixel, shown, strict=True)), pixel


def test_a_palette_keeps_its_transparency():
    large, _ = drawn(picture("PNG", mode="P", color=0, transparency=0))
    assert large.mode == "RGBA"
    assert large.getpixel((3, 3))[3] == 0


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_the_first_frame_of_an_animation_is_used(kind):
    frames = [Image.new("RGB", (9, 9), color) for color in ("red", "blue", "lime")]
    written = BytesIO()
    frames[0].save(written, kind, save_all=True, append_images=frames[1:], duration=50)
    for image in drawn(written.getvalue()):
        assert getattr(image, "n_frames", 1) == 1
        red, green, blue = image.convert("RGB").getpixel((4, 4))
        assert (red > 200, max(green, blue) < 50) == (True, True)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_an_image_is_rotated_as_exif_says(orientation):
    upright = Image.new("RGB", (60, 40), "white")
    upright.paste("red", (0, 0, 30, 20))
    exif = Image.Exif()
    exif[0x0112] = orientation
    # What the camera stores, so that turned as EXIF says it is upright.
    stored = {
        1: lambda image: image,
        2: lambda image: image.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        3: lambda image: image.transpose(Image.Transpose.ROTATE_180),
        4: lambda image: image.transpose(Image.Transpose.FLIP_TOP_BOTTOM),
        5: lambda image: image.transpose(Image.Transpose.TRANSPOSE),
        6: lambda image: image.transpose(Image.Transpose.ROTATE_90),
        7: lambda image: image.transpose(Image.Transpose.TRANSVERSE),
        8: lambda image: image.transpose(Image.Transpose.ROTATE_270),
    }[orientation](upright)
    written = BytesIO()
    stored.save(written, "JPEG", exif=exif, quality=95)
    for image in drawn(written.getvalue()):
        assert image.size == (60, 40)
        assert image.getpixel((10, 8))[1] < 80
        assert all(image.getpixel(at)[1] > 180 for at in ((50, 8), (10, 32), (50, 32)))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_metadata_is_removed(kind):
    exif = Image.Exif()
    exif[0x010E] = "ada at home"
    exif.get_ifd(0x8825)[2] = (48.0, 51.0, 29.0)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    content = picture(kind, exif=exif, icc_profile=profile)
    assert b"ada at home" in content
    for made in process_image(BytesIO(content)).files:
        assert b"ada at home" not in made
        image = Image.open(BytesIO(made))
        assert (dict(image.getexif()), dict(image.getexif().get_ifd(0x8825))) == ({}, {})
        assert not {"exif", "xmp", "icc_profile"} & image.info.keys()


def test_an_unsuitable_colour_profile_is_ignored():
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ")).tobytes()
    assert drawn(picture("PNG", icc_profile=profile))[0].size == (8, 6)
    assert drawn(picture("PNG", icc_profile=b"no profile"))[0].size == (8, 6)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"#!/bin/sh\nrm -rf /\n",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"\x89PNG\r\n\x1a\n",
        b"GIF89a",
        picture("BMP"),
        picture("TIFF"),
        *(picture(kind, size=(200, 200))[:-60] for kind in ("PNG", "WEBP")),
    ],
)
def test_other_files_and_damaged_images_are_rejected(content):
    with pytest.raises(ImageInvalid):
        process_image(BytesIO(content))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP"])
def test_the_beginning_of_an_image_is_rejected(kind):
    with pytest.raises(ImageInvalid):
        process_image(BytesIO(picture(kind, size=(2000, 2000))[:700]))


@pytest.mark.parametrize("size", [(50_000, 50_000), (10_001, 5_000), (1_000_000, 41)])
def test_too_many_pixels_are_rejected_before_decoding(size):
    with pytest.raises(ImageTooLarge):
        process_image(BytesIO(announcing(*size)))


def test_the_maximum_number_of_pixels_is_accepted():
    with pytest.raises(ImageInvalid):  # the rest of the file is missing
        process_image(BytesIO(announcing(10_000, 5_000)))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "AVIF"])
def test_an_image_has_four_sizes_and_what_pages_need_before_them(kind):
    made = process_image(BytesIO(picture(kind, size=(3200, 1600), color=(200, 30, 40))))
    sizes = [Image.open(BytesIO(content)).size for content in made.files]
    assert sizes == [(1600, 800), (800, 400), (400, 200), (200, 100)]
    assert (made.width, made.height) == (1600, 800)
    start = "data:image/webp;base64,"
    assert made.placeholder.startswith(start)
    assert len(made.placeholder) < 500
    shown = Image.open(BytesIO(b64decode(made.placeholder.removeprefix(start))))
    assert shown.size == (16, 8)
    color = shown.convert("RGB").getpixel((8, 4))
    assert all(abs(a - b) <= 8 for a, b in zip(color, (200, 30, 40), strict=True))


# upright.heic is white, red above on the left; turned.heic has the same pixels and the orientation
# 6 of EXIF. Both name a camera and a place.
@pytest.mark.parametrize(
    ("name", "size", "red"), [("upright", (128, 64), (3, 3)), ("turned", (64, 128), (60, 3))]
)
def test_a_heic_photo_is_upright_and_has_no_metadata(name, size, red):
    content = (FILES / f"{name}.heic").read_bytes()
    assert b"SecretCamera" in content
    made = process_image(BytesIO(content))
    assert (made.width, made.height) == size
    for file in made.files:
        assert b"SecretCamera" not in file
        image = Image.open(BytesIO(file))
        assert not dict(image.getexif())
    large = Image.open(BytesIO(made.files[0]))
    assert large.size == size
    assert large.getpixel(red)[1] < 60
    assert min(large.getpixel((size[0] - red[0], red[1]))) > 200


def test_the_size_in_a_heic_file_is_checked_before_it_is_decoded():
    content = (FILES / "upright.heic").read_bytes()
    assert content.count(b"ispe") == 1
    at = content.index(b"ispe") + 8
    changed = content[:at] + struct.pack(">II", 30_000, 3_000) + content[at + 8 :]
    with pytest.raises(ImageTooLarge):
        process_image(BytesIO(changed))


@pytest.mark.parametrize("length", [12, 100, 600])
def test_a_cut_heic_file_is_damaged(length):
    with pytest.raises(ImageInvalid):
        process_image(BytesIO((FILES / "upright.heic").read_bytes()[:length]))
