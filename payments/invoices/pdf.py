"""A document as PDF, on A4, rendered only from its content.

The same content gives the same bytes with the same release of the shop and of fpdf2. Labels are in
the language of the document.
"""

from pathlib import Path

from django.conf import settings
from django.utils import translation
from fpdf import FPDF
from fpdf.enums import Align, TableBordersLayout, VAlign, XPos, YPos
from fpdf.fonts import FontFace, TTFFont

from payments.invoices.wording import Row, Wording
from payments.models import Invoice

_FONTS = Path(__file__).parent / "fonts"
_FONT, _OTHER_FONT = "DejaVu", "Other"
# Millimetres and points.
_MARGIN, _WIDTH, _COLUMN = 20, 170, 85
_SMALL, _NORMAL, _LARGE = 7.5, 9, 15
_BLACK, _GREY, _LINE_GREY = 0, 90, 180
_HEADINGS = FontFace(emphasis="BOLD", fill_color=(238, 238, 238))
_SQUARE = "\N{WHITE SQUARE}"
_L, _R = Align.L, Align.R


def render_pdf(document: Invoice) -> bytes:
    """Return a document as PDF. It takes about a tenth of a second."""
    with translation.override(document.content["language"]):
        page = _Document(Wording(document.content))
        page.set_creation_date(document.issued_at)
        page.write_document()
        return bytes(page.output())


class _Document(FPDF):
    """Writes the parts of a document one below the other."""

    def __init__(self, wording: Wording) -> None:
        super().__init__(format="A4")
        self.wording = wording
        content = wording.content
        self.set_margins(_MARGIN, 18, _MARGIN)
        self.set_auto_page_break(auto=True, margin=38)
        self.add_font(_FONT, "", _FONTS / "DejaVuSansCondensed.ttf")
        self.add_font(_FONT, "B", _FONTS / "DejaVuSansCondensed-Bold.ttf")
        if settings.INVOICE_FONT:
            self.add_font(_OTHER_FONT, "", settings.INVOICE_FONT)
            self.set_fallback_fonts([_OTHER_FONT], exact_match=False)
        self.set_draw_color(_LINE_GREY)
        self.set_title(wording.title)
        self.set_author(content["seller"]["name"])
        self.set_lang(content["language"])

    def header(self) -> None:
        """Write the seller's name; on later pages also what document this is."""
        self._use(_NORMAL + 2, bold=True)
        self.cell(_WIDTH / 2, 6, self.wording.content["seller"]["name"])
        if self.page_no() > 1:
            self._use(_SMALL, grey=_GREY)
            self.cell(_WIDTH / 2, 6, self.wording.title, align=_R)
        self.ln(10)

    def footer(self) -> None:
        """Write who sells, in columns, and the number of the page."""
        self.set_xy(_MARGIN, -34)
        self.line(_MARGIN, self.get_y(), _MARGIN + _WIDTH, self.get_y())
        self._use(_SMALL, grey=_GREY)
        top, columns = self.get_y() + 2, self.wording.seller_columns()
        for number, lines in enumerate(columns):
            self.set_xy(_MARGIN + number * _WIDTH / 3, top)
            self.multi_cell(_WIDTH / 3 - 4, 3.4, "\n".join(lines), align=_L)
        # Not aligned to the right: FPDF writes the number of pages afterwards.
        self.set_xy(_MARGIN + _WIDTH - 22, -12)
        self.cell(22, 4, self.wording.page(self.page_no(), "{nb}"))

    def write_document(self) -> None:
        """Write everything from the address to the remarks."""
        self.add_page()
        self._write_head()
        self._use(_LARGE, bold=True)
        self._paragraph(self.wording.title, 9)
        self.ln(2)
        self._write_items()
        self._write_totals()
        self._write_taxes()
        self._use()
        for text in self.wording.remarks():
            self._paragraph(text, 4.6)

    def normalize_text(self, text: str) -> str:
        """Write a square for each character that no font has. It would be missing otherwise."""
        fonts = [font.cmap for font in self.fonts.values() if isinstance(font, TTFFont)]

        def shown(character: str) -> str:
            is_known = character.isspace() or any(ord(character) in font for font in fonts)
            return character if is_known else _SQUARE

        return super().normalize_text("".join(map(shown, text)))

    def _use(self, size: float = _NORMAL, *, bold: bool = False, grey: int = _BLACK) -> None:
        self.set_font(_FONT, "B" if bold else "", size)
        self.set_text_color(grey)

    def _paragraph(self, text: str, height: float, width: float = _WIDTH) -> None:
        self.multi_cell(width, height, text, align=_L, new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def _write_head(self) -> None:
        """Write the buyer on the left, where an envelope has its window, and facts on its right."""
        content = self.wording.content
        seller, buyer = content["seller"], content["buyer"]
        self.set_xy(_MARGIN, 45)
        self._use(6.5, grey=_GREY)
        self._paragraph(" · ".join([seller["name"], *seller["address"]]), 3, _COLUMN)
        self.ln(1.5)
        self._use(_NORMAL + 1)
        self._paragraph("\n".join(buyer["address"]), 4.8, _COLUMN)
        if buyer["shipping_address"]:
            self.ln(2)
            self._use(_SMALL, grey=_GREY)
            lines = [self.wording.shipping_heading(), *buyer["shipping_address"]]
            self._paragraph("\n".join(lines), 3.6, _COLUMN)
        bottom = self.get_y()
        self.set_y(45)
        for row in self.wording.facts():
            self._write_fact(row)
        self.set_xy(_MARGIN, max(bottom, self.get_y(), 85) + 8)

    def _write_fact(self, row: Row) -> None:
        self.set_x(_MARGIN + 95)
        self._use(grey=_GREY)
        self.cell(32, 5, row.label)
        self._use()
        self.multi_cell(43, 5, row.value, align=_R, new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def _write_items(self) -> None:
        """Write the items as a table, whose header is repeated on each page."""
        items = self.wording.content["items"]
        if not items:
            return
        self._use()
        with self.table(
            col_widths=(8, 78, 16, 24, 16, 28),
            text_align=(_L, _L, _R, _R, _R, _R),
            headings_style=_HEADINGS,
            borders_layout=TableBordersLayout.HORIZONTAL_LINES,
            line_height=4.4,
            padding=(1.2, 1, 1.2, 1),
            v_align=VAlign.T,
        ) as table:
            table.row(self.wording.item_headings())
            for number, item in enumerate(items, 1):
                table.row(self.wording.item(number, item))
        self.ln(3)

    def _write_totals(self) -> None:
        """Write the rows below the items, on one page if they fit."""
        rows = list(self.wording.totals())
        self._keep_together(len(rows) * 6)
        for row in rows:
            self._use(_NORMAL + row.is_total, bold=row.is_total)
            if row.is_total:
                self.line(_MARGIN + 80, self.get_y(), _MARGIN + _WIDTH, self.get_y())
            self.set_x(_MARGIN + 80)
            top = self.get_y()
            self.multi_cell(60, 6, row.label, align=_L, new_x=XPos.RIGHT, new_y=YPos.NEXT)
            bottom = self.get_y()
            self.set_xy(_MARGIN + 140, top)
            self.cell(30, 6, row.value, align=_R)
            self.set_xy(_MARGIN, bottom)
        self.ln(4)

    def _write_taxes(self) -> None:
        """Write base and tax of each rate."""
        taxes = self.wording.content["taxes"]
        if not taxes:
            return
        self._keep_together((len(taxes) + 1) * 6)
        self._use(_NORMAL - 1)
        with self.table(
            width=110,
            align=_L,
            col_widths=(41, 23, 23, 23),
            text_align=(_L, _R, _R, _R),
            headings_style=_HEADINGS,
            borders_layout=TableBordersLayout.HORIZONTAL_LINES,
            line_height=4,
            padding=(0.8, 1, 0.8, 1),
        ) as table:
            table.row(self.wording.tax_headings())
            for tax in taxes:
                table.row(self.wording.tax(tax))
        self.ln(4)

    def _keep_together(self, height: float) -> None:
        if self.will_page_break(height):
            self.add_page()
