// The single checks that stand between an attacker and a partner's update, by name. A check says which one it is:
//     if (BAUTA_DEFENDS(signature) && !key.verify(...)) return Error{...};
// In every program that is shipped the macro is the constant true: no switch exists, neither at run time nor in the
// machine code. tests/adversarial compiles the sources that use it once more, with a switch for each name, to show that
// an attack succeeds without exactly that check and fails with it.
#pragma once

#include <cstdint>

namespace bauta {

enum class Defence : std::uint8_t {
  signature,               ///< signed messages verify under the key pinned in the roster
  roster_hash,             ///< the descriptor names the pinned roster
  thresholds,              ///< the descriptor's thresholds are those that cohort, plan and own policy require
  min_participants,        ///< the cohort is not smaller than the own policy demands
  one_descriptor,          ///< one descriptor for each attempt
  newest_attempt,          ///< rounds and attempts only grow
  model_hash,              ///< a fetched model is the one that the descriptor names
  one_sum_for_each_model,  ///< who signed a U3 on a model takes part in no other sum on it
  same_descriptor,         ///< all partners of U1 speak of our round descriptor
  distinct_keys,           ///< no key stands twice in U1
  usable_shared_secret,    ///< an X25519 output is not all zero
  named_dealer,            ///< sealed shares and their hashes are bound to their dealer
  leaf_proof,              ///< a delivered leaf is the one its dealer signed for us
  self_mask,               ///< each vector carries a mask that only shares of its seed take out
  one_answer,              ///< one set a phase, and one share a dealer
  connected_survivors,     ///< no survivor of a sparse graph is cut off from the others
  certificate_threshold,   ///< T signatures
  certificate_round,       ///< the certificate and its signatures are of this attempt
  certificate_survivors,   ///< the certificate and its signatures are for the U3 that we saw
};

}  // namespace bauta

#ifdef BAUTA_WEAKENED
namespace bauta {
/// Defined by tests/adversarial alone: nothing else that was compiled with BAUTA_WEAKENED would link.
bool defends(Defence defence);
}  // namespace bauta
#define BAUTA_DEFENDS(name) (::bauta::defends(::bauta::Defence::name))
#else
#define BAUTA_DEFENDS(name) (static_cast<void>(::bauta::Defence::name), true)
#endif
