"""Each rule: one planted breach that must be found, one clean case that must not."""

import unittest

from karv_tidy import code_rules
from karv_tidy.source import Source


def rules(path: str, text: str) -> list[str]:
    source = Source(path, text)
    return [f.rule for check in code_rules.CHECKS for f in check(source)]


class Patterns(unittest.TestCase):
    def planted(self, rule: str, path: str, text: str) -> None:
        self.assertIn(rule, rules(path, text))

    def clean(self, path: str, text: str) -> None:
        self.assertEqual([], rules(path, text))

    def test_float_in_money_is_found(self) -> None:
        self.planted("float-money", "src/money/rate.cpp", "double rate = 2;\n")
        self.planted("float-money", "src/credit/rules.cpp", "auto rate = 0.2;\n")

    def test_float_elsewhere_or_in_words_is_clean(self) -> None:
        self.clean("src/net/server.cpp", "double load = 0.5;\n")
        self.clean("src/money/rate.cpp", '// double the amount 0.5\nauto text = "double 1.5";\nint doubled = 1;\n')

    def test_digit_separators_do_not_hide_code(self) -> None:
        self.planted("float-money", "src/ledger/a.cpp", "long n = 1'000'000; double x; char c = 'x';\n")

    def test_wall_clock_is_found_outside_base(self) -> None:
        self.planted("wall-clock", "src/orders/service.cpp", "auto t = std::chrono::system_clock::now();\n")
        self.planted("wall-clock", "src/net/a.cpp", "auto t = time(nullptr);\n")
        self.clean("src/base/clock.cpp", "auto t = std::chrono::system_clock::now();\n")
        self.clean("src/net/a.cpp", "auto t = business_time(nullptr);\n")

    def test_memcmp_is_found(self) -> None:
        self.planted("memcmp", "src/identity/credentials.cpp", "return memcmp(a, b, 32) == 0;\n")
        self.clean("src/identity/credentials.cpp", "return crypto::equal(a, b); // not memcmp(a, b)\n")

    def test_asio_is_found_outside_net(self) -> None:
        self.planted("asio-outside-net", "src/rails/card.cpp", "#include <boost/asio/ip/tcp.hpp>\n")
        self.clean("src/net/listener.cpp", "#include <boost/beast/http.hpp>\n")
        self.clean("src/json/parse.cpp", "#include <boost/json/basic_parser.hpp>\n")

    def test_openssl_is_found_outside_crypto_and_net(self) -> None:
        self.planted("openssl-outside-crypto", "src/vault/seal.cpp", "#include <openssl/evp.h>\n")
        self.clean("src/crypto/aead.cpp", "#include <openssl/evp.h>\n")

    def test_coroutine_is_found_outside_net(self) -> None:
        self.planted("coroutine-outside-net", "src/orders/service.cpp", "co_return 1;\n")
        self.clean("src/net/hop.cpp", "co_await hop;\n")

    def test_plain_mutex_is_found(self) -> None:
        self.planted("unannotated-mutex", "src/store/queue.cpp", "std::mutex m;\n")
        self.clean("src/store/queue.cpp", "base::Mutex m;\n")

    def test_an_exception_needs_the_rule_and_a_reason(self) -> None:
        with_reason = Source("src/json/a.cpp", "// tidy-allow memcmp: compares public bytes only\nmemcmp(a, b, 2);\n")
        without = Source("src/json/a.cpp", "// tidy-allow memcmp:\nmemcmp(a, b, 2);\n")
        self.assertTrue(with_reason.allows("memcmp", 2))
        self.assertFalse(without.allows("memcmp", 2))
        self.assertFalse(with_reason.allows("wall-clock", 2))


class Headers(unittest.TestCase):
    opening = "// What it is and what it is not, and who uses it.\n"

    def test_header_without_guard_is_found(self) -> None:
        self.assertEqual(["pragma-once"], rules("src/base/a.h", self.opening + "int a;\n"))

    def test_header_without_opening_is_found(self) -> None:
        self.assertEqual(["header-opening"], rules("src/base/a.h", "#pragma once\n"))
        self.assertEqual(["header-opening"], rules("src/base/a.h", "// a\n#pragma once\n"))

    def test_good_header_is_clean(self) -> None:
        self.assertEqual([], rules("src/base/a.h", self.opening + "#pragma once\n"))


if __name__ == "__main__":
    unittest.main()
