/// A command line as it is shown: quoted for a shell, without its secrets.
#include "prw/suite/command_text.h"

#include "prw/base/text.h"
#include "prw/proto/credentials.h"

namespace prw::suite {

std::string redact_command(const std::vector<std::string>& argv) {
    std::string out;
    for (const auto& word : proto::redact_command_words(argv)) base::add_word(out, base::shell_word(word), " ");
    return out;
}

}  // namespace prw::suite
