// One page of a list, and the opaque token that fetches the next.
#pragma once

#include <string>
#include <vector>

namespace bauta::coordinator {

template <class T>
struct Page {
  std::vector<T> items;
  std::string next_page_token;  ///< empty on the last page
};

inline constexpr std::size_t kMaxPageSize = 1000;

}  // namespace bauta::coordinator
