namespace prw::receiver {}
