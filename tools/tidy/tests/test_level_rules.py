import unittest

from karv_tidy import level_rules as rules
from karv_tidy.source import Finding, Source, repository_root

LEVELS = rules.Levels(
    {"base": 0, "money": 1, "json": 1, "vault": 4, "orders": 7, "apps/server": 13, "apps/vault": 13},
    {},
    {"vault": ["apps/vault"]},
)


def found(path: str, include: str) -> list[str]:
    result = []
    for item in rules.edges([Source(path, f"#include {include}\n")]):
        result += [item] if isinstance(item, Finding) else list(rules.check_edge(item, LEVELS))
    return [f.rule for f in result]


class Edges(unittest.TestCase):
    def test_lower_is_clean(self) -> None:
        self.assertEqual([], found("src/money/a.cpp", '"base/result.h"'))
        self.assertEqual([], found("src/apps/vault/main.cpp", '"vault/seal.h"'))
        self.assertEqual([], found("src/money/a.cpp", '"money/currency.h"'))

    def test_higher_and_same_level_are_found(self) -> None:
        self.assertEqual(["level"], found("src/base/a.h", '"money/money.h"'))
        self.assertEqual(["level"], found("src/money/a.h", '"json/decode.h"'))
        self.assertEqual(["level"], found("src/apps/server/main.cpp", '"apps/vault/wiring.h"'))

    def test_tests_obey_too(self) -> None:
        self.assertEqual(["level"], found("src/money/a_test.cpp", '"orders/types.h"'))

    def test_the_vault_is_for_its_own_process(self) -> None:
        self.assertEqual(["only-for"], found("src/orders/a.cpp", '"vault/seal.h"'))
        self.assertEqual(["only-for"], found("src/apps/server/main.cpp", '"vault/seal.h"'))

    def test_unknown_and_bare_includes_are_found(self) -> None:
        self.assertEqual(["unknown-module"], found("src/money/a.cpp", '"moeny/a.h"'))
        self.assertEqual(["include-form"], found("src/money/a.cpp", '"currency.h"'))
        self.assertEqual(["include-form"], found("src/money/a.cpp", '"../base/a.h"'))

    def test_angle_brackets_and_comments_are_no_edges(self) -> None:
        self.assertEqual([], found("src/base/a.cpp", "<orders/types.h>"))
        self.assertEqual([], list(rules.edges([Source("src/base/a.h", '// #include "orders/types.h"\n')])))


class Modules(unittest.TestCase):
    def test_folder_without_level_or_readme_is_found(self) -> None:
        sources = [Source("src/oddity/a.cpp", ""), Source("src/money/a.cpp", ""), Source("src/money/README.md", "m")]
        self.assertEqual({"unknown-module", "module-readme"}, {f.rule for f in rules.check_modules(sources, LEVELS)})
        self.assertEqual([], list(rules.check_modules(sources[1:], LEVELS)))


class Drawing(unittest.TestCase):
    def test_drawing_goes_into_its_section_and_back(self) -> None:
        drawing = rules.draw({"money", "base"}, {"money": {"base"}}, LEVELS)
        document = f"# A\n\n{rules.BEGIN}\nold\n{rules.END}\nrest\n"
        updated = document.replace(rules.section(document) or "", drawing)
        self.assertEqual(drawing, rules.section(updated))
        self.assertTrue(updated.endswith("\nrest\n"))
        self.assertIn("    1  money   base", drawing)

    def test_a_new_edge_changes_the_drawing(self) -> None:
        self.assertNotEqual(rules.draw({"money", "base"}, {}, LEVELS), rules.draw({"money", "base"}, {"money": {"base"}}, LEVELS))

    def test_tests_are_not_drawn(self) -> None:
        edges = [e for e in rules.edges([Source("src/money/a_test.cpp", '#include "base/a.h"\n')])]
        self.assertEqual({}, rules.graph(edges))

    def test_the_projects_own_table_reads(self) -> None:
        levels = rules.Levels.read(repository_root() / "tools/tidy/levels.toml")
        self.assertEqual(0, levels.level["base"])
        self.assertEqual(["apps/vault"], levels.only_for["vault"])


if __name__ == "__main__":
    unittest.main()
