namespace prw::conformance {}
