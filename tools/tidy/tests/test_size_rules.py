import unittest

from karv_tidy import size_rules
from karv_tidy.source import Source


def rules(path: str, text: str) -> list[str]:
    source = Source(path, text)
    return [f.rule for check in size_rules.CHECKS for f in check(source)]


def body(lines: int) -> str:
    return "{\n" + "  step();\n" * (lines - 2) + "}\n"


class FileSize(unittest.TestCase):
    def test_limits_are_exact(self) -> None:
        for path, limit in [("src/a/b.h", 300), ("src/a/b.cpp", 600), ("web/a/b.ts", 600), ("src/a/README.md", 60)]:
            self.assertEqual([], rules(path, "x;\n" * limit), path)
            self.assertEqual(["file-size"], rules(path, "x;\n" * (limit + 1)), path)

    def test_prose_elsewhere_has_no_limit(self) -> None:
        self.assertEqual([], rules("ARCHITECTURE.md", "x\n" * 1000))


class FunctionSize(unittest.TestCase):
    def found(self, text: str) -> int:
        return rules("src/a/b.cpp", text).count("function-size")

    def test_limit_is_exact(self) -> None:
        self.assertEqual(0, self.found("int f(int a) " + body(70)))
        self.assertEqual(1, self.found("int f(int a) " + body(71)))

    def test_members_constructors_and_tests_count(self) -> None:
        self.assertEqual(1, self.found("class A {\n public:\n  int f() const noexcept " + body(71) + "};\n"))
        self.assertEqual(1, self.found("A::A(int x) : a_{x}, b_(x) " + body(71)))
        self.assertEqual(1, self.found("A::A(int x) : a_{x} " + body(71)))
        self.assertEqual(1, self.found("TEST(Money, adds) " + body(71)))
        self.assertEqual(1, self.found("auto f(const std::map<int, int>& m) -> Result<int> " + body(71)))
        self.assertEqual(1, self.found("template <class T>\nResult<T> f(T t)\n  requires(sizeof(T) > 1)\n" + body(71)))

    def test_scopes_and_tables_do_not_count(self) -> None:
        self.assertEqual(0, self.found("namespace a {\n" + ("int f() " + body(3)) * 60 + "}\n"))
        self.assertEqual(0, self.found("struct A {\n" + "int x;\n" * 100 + "};\n"))
        self.assertEqual(0, self.found("constexpr Row kRows[] = {\n" + "{1, 2},\n" * 100 + "};\n"))
        self.assertEqual(0, self.found("#define F(x)   \\\n  if (x) {     \\\n  }\n" + "int f() " + body(5)))

    def test_braces_in_text_do_not_confuse(self) -> None:
        text = "int f() {\n  g(\"{{{\"); // {\n  h('{');\n  R\"(\n{{{\n)\";\n}\n" + "int k() " + body(60)
        self.assertEqual(0, self.found(text))

    def test_lambdas_belong_to_their_function(self) -> None:
        text = "int f() {\n  auto g = [](int a) " + body(40) + ";\n  auto h = [] " + body(40) + ";\n}\n"
        self.assertEqual(1, self.found(text))


if __name__ == "__main__":
    unittest.main()
