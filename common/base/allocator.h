// How the process's heap treats freed memory.
#pragma once

namespace bauta {

/// Keeps up to some 16 MiB of freed memory a thread for the next request or round, instead of giving pages back to the
/// system and having them zeroed again. Once, at the start of main.
void keep_freed_memory();

}  // namespace bauta
