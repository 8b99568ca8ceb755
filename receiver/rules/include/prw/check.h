/// The validator, with all that a test or an encoder needs of it: one call, no server.
///
///     #include <prw/check.h>
///
///     /// True when a receiver has to take the body that an encoder wrote; prints what is wrong with it, and where.
///     bool conforms(const std::string& body) {
///         const auto result = prw::rules::check_body(body, prw::proto::ProtobufMessage::kV1);
///         for (const auto& finding : result.findings) std::cerr << prw::rules::finding_text(finding);
///         return result.conforming();
///     }
///
/// Who has the head too, as it goes over the wire, calls check(head, body): then its fields are judged as well.
#pragma once

#include "prw/rules/check.h"
#include "prw/rules/text.h"
