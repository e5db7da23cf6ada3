"""The program around the rules: what may be excused and what may not."""

import importlib.machinery
import importlib.util
import unittest
from pathlib import Path

from karv_tidy.source import Source, load
from tests.test_text_rules import number

_path = str(Path(__file__).resolve().parents[1] / "tidy")
_loader = importlib.machinery.SourceFileLoader("tidy_program", _path)
_spec = importlib.util.spec_from_loader("tidy_program", _loader)
assert _spec
tidy = importlib.util.module_from_spec(_spec)
_loader.exec_module(tidy)


def rules(path: str, text: str) -> list[str]:
    return [f.rule for f in tidy.findings(Source(path, text), frozenset())]


class Excuses(unittest.TestCase):
    def test_a_reason_excuses_a_pattern(self) -> None:
        self.assertEqual(["memcmp"], rules("src/json/a.cpp", "memcmp(a, b, 2);\n"))
        self.assertEqual([], rules("src/json/a.cpp", "memcmp(a, b, 2);  // tidy-allow memcmp: public bytes only\n"))

    def test_nothing_excuses_a_card_number_or_a_size(self) -> None:
        card = number("4", 16)
        self.assertEqual(["card-number"], rules("a.md", f"tidy-allow card-number: because I say so\n{card}\n"))
        long = "// tidy-allow file-size: because I say so\n" + "x;\n" * 700
        self.assertEqual(["file-size"], rules("src/a/b.cpp", long))

    def test_every_rule_names_its_cure(self) -> None:
        for finding in tidy.findings(Source("src/money/a.h", "float f = memcmp(a, b, 1);\n"), frozenset()):
            self.assertGreater(len(finding.cure), 10, finding)


class Files(unittest.TestCase):
    def test_what_is_not_text_is_left_alone(self) -> None:
        import tempfile

        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "a.png").write_bytes(b"\x89PNG\0\0")
            (Path(folder) / "b.txt").write_bytes(b"\xff\xfe bad")
            (Path(folder) / "c.txt").write_text("good")
            self.assertIsNone(load(Path(folder), "a.png"))
            self.assertIsNone(load(Path(folder), "b.txt"))
            self.assertIsNotNone(load(Path(folder), "c.txt"))


if __name__ == "__main__":
    unittest.main()
