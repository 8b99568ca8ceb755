namespace prw::sender {}
