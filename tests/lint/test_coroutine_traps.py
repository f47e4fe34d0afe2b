"""common/net is free of the coroutine traps of g++ 12, and the check sees each of them."""
import pathlib
import tempfile
import unittest

import coroutine_traps
from source_files import CODE, ROOT, files, text_of

BAD = [
    "co_await run([p] { return p; });",
    "auto x = co_await run([=]() mutable { return p; });",
    "auto x = co_await run([this] { return p; });",
    "auto x = co_await run([&, q = std::move(p)] { return q; });",
    "co_await send(Message{p, 1});",
    "co_await send({p, 1});",
    "if (co_await send(net::Message{p, 1})) { return; }",
    "Message m{co_await receive()};",
    "co_spawn(executor, [q]() -> awaitable<void> { co_return; }, done);",
    "auto f = [&]() -> net::awaitable<void> { co_return; };",
    "co_spawn(executor, serve(), asio::detached);",
    "using namespace asio::experimental::awaitable_operators;",
]
GOOD = [
    "auto work = [p] { return p; };\nco_await run(std::move(work));",
    "co_await run([&] { Message m{p, 1}; return f(m); });",
    "co_await run([] { return 1; });",
    "co_await send(Message());",
    "co_await timer.async_wait(asio::use_awaitable);",
    "if (ok) { co_await send(m); } else { co_await close(); }",
    "for (auto& x : xs) {\n  Message m{x, 1};\n  co_await send(std::move(m));\n}",
    "// co_await send(Message{p, 1});\n",
    "log(\"detached co_await f(A{1})\");",
    "const bool ok = buffer[i] && co_await send(m);",
    "co_await send(std::vector<int>{});",
]


class CoroutineTraps(unittest.TestCase):
    def test_the_network_code_is_free_of_coroutine_traps(self):
        self.assertEqual([], coroutine_traps.check(ROOT))

    def test_each_trap_is_found(self):
        for text in BAD:
            with self.subTest(text=text):
                self.assertTrue(coroutine_traps.check_file("common/net/x.cpp", text))

    def test_safe_forms_pass(self):
        for text in GOOD:
            with self.subTest(text=text):
                self.assertEqual([], coroutine_traps.check_file("common/net/x.cpp", text))


@unittest.skipUnless(coroutine_traps.clang_query(), "clang-query is not installed")
class CompilersView(unittest.TestCase):
    def test_clang_finds_no_coroutine_trap_in_the_network_code(self):
        for path in files(ROOT, CODE):
            if str(path).startswith("common/net/") and "co_await" in (text_of(ROOT, path) or "") and path.suffix == ".cpp":
                self.assertEqual([], coroutine_traps.ask_clang(ROOT / path))

    def test_clang_finds_a_planted_coroutine_trap(self):
        with tempfile.TemporaryDirectory() as folder:
            source = pathlib.Path(folder) / "bad.cpp"
            source.write_text("""
#include <coroutine>
#include <string>
struct Task {
  struct promise_type {
    Task get_return_object() { return {}; }
    std::suspend_never initial_suspend() { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() {}
  };
  bool await_ready() { return true; }
  void await_suspend(std::coroutine_handle<>) {}
  void await_resume() {}
};
struct Agg { std::string text; int number; };
Task send(Agg agg);
Task bad(std::string p) { co_await send(Agg{p, 1}); }
""")
            self.assertTrue(any("bad.cpp:18" in line for line in coroutine_traps.ask_clang(source)))


if __name__ == "__main__":
    unittest.main()
