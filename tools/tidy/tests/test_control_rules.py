"""The table of controls: what is named exists, and nothing that must be there is left out."""

import unittest

from karv_tidy import control_rules
from karv_tidy.source import Source

CPP = Source("src/vault/a_test.cpp", "TEST(Keys, control_22_no_key_in_clear) {}\nTEST_F(Keys, works) {}\n")
TS = Source("tests/browser/b.test.ts", "test('control 11 and 12: is gone', () => {});\ntest('works', () => {});\n")
REST = [n for n in control_rules.REQUIRED if n not in (11, 12, 22)]
MORE = Source("src/vault/rest_test.cpp", "".join(f"TEST(Rest, control_{n}_is_shown) {{}}\n" for n in REST))


def said(*rows: str) -> list[str]:
    rest = [f"| {n} | x | `Rest.control_{n}_*` |" for n in REST]
    table = Source(control_rules.TABLE, "\n".join(["| control | what | test |", "|---|---|---|", *rows, *rest]))
    return [f"{f.rule}: {f.what}" for f in control_rules.check_controls(table, [CPP, TS, MORE])]


GOOD = ("| 22 | keys | `Keys.control_22_*` |", "| 11, 12 | codes | `tests/browser/b.test.ts` |")


class Table(unittest.TestCase):
    def test_named_tests_that_exist_are_enough(self) -> None:
        self.assertEqual([], said(*GOOD))

    def test_a_control_without_a_line(self) -> None:
        self.assertEqual(["control-line: control 22 has no line in the table"], said(GOOD[1]))

    def test_a_test_that_does_not_exist(self) -> None:
        for gone in ("Keys.control_23_*", "Locks.control_22_*", "tests/browser/gone.test.ts", "factors_test"):
            found = said(f"| 22 | keys | `Keys.control_22_*`, `{gone}` |", GOOD[1])
            self.assertEqual([f"control-test: there is no test {gone}"], found)

    def test_a_test_that_does_not_say_its_control(self) -> None:
        self.assertEqual(2, len(said("| 22 | keys | `Keys.works` |", GOOD[1])))
        self.assertEqual(2, len(said("| 22 | keys | `tests/browser/b.test.ts` |", GOOD[1])))

    def test_each_number_of_a_line_has_a_test(self) -> None:
        found = said(GOOD[0], "| 11, 12, 99 | codes | `tests/browser/b.test.ts` |")
        self.assertEqual(["control-test: control 99 has no test by its name"], found)

    def test_a_number_is_no_part_of_another(self) -> None:
        self.assertIn("control-test: control 2 has no test by its name", said(*GOOD, "| 2 | x | `Keys.control_22_*` |"))


if __name__ == "__main__":
    unittest.main()
