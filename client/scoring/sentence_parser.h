// The grammar of demand_sentence.h, over the lexemes of a sentence.
#pragma once

#include <vector>

#include "client/scoring/demand_sentence.h"
#include "client/scoring/sentence_lexer.h"
#include "common/base/result.h"

namespace bauta::client {

/// invalid_argument, saying what to write instead, for what is contradictory, empty or beyond the grammar.
Result<DemandSentence> read_lexemes(std::vector<Lexeme> lexemes);

}  // namespace bauta::client
