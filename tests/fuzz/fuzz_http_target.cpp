// The request target as the server takes it from the network.
#include <cstdint>
#include <string>

#include "common/base/bytes.h"
#include "common/net/http_target.h"

using namespace bauta;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto target = parse_target(as_text({data, size}));
  if (!target.ok()) return 0;
  BAUTA_CHECK(!target->path.empty() && target->path.front() == '/');
  std::string rebuilt;
  for (const auto& segment : target->segments) {
    BAUTA_CHECK(!segment.empty() && segment != "." && segment != ".." && segment.find('/') == std::string::npos);
    rebuilt += "/" + percent_encode(segment);
  }
  const auto again = parse_target(rebuilt.empty() ? "/" : rebuilt);
  BAUTA_CHECK(again.ok() && again->segments == target->segments);
  return 0;
}
