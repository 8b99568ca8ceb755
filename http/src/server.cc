namespace prw::http {}
