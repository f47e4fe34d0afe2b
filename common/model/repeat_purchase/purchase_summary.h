// What the repeat-purchase models know of a customer: three numbers on when, one on how much.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace bauta {

struct Purchase {
  double time = 0;    ///< in the unit of the models' alpha, for example weeks; equal times are one purchase
  double amount = 0;  ///< in the service's currency
};

/// Fader, Hardie, Lee 2005 (x, t_x, T) and Fader, Hardie 2013 (z̄). The first purchase made the customer one and is not
/// counted as a repeat.
struct PurchaseSummary {
  std::uint32_t frequency = 0;  ///< x: repeat purchases
  double recency = 0;           ///< t_x: from the first purchase to the last; 0 when x = 0
  double age = 0;               ///< T: from the first purchase to the end of the observation, T >= t_x
  double mean_spend = 0;        ///< z̄: mean amount of the repeat purchases; 0 when x = 0
};

/// Of purchases in time order, those at or before `end`; later ones are not looked at. Empty when there is none.
std::optional<PurchaseSummary> summarise(std::span<const Purchase> purchases, double end);

}  // namespace bauta
