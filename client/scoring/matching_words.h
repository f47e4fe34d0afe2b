// Words in the form in which a marketer's words and an item's words are compared.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace bauta::client {

/// The different words of a text, folded to lower case, in their order; at most kMaxTokens of them. What a word is,
/// common/model/text_tokens.h says: the same as for the model.
std::vector<std::string> words_of(std::string_view text);

/// One form for singular and plural of an English word, for comparing only, not for showing: a final s falls (but not
/// of ss, us, is or of words of three letters), then ie becomes y and the e of oe, xe, ze, che, she, sse falls. A few
/// irregular plurals are listed in the code. After Harman's S stemmer (How effective is suffixing?, JASIS 1991), which
/// leaves box and boxes apart.
std::string comparing_form(std::string_view word);

/// Words that connect others and describe no item: of, and, the …
bool is_connecting_word(std::string_view word);

/// comparing_form() of the words of a text, connecting words left out.
std::vector<std::string> comparing_forms(std::string_view text);

}  // namespace bauta::client
