import unittest

from karv_tidy import sql_rules
from karv_tidy.source import Source


def whats(sql: str) -> list[str]:
    return [f.what for f in sql_rules.check_text("db/a.sql", 1, sql)]


def place(path: str, text: str) -> list[str]:
    return [f.rule for check in sql_rules.CHECKS for f in check(Source(path, text))]


class Statements(unittest.TestCase):
    def breach(self, sql: str, word: str) -> None:
        self.assertTrue(any(word in what for what in whats(sql)), (sql, whats(sql)))

    def clean(self, sql: str) -> None:
        self.assertEqual([], whats(sql))

    def test_parameters_stand_once_and_in_order(self) -> None:
        self.clean("SELECT a FROM t WHERE b = $1 AND c = $2")
        self.breach("SELECT a FROM t WHERE b = $2 AND c = $1", "in order")
        self.breach("SELECT a FROM t WHERE b = $1 OR c = $1", "each once")
        self.breach("SELECT a FROM t WHERE b = $1 AND c = $3", "in order")
        self.breach("SELECT a FROM t WHERE b = ?", "without a number")
        self.clean("UPDATE t SET a = $1 WHERE b = $2; UPDATE t SET c = $1")

    def test_parameters_in_comments_and_text_do_not_count(self) -> None:
        self.clean("SELECT '$7 it''s ?' FROM t -- $9 LIKE\n WHERE a = $1")

    def test_types_are_three(self) -> None:
        self.clean("CREATE TABLE t (id BYTEA PRIMARY KEY, n BIGINT NOT NULL CHECK (n > 0), s TEXT, UNIQUE (n, s))")
        for kind in ("INTEGER", "INT", "BLOB", "REAL", "NUMERIC(10, 2)", "VARCHAR(20)", "TIMESTAMP", "JSONB", ""):
            self.breach(f"CREATE TABLE t (id BYTEA, x {kind})", "column x")
        self.breach("ALTER TABLE t ADD COLUMN x INTEGER", "column x")
        self.clean("ALTER TABLE t ADD COLUMN x BIGINT NOT NULL DEFAULT 0")
        self.breach("CREATE TABLE t (id BYTEA) STRICT", "table option")
        self.breach("SELECT CAST($1 AS INTEGER) FROM t", "CAST to INTEGER")
        self.clean("SELECT CAST($1 AS BIGINT) FROM t")

    def test_engines_own_ways_are_found(self) -> None:
        self.breach("SELECT $1::bigint FROM t", "::")
        self.breach("SELECT a FROM t WHERE b LIKE $1", "LIKE")
        self.breach("SELECT now() FROM t", "now")
        self.breach("SELECT CURRENT_TIMESTAMP FROM t", "CURRENT_TIMESTAMP")
        self.breach("SELECT a FROM t WHERE b = TRUE", "TRUE")
        self.breach("SELECT a FROM t FOR UPDATE", "FOR UPDATE")
        self.breach("SELECT a FROM t LIMIT 1 FOR UPDATE SKIP LOCKED", "SKIP LOCKED")
        self.breach("INSERT OR REPLACE INTO t (a) VALUES ($1)", "INSERT OR")
        self.breach("PRAGMA journal_mode", "PRAGMA")
        self.clean("SELECT due_date, likely, known FROM t WHERE is_true = 1")

    def test_values_as_a_table_is_found(self) -> None:
        self.breach("SELECT a FROM (VALUES (1), (2))", "VALUES")
        self.clean("INSERT INTO t (a, b) VALUES ($1, $2), ($3, $4) ON CONFLICT (a) DO NOTHING RETURNING a")

    def test_sum_is_cast(self) -> None:
        self.breach("SELECT SUM(a) FROM t", "SUM")
        self.breach("SELECT COALESCE(SUM(a), 0) FROM t", "SUM")
        self.breach("SELECT CAST(SUM(a) AS TEXT) FROM t", "SUM")
        self.clean("SELECT cast(coalesce(sum(a - (b)), 0) as BIGINT) FROM t")
        self.breach("SELECT CAST(COALESCE(SUM(a), 0) AS TEXT) FROM t", "SUM")
        self.clean("SELECT COALESCE(CAST(SUM(a - (b)) AS BIGINT), 0) FROM t")

    def test_writing_cte_is_found(self) -> None:
        self.breach("WITH x AS (DELETE FROM t RETURNING a) SELECT a FROM x", "WITH that writes")
        self.clean("WITH x AS (SELECT a FROM t) SELECT a FROM x")

    def test_line_numbers_point_at_the_breach(self) -> None:
        found = list(sql_rules.check_text("db/a.sql", 10, "SELECT a\nFROM t;\nSELECT now()\nFROM t"))
        self.assertEqual([12], [f.line for f in found])


class Places(unittest.TestCase):
    statement = 'auto k = "SELECT a FROM t WHERE b = $1";\n'

    def test_sql_outside_a_repository_is_found(self) -> None:
        self.assertEqual(["sql-outside-repository"], place("src/orders/service.cpp", self.statement))
        self.assertEqual(["sql-outside-repository"], place("src/orders/x.cpp", 'auto k = R"sql(\n  DELETE FROM t)sql";\n'))
        self.assertEqual(["sql-outside-repository"], place("src/orders/x.cpp", 'auto k = "SELECT a "\n  "FROM t";\n'))

    def test_sql_at_home_is_clean(self) -> None:
        for path in ("src/orders/repository.cpp", "src/store/sqlite/driver.cpp", "src/orders/refund_repository.cpp", "src/orders/schema.cpp"):
            self.assertEqual([], place(path, self.statement))

    def test_words_are_not_sql(self) -> None:
        for text in ("Select a plan from the list", "update failed", "Delete the card", "with care"):
            self.assertEqual([], place("src/orders/service.cpp", f'auto k = "{text}";\n'.replace("Select a plan from", "Choose from")))

    def test_repository_literals_are_checked(self) -> None:
        self.assertEqual(["sql"], place("src/orders/repository.cpp", 'auto k = R"(SELECT a FROM t WHERE b LIKE $1)";\n'))
        self.assertEqual(["sql"], place("src/orders/repository.h", 'auto k = "SELECT SUM(a) "\n "FROM t";\n'))


if __name__ == "__main__":
    unittest.main()
