"""EAN-13: the check digit, the bars, and a picture of them with quiet zones and digits."""

from __future__ import annotations

from PIL import Image, ImageDraw, ImageFont

# Widths of bar and space for each digit, left odd parity; the other two codes follow from it.
_ODD = [
    "0001101",
    "0011001",
    "0010011",
    "0111101",
    "0100011",
    "0110001",
    "0101111",
    "0111011",
    "0110111",
    "0001011",
]
# Which of the six left digits are written in even parity, told by the first digit.
_PARITY = [
    "OOOOOO",
    "OOEOEE",
    "OOEEOE",
    "OOEEEO",
    "OEOOEE",
    "OEEOOE",
    "OEEEOO",
    "OEOEOE",
    "OEOEEO",
    "OEEOEO",
]
QUIET_LEFT, QUIET_RIGHT, BARS = 11, 7, 95


def with_check_digit(twelve: str) -> str:
    """The 13-digit code for the first twelve digits."""
    total = sum(int(digit) * (3 if i % 2 else 1) for i, digit in enumerate(twelve))
    return twelve + str(-total % 10)


def modules(gtin: str) -> str:
    """The 95 modules of the symbol, "1" for a bar."""
    if len(gtin) != 13 or with_check_digit(gtin[:12]) != gtin:
        raise ValueError(f"{gtin}: not a GTIN-13 with a right check digit")

    def complement(code: str) -> str:
        return code.translate(str.maketrans("01", "10"))

    left = ""
    for digit, parity in zip(gtin[1:7], _PARITY[int(gtin[0])]):
        code = _ODD[int(digit)]
        left += code if parity == "O" else complement(code)[::-1]
    right = "".join(complement(_ODD[int(digit)]) for digit in gtin[7:])
    return "101" + left + "01010" + right + "101"


def picture(gtin: str, module_px: int, height_px: int, font_path: str) -> Image.Image:
    """Black on white; the bars start and end on whole pixels, so they stay sharp."""
    digits_px = 5 * module_px + 3
    width_px = (QUIET_LEFT + BARS + QUIET_RIGHT) * module_px
    image = Image.new("RGB", (width_px, height_px), "white")
    draw = ImageDraw.Draw(image)
    margin = 2 * module_px
    for i, bit in enumerate(modules(gtin)):
        guard = i < 3 or i > 91 or 45 <= i < 50
        bottom = height_px - digits_px + (digits_px // 2 if guard else 0) - margin // 2
        if bit == "1":
            x = (QUIET_LEFT + i) * module_px
            draw.rectangle((x, margin, x + module_px - 1, bottom), fill="black")
    font = ImageFont.truetype(font_path, digits_px)
    baseline = height_px - margin // 2 - 1

    def digits(text: str, centre_module: float) -> None:
        draw.text(
            ((QUIET_LEFT + centre_module) * module_px, baseline),
            text,
            font=font,
            fill="black",
            anchor="ms",
        )

    digits(gtin[0], -6)
    digits(gtin[1:7], 24)
    digits(gtin[7:], 71)
    return image
