"""A page read back with the standard library's HTML parser."""

from html.parser import HTMLParser

VOID = {"meta", "link", "br", "img", "hr", "input", "base", "wbr"}
DRAWN = {"rect", "line", "path", "circle", "use", "g", "defs", "clipPath"}


class Read(HTMLParser):
    """Tags that close, cells by table id, attributes and the text of the page."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.tags, self.attributes, self.ids = [], [], [], []
        self.tables, self.words, self._rows = {}, [], None
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        self.ids += [value for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)
        if tag == "table":
            self._rows = self.tables[dict(attrs).get("id", f"table {len(self.tables)}")] = []
        if tag == "tr":
            self._rows.append([])
        if tag in {"td", "th"}:
            self._rows[-1].append("")

    def handle_startendtag(self, tag, attrs):
        assert tag in DRAWN, f"{tag} may not close itself in HTML"
        self.ids += [value for name, value in attrs if name == "id"]
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)
        if {"td", "th"} & set(self.open):
            self._rows[-1][-1] += data.strip()

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())
