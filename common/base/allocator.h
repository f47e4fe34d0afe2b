// How the process's heap treats freed memory.
#pragma once

#include <cstddef>
#include <vector>

namespace bauta {

/// Keeps up to some 16 MiB of freed memory a thread for the next request or round, instead of giving pages back to the
/// system and having them zeroed again. Once, at the start of main.
void keep_freed_memory();

/// Asks for huge pages (transparent ones, of 2 MiB) where [memory, memory + bytes) is large: memory that is read at
/// random otherwise pays for a missed page translation with every look-up. Before the first use, which is what allots
/// pages.
void prefer_huge_pages(void* memory, std::size_t bytes);

/// `size` zeros on huge pages.
template <class Number>
std::vector<Number> zeros_on_huge_pages(std::size_t size) {
  std::vector<Number> zeros;
  zeros.reserve(size);
  prefer_huge_pages(zeros.data(), size * sizeof(Number));
  zeros.resize(size);
  return zeros;
}

}  // namespace bauta
