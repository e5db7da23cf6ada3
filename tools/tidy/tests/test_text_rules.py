"""Card numbers here are made at run time: the rule reads this file too."""

import unittest

from karv_tidy import text_rules
from karv_tidy.source import Source

NOBODY: frozenset[str] = frozenset()


def number(prefix: str, length: int) -> str:
    body = prefix.ljust(length - 1, "7")
    return next(body + c for c in "0123456789" if text_rules.luhn(body + c))


def cards(text: str, allowed: frozenset[str] = NOBODY, path: str = "docs/a.md") -> int:
    return len(list(text_rules.check_cards(Source(path, text), allowed)))


class Cards(unittest.TestCase):
    def test_every_brand_is_found(self) -> None:
        for prefix, length in [("4", 16), ("4", 13), ("51", 16), ("2221", 16), ("2720", 16), ("34", 15), ("37", 15),
                               ("6011", 16), ("3528", 16), ("36", 14), ("62", 19), ("50", 13)]:
            self.assertEqual(1, cards(f"x {number(prefix, length)} y"), (prefix, length))

    def test_groups_as_printed_are_found(self) -> None:
        n = number("4", 16)
        self.assertEqual(1, cards(f"{n[:4]} {n[4:8]} {n[8:12]} {n[12:]}"))
        self.assertEqual(1, cards(f"{n[:4]}-{n[4:8]}-{n[8:12]}-{n[12:]}"))
        a = number("34", 15)
        self.assertEqual(1, cards(f"{a[:4]} {a[4:10]} {a[10:]}"))

    def test_in_json_and_quotes(self) -> None:
        self.assertEqual(1, cards('{"number":"' + number("4", 16) + '"}', path="a.json"))

    def test_listed_numbers_are_clean(self) -> None:
        n = number("4", 16)
        self.assertEqual(0, cards(n, frozenset({n})))

    def test_other_digits_are_clean(self) -> None:
        n = number("4", 16)
        wrong = n[:-1] + str((int(n[-1]) + 1) % 10)
        for text in (wrong, "1" + n[1:], "9" * 16, "abc" + n, n + "1234", "0." + n, "4611686018427387904", "1700000000000"):
            self.assertEqual(0, cards(text), text)

    def test_message_does_not_repeat_the_number(self) -> None:
        n = number("4", 16)
        [finding] = text_rules.check_cards(Source("a.md", "\n" + n), NOBODY)
        self.assertNotIn(n, str(finding))
        self.assertEqual(2, finding.line)


class Unfinished(unittest.TestCase):
    word = "TO" + "DO"

    def found(self, text: str, path: str = "src/a/b.cpp") -> int:
        return len(list(text_rules.check_unfinished(Source(path, text))))

    def test_without_an_issue_is_found(self) -> None:
        self.assertEqual(1, self.found(f"// {self.word}: later\n"))
        self.assertEqual(1, self.found("// FIX" + "ME\n", "web/a.ts"))

    def test_with_an_issue_or_in_prose_is_clean(self) -> None:
        self.assertEqual(0, self.found(f"// {self.word}(#12): later\n"))
        self.assertEqual(0, self.found('{"XXX", 999}  // ISO 4217: no currency\n'))
        self.assertEqual(0, self.found(f"no {self.word} without an issue\n", "STYLE.md"))


if __name__ == "__main__":
    unittest.main()
